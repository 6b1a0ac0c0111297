'use strict';

/* register.js - the module `ringport/register`; implemented in registration.js. */

const ringport = require('./index.js');

const { register, unregister } = ringport[Symbol.for('ringport.entries')].registration();

/* A literal, so that Node detects the names for `import { unregister } from
 * 'ringport/register'`. */
module.exports = { register, unregister };
