'use strict';

/* register.js - what `-r ringport/register` names; what it does is in registration.js. */

const ringport = require('./index.js');

const { register, unregister } = ringport[Symbol.for('ringport.registration')]();

/* Written out, so that Node finds the names for `import { unregister } from
 * 'ringport/register'`. */
module.exports = { register, unregister };
