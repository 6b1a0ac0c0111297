'use strict';

/* echo.js - a worker of each implementation that returns every message. */

const { reference, subject } = require('./implementations');
const { open } = require('./program');

/**
 * Start an echo worker for each implementation, by its name. Call it where mocha's
 * before() may be called: the workers start before the file's tests and end after them.
 */
function echoes() {
  const workers = {};

  before(() => {
    for (const { name, id } of [reference, subject]) {
      workers[name] = open(id).worker((wt) => {
        wt.parentPort.on('message', (value) => wt.parentPort.postMessage(value));
      });
    }
  });
  after(() => Promise.all(Object.values(workers).map((worker) => worker.terminate())));
  return workers;
}

module.exports = { echoes };
