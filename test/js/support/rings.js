'use strict';

/* rings.js - for the tests of RingBuffer: its modes, and workers that run a function. */

const { once } = require('node:events');
const { Worker } = require('node:worker_threads');
const { RingBuffer } = require('../../../lib');

const LIB = require.resolve('../../../lib');
const MODES = ['spsc', 'mpsc', 'mpmc'];

/** Define the test `title (mode)` for each mode. */
function each(title, body, modes = MODES) {
  for (const mode of modes) {
    it(`${title} (${mode})`, function () { return body.call(this, mode); });
  }
}

/**
 * Run `body(ring, data, tools)` in a thread. It must not use variables of its
 * surroundings. `done` settles with its result or error.
 */
function run(body, buffer, data) {
  const text = `
    const { workerData, parentPort } = require('node:worker_threads');
    const ringport = require(${JSON.stringify(LIB)});
    const { buffer, data } = workerData;
    const ring = new ringport.RingBuffer(buffer);
    const say = (value) => parentPort.postMessage({ said: value });

    Promise.resolve((${body})(ring, data, { say, ringport, ...ringport })).then(
      (result) => parentPort.postMessage({ result }),
      (error) => { setImmediate(() => { throw error; }); });
  `;
  const worker = new Worker(text, { eval: true, workerData: { buffer, data } });

  worker.done = new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('exit', () => resolve(undefined));
    worker.on('message', (message) => {
      if ('result' in message) resolve(message.result);
      else worker.emit('said', message.said);
    });
  });
  worker.done.catch(() => {});
  /** The next message of the thread. */
  worker.said = async () => (await Promise.race([once(worker, 'said'), worker.done.then(() => [undefined])]))[0];
  return worker;
}

/**
 * Wait for turns of the event loop, until everything for which this thread has rung its
 * own doorbell has been handled. On a slow machine, a timer would fire before that.
 */
async function turns(count = 10) {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}

/**
 * Read until the ring ends, checking records and their order. Returns their total length.
 */
const CHECKSUM = (sum, byte) => (Math.imul(sum, 31) + byte) | 0;

module.exports = { RingBuffer, MODES, each, run, turns, CHECKSUM };
