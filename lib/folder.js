'use strict';

/* folder.js - the folder of register-worker.js and pool-worker.js: lib/ or dist/. */

module.exports = __dirname;
