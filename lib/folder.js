'use strict';

/* folder.js - the folder of register.js and register-worker.js: lib/ or dist/. */

module.exports = __dirname;
