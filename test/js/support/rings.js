'use strict';

/* What the tests of RingBuffer share: its modes, and workers that run a function of the test. */

const { once } = require('node:events');
const { Worker } = require('node:worker_threads');
const { RingBuffer } = require('../../../lib');

const LIB = require.resolve('../../../lib');
const MODES = ['spsc', 'mpsc', 'mpmc'];

/** Runs `title (mode)` for each mode. */
function each(title, body, modes = MODES) {
  for (const mode of modes) {
    it(`${title} (${mode})`, function () { return body.call(this, mode); });
  }
}

/**
 * Run `body(ring, data, tools)` in a thread; the test's own file is not loaded there, so it uses nothing
 * from outside. Its result, or its error, is what `done` becomes.
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
  /** What it says next. */
  worker.said = async () => (await Promise.race([once(worker, 'said'), worker.done.then(() => [undefined])]))[0];
  return worker;
}

/**
 * Turns of the event loop: all that this thread has rung its own doorbell for has come by then. A timer
 * would not do, as it fires before the doorbell is looked at when the machine is late.
 */
async function turns(count = 10) {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}

/** The length of all that is read until the ring has ended, as a check of record and order. */
const CHECKSUM = (sum, byte) => (Math.imul(sum, 31) + byte) | 0;

module.exports = { RingBuffer, MODES, each, run, turns, CHECKSUM };
