'use strict';

/* requests.js - shared by the tests of requests and blocking receives. */

const { source } = require('./program');
const { subject } = require('./implementations');

const wt = subject.api;
/** The workers and ports of the running test. */
const open = new Set();

/** Start a worker that runs `run` as in program.js. It ends with the test. */
function start(run, data, options = {}) {
  const worker = new wt.Worker(source(subject.id, run, data), { ...options, eval: true });

  open.add(worker);
  worker.on('exit', () => open.delete(worker));
  worker.on('error', (error) => { if (error.message !== 'crash') throw error; });
  return worker;
}

/** A channel whose second port a worker gets: `run` finds it in workerData. */
function channelTo(run, data) {
  const { port1, port2 } = new wt.MessageChannel();

  start(run, data, { workerData: port2, transferList: [port2] });
  open.add(port1);
  return port1;
}

async function endAll() {
  for (const each of open) {
    if (each.terminate !== undefined) await each.terminate();
    else each.close();
  }
  open.clear();
}

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The next event of this name. */
const next = (emitter, event) => new Promise((resolve) => emitter.once(event, resolve));

module.exports = { wt, start, channelTo, endAll, wait, next };
