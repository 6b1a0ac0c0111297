'use strict';

/* register.js - what `-r ringport/register` names; what it does is in registration.js. */

require('./index');

module.exports = require('./launch').load('registration');
