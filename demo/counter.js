'use strict';

/*
 * The worker: counts the words of the lines it gets. A string is a line; every ACK_EVERY lines it
 * says so, so that no more than a window of them is ever under way. An object is a question.
 */

const { workerData } = require('node:worker_threads');
const { countWords } = require('./words');

/* The same code for both: node:worker_threads, or ringport in its place. */
const { parentPort } = require(workerData.module);

const counts = new Map();
let lines = 0;

parentPort.on('message', (message) => {
  if (typeof message === 'string') {
    countWords(message, counts);
    if (++lines % workerData.ackEvery === 0) {
      parentPort.postMessage({ type: 'ack' });
    }
  } else if (message.type === 'ping') {
    parentPort.postMessage(message);
  } else {
    parentPort.postMessage({ type: 'counts', counts });
  }
});

parentPort.postMessage({ type: 'ready' });
