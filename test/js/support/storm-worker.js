'use strict';

/*
 * storm-worker.js - a worker of storm-cli.js: receives numbered messages, checks their
 * order, answers each with a numbered message, and ends in the given way. Its last
 * message tells how many it has posted.
 */

const { workerData: { id, end, after, handle } } = require('node:worker_threads');

const wt = require(id);

const port = wt.MessagePort.from ? wt.MessagePort.from(handle) : handle;
const { parentPort } = wt;
let received = 0;
let posted = 0;

/* Values of every size and kind, so that every path is in use at the end. */
function load(n) {
  if (n % 17 === 0) return new Uint8Array(70000);
  if (n % 13 === 0) return { shared: new SharedArrayBuffer(16) };
  if (n % 7 === 0) return { id: n, name: `name ${n}`, list: [n, { n }] };
  if (n % 5 === 0) return 'text'.repeat(n % 100);
  return n;
}

function finish() {
  parentPort.postMessage({ last: posted });
  if (end === 'exit') process.exit(0);
  if (end === 'throw') throw new Error('storm');
  parentPort.close();
  port.close();
}

parentPort.on('message', ({ n }) => {
  if (n !== received++) parentPort.postMessage({ wrong: `got ${n} instead of ${received - 1}` });
  parentPort.postMessage({ n: posted++, load: load(n) });
  port.postMessage({ n });
  if (received === after) finish();
});
