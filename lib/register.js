'use strict';

/* register.js - what `-r ringport/register` names; what it does is in registration.js. */

const { active } = require('./index');

const { register, unregister } = active
  ? require('./registration') : require('./inactive').unregistered();

/* Written out, so that Node finds the names for `import { unregister } from 'ringport/register'`. */
module.exports = { register, unregister };
