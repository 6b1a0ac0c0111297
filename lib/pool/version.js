'use strict';

/* version.js - the version in package.json; test/js/pool.test.js compares them. */

module.exports = { version: '0.1.0' };
