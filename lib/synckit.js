'use strict';

/* synckit.js - the module `ringport/synckit`; implemented in synckit/index.js. */

const ringport = require('./index.js');

/* A copy of its own, as synckit's is: it reads the environment when it is loaded. */
module.exports = ringport[Symbol.for('ringport.entries')].synckit().create(process);
