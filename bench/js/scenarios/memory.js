'use strict';

/*
 * memory.js - resident memory in bytes: of a channel in one thread, idle, with a
 * listener, and after one message; of a worker that listens to its parent; what remains
 * after a burst of messages, and after channels have been closed.
 */

const { once } = require('node:events');
const { setImmediate: turn, setTimeout: delay } = require('node:timers/promises');

const CHANNELS = 10000;
const BURST = 200000;
const WORKERS = 50;
const CHURN = 100000;

const stages = ['idle', 'listened to', 'after a message'];

function cases({ quick }) {
  const channels = quick ? CHANNELS / 10 : CHANNELS;
  return [
    ...stages.map((stage) => ({ name: `channel, ${stage}`, params: { stage, channels } })),
    { name: `worker, idle (of ${WORKERS})`, params: { stage: 'worker' } },
    { name: `left by ${BURST.toLocaleString('en-US')} messages`, params: { stage: 'burst' } },
    { name: `left by ${CHURN.toLocaleString('en-US')} channels`, params: { stage: 'churn' } },
  ];
}

/** Resident bytes after garbage collection. */
async function resident() {
  for (let i = 0; i < 4; i++) {
    global.gc();
    await turn();
  }
  return process.memoryUsage.rss();
}

async function perChannel(threads, { stage, channels }) {
  const before = await resident();
  const kept = [];
  for (let i = 0; i < channels; i++) {
    const channel = new threads.MessageChannel();
    kept.push(channel);
    if (stage !== 'idle') {
      channel.port2.on('message', () => {});
    }
    if (stage === 'after a message') {
      channel.port1.postMessage({ action: 'pewpewpew', powerLevel: i });
    }
  }
  const bytes = (await resident() - before) / kept.length;
  return { bytes };
}

const idle = `
  const { workerData: { modules, implementation } } = require('node:worker_threads');
  require(modules).load(implementation).parentPort.on('message', () => {});`;

async function perWorker(threads, implementation) {
  const workerData = { modules: require.resolve('../threads'), implementation };
  const start = async () => {
    const worker = new threads.Worker(idle, { eval: true, workerData });
    await once(worker, 'online');
    return worker;
  };
  for (let i = 0; i < 5; i++) {
    await start();
  }
  await delay(200);
  const before = await resident();
  for (let i = 0; i < WORKERS; i++) {
    await start();
  }
  await delay(500); // a worker emits 'online' before it runs
  return { bytes: (await resident() - before) / WORKERS };
}

async function burst(threads) {
  const { port1, port2 } = new threads.MessageChannel();
  const before = await resident();
  for (let i = 0; i < BURST; i++) {
    port1.postMessage({ action: 'pewpewpew', powerLevel: i });
  }
  const full = process.memoryUsage.rss() - before;
  let left = BURST;
  await new Promise((resolve) => {
    port2.on('message', () => --left === 0 && resolve());
  });
  return { bytes: Math.max(1, await resident() - before), full };
}

/** Open, use and close channels, after a warm-up with as many. */
async function churn(threads) {
  const turnOver = async () => {
    for (let i = 0; i < CHURN; i++) {
      const { port1, port2 } = new threads.MessageChannel();
      port1.postMessage(i);
      port2.close();
      if (i % 1000 === 0) {
        await turn();
      }
    }
  };
  await turnOver();
  const before = await resident();
  await turnOver();
  return { bytes: Math.max(1, await resident() - before) };
}

module.exports = {
  title: 'Memory',
  metrics: { bytes: 'bytes', full: 'bytes at most' },
  execArgv: ['--expose-gc'],
  cases,

  main({ threads, params, implementation }) {
    if (params.stage === 'worker') {
      return perWorker(threads, implementation);
    }
    if (params.stage === 'churn') {
      return churn(threads);
    }
    return params.stage === 'burst' ? burst(threads) : perChannel(threads, params);
  },
};
