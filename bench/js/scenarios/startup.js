'use strict';

/*
 * startup.js - the time a worker takes to start, one after another: from `new Worker` to
 * 'online', to the worker's first message, and to the answer to the first message for it,
 * which is posted before the thread runs. `load` is the time to load the competitor in
 * the worker. CPU time is that of both threads over a worker's life. The first workers of
 * a process are not counted.
 */

const path = require('node:path');
const { percentile, sort } = require('../stats');
const { Meter, now } = require('../measure');

const WARM = 3;
const file = path.join(__dirname, '../first.js');

function cases({ quick }) {
  return [{ name: 'a worker', params: { workers: quick ? 5 : 25 } }];
}

/** Run one worker. @returns the time of each event, in ns since its start */
function live(Worker, implementation) {
  const begin = now();
  const times = {};
  const worker = new Worker(file, { workerData: implementation });

  worker.postMessage('ping');
  worker.once('online', () => { times.online = now() - begin; });
  worker.on('message', (message) => {
    if (message === 'ping') {
      times.roundTrip = now() - begin;
    } else {
      times.first = now() - begin;
      times.load = message.load;
    }
  });
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('exit', () => resolve(times));
  });
}

async function main({ threads, implementation, params: { workers } }) {
  const lives = [];
  const meter = new Meter();
  for (let i = 0; i < WARM; i++) {
    await live(threads.Worker, implementation);
  }
  meter.start();
  for (let i = 0; i < workers; i++) {
    lives.push(await live(threads.Worker, implementation));
  }
  const { cpu } = meter.stop(workers);
  const median = (name) => percentile(sort(lives.map((times) => times[name])), 0.5);
  return {
    roundTrip: median('roundTrip'), first: median('first'), online: median('online'),
    load: median('load'), cpu,
  };
}

module.exports = {
  title: 'Start of a worker',
  metrics: {
    first: 'ns to 1st message', roundTrip: 'ns to 1st return', online: 'ns to online',
    load: 'ns to load', cpu: 'CPU ns',
  },
  cases,
  main,
};
