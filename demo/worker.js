'use strict';

/*
 * The worker: adds the records that it gets to the aggregate, and answers questions about
 * it. After every `ackEvery` records it says so, so that the main thread keeps no more
 * than a window of them under way.
 */

const { workerData } = require('node:worker_threads');
const { Aggregate } = require('./aggregate');

/* The same code for both: node:worker_threads, or ringport in its place. */
const { parentPort } = require(workerData.module);

const aggregate = new Aggregate();
let records = 0;

parentPort.on('message', (message) => {
  if (message.number !== undefined) {
    aggregate.add(message);
    if (++records % workerData.ackEvery === 0) parentPort.postMessage('ack');
  } else if (message.name !== undefined) {
    aggregate.name(message.file, message.name);
  } else {
    parentPort.postMessage(message.about === null ? aggregate.total : aggregate.of(message.about));
  }
});
