'use strict';

/* entries.js - what pool-worker.js and piscina.js need, which Node loads by name. */

/** Start the runner of a pool in this worker. @see runner.js */
function startWorker(how) {
  const { port } = require('../worker/parent-receive');

  return require('./runner').start(how, (take) => {
    port.intercept = take;
    port.node.on('message', () => {}); // starts the port, and keeps the thread alive
  });
}

/** @see piscina.js */
function loadPiscina() {
  return require('./piscina').Piscina;
}

module.exports = { startWorker, loadPiscina };
