'use strict';

/*
 * node-core.js - the loops of Node's own benchmarks (benchmark/worker/echo.js and
 * messageport.js, benchmark/misc/structured-clone.js and startup-core.js in Node's
 * repository), run for a time instead of a count. To clone, post a message and call
 * receiveMessageOnPort().
 */

const assert = require('node:assert');
const { Phases } = require('../measure');

const payloads = {
  string: 'hello world!',
  object: { action: 'pewpewpew', powerLevel: 9001 },
};

const cloned = {
  string: () => new Date().toISOString(),
  object: () => ({ ...process.config }),
  arraybuffer: () => new ArrayBuffer(10),
};

function cases() {
  return [
    ...Object.keys(payloads).flatMap((payload) => [1, 10].map((sends) => ({
      name: `echo ${payload}, ${sends} a broadcast`,
      params: { protocol: 'echo', payload, sends },
    }))),
    ...Object.keys(payloads).flatMap((payload) => ['eventtarget', 'eventemitter'].map((style) => ({
      name: `messageport ${payload}, ${style}`,
      params: { protocol: 'messageport', payload, style },
    }))),
    ...Object.keys(cloned).map((type) => ({
      name: `structured clone, ${type}`, params: { protocol: 'clone', type },
    })),
    { name: 'startup to exit of a worker', params: { protocol: 'startup' } },
  ];
}

/* A worker echoes. Main sends the next `sends` messages when the last answer is back. */
function echo({ params: { payload, sends }, warmMs, measureMs, startWorker }) {
  const value = payloads[payload];
  const worker = startWorker();
  const phases = new Phases(warmMs, measureMs);
  let back = 0;
  const broadcast = () => {
    for (let i = 0; i < sends; i++) {
      worker.postMessage(value);
    }
  };
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('online', broadcast);
    worker.on('message', () => {
      if (++back === sends) {
        back = 0;
        if (phases.running(sends)) {
          broadcast();
        } else {
          resolve(phases.result());
        }
      }
    });
  });
}

/* In one thread, with one message in flight: each posts the next. */
function messageport({ threads, params: { payload, style }, warmMs, measureMs }) {
  const CLOCK_EVERY = 16;
  const { port1, port2 } = new threads.MessageChannel();
  const value = payloads[payload];
  const phases = new Phases(warmMs, measureMs);
  let messages = 0;
  return new Promise((resolve) => {
    const listener = () => {
      if (++messages % CLOCK_EVERY === 0 && !phases.running(CLOCK_EVERY)) {
        resolve(phases.result());
      } else {
        port1.postMessage(value);
      }
    };
    if (style === 'eventtarget') {
      port2.onmessage = listener;
    } else {
      port2.on('message', listener);
    }
    port1.postMessage(value);
  });
}

function clone({ threads, params: { type }, warmMs, measureMs }) {
  const BLOCK = 100;
  const { port1, port2 } = new threads.MessageChannel();
  const values = Array.from({ length: BLOCK }, cloned[type]);
  const phases = new Phases(warmMs, measureMs);
  let copy = null;
  do {
    for (const value of values) {
      port1.postMessage(value);
      copy = threads.receiveMessageOnPort(port2).message;
    }
  } while (phases.running(BLOCK));
  const result = phases.result();
  assert.deepStrictEqual(copy, values.at(-1));
  return result;
}

/* One worker after the other, each of which loads the competitor and exits. */
async function startup({ warmMs, measureMs, startWorker }) {
  const phases = new Phases(warmMs, measureMs);
  do {
    await new Promise((resolve, reject) => {
      startWorker().on('error', reject).on('exit', resolve);
    });
  } while (phases.running(1));
  return phases.result();
}

const protocols = { echo, messageport, clone, startup };

module.exports = {
  title: 'The protocols of Node core\'s own benchmarks',
  metrics: { wall: 'ns/operation', cpu: 'CPU ns', switches: 'switches' },
  cases,

  main(run) {
    return protocols[run.params.protocol](run);
  },

  worker({ parentPort }, { protocol }) {
    if (protocol === 'echo') {
      parentPort.on('message', (message) => parentPort.postMessage(message));
    }
  },
};
