'use strict';

const { reference, subject } = require('./implementations');
const { open } = require('./program');

/**
 * A worker per implementation, by its name, that sends back what it gets. To be called where mocha's
 * before() may be: the workers start before the tests of the file and end after them.
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
