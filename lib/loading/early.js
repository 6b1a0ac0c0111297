'use strict';

/*
 * early.js - null, unless dist/index.js has made the exports and the class Worker before
 * it has loaded the rest; see entry.js.
 */

/** @type {{ exports: object, Worker: Function, stages: object } | null} */
module.exports = null;
