'use strict';

/* folder.js - the folder of register.js and its kin, which Node loads by their paths: lib/ or dist/. */

module.exports = __dirname;
