'use strict';

/* register.js - what `-r ringport/register` names; what it does is in registration.js. */

const { active } = require('./index');

module.exports = active ? require('./launch').load('registration') : require('./inactive').unregistered();
