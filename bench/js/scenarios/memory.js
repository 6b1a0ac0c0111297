'use strict';

/*
 * Resident memory, in bytes, that a channel in one thread takes: idle, listened to, and after one
 * message; and that a burst of messages leaves behind when it has been read.
 */

const { setImmediate: turn } = require('node:timers/promises');

const CHANNELS = 10000;
const BURST = 200000;

const stages = ['idle', 'listened to', 'after a message'];

function cases({ quick }) {
  const channels = quick ? CHANNELS / 10 : CHANNELS;
  return [
    ...stages.map((stage) => ({ name: `channel, ${stage}`, params: { stage, channels } })),
    { name: `left by ${BURST.toLocaleString('en-US')} messages`, params: { stage: 'burst' } },
  ];
}

/** Resident bytes after what can be collected is gone. */
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

module.exports = {
  title: 'Memory',
  metrics: { bytes: 'bytes', full: 'bytes at most' },
  execArgv: ['--expose-gc'],
  cases,

  main({ threads, params }) {
    return params.stage === 'burst' ? burst(threads) : perChannel(threads, params);
  },
};
