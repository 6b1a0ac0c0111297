'use strict';

/*
 * roundtrip.js - the cost of a round trip, with `window` messages in flight between main
 * and a worker that sends each one back. With a window of 1, both threads sleep in
 * between, so the cost is mostly that of two wake-ups. Measures wall and CPU time per
 * round trip, and percentiles of the time from posting a message to its return.
 */

const assert = require('node:assert');
const { payloads, names, fewNames, variants } = require('../payloads');
const { Phases, now } = require('../measure');
const { percentile, sort } = require('../stats');

const windows = [1, 10, 256];

/* Maximum number of samples for the percentiles. */
const MAX_SAMPLES = 1 << 20;

/* Payloads without windows, which would take at least 64 MiB. */
const MAX_WINDOW_BYTES = 32 * 1024 * 1024;

function cases({ quick }) {
  return (quick ? fewNames : names).flatMap((payload) => windows
    .filter((window) => window * payloads[payload].size <= MAX_WINDOW_BYTES)
    .map((window) => ({ name: `${payload}, window ${window}`, params: { payload, window } })));
}

/**
 * @returns {Function} which posts a message to `port`, with the payload's transfer list
 */
function poster({ payload }) {
  return payloads[payload].transfer
    ? (port, message) => port.postMessage(message, message)
    : (port, message) => port.postMessage(message);
}

/**
 * Time one message of each window, and read the clock once per window: that takes tens of
 * nanoseconds, which would bring all ratios closer to 1. Transferred buffers are sent
 * back and forth; otherwise each message is the next variant.
 */
async function main({ params, warmMs, measureMs, startWorker }) {
  const { window, payload } = params;
  const { make, transfer } = payloads[payload];
  const worker = startWorker();
  const post = poster(params);
  const values = transfer ? [] : variants(payload);
  const mask = values.length - 1;
  const phases = new Phases(warmMs, measureMs);
  const samples = [];
  let checking = true;
  let next = window;
  let slot = 0;
  let begin = now();

  await new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('message', (message) => {
      if (checking) {
        assert.deepStrictEqual(message, make(slot));
      }
      if (slot === 0) {
        const time = now();
        if (phases.counting && samples.length < MAX_SAMPLES) {
          samples.push(time - begin);
        }
        if (!phases.running(window)) {
          resolve();
          return;
        }
        begin = time;
      }
      post(worker, transfer ? message : values[next++ & mask]);
      if (++slot === window) {
        slot = 0;
        checking = false;
      }
    });
    for (let i = 0; i < window; i++) {
      post(worker, make(i));
    }
  });

  const result = phases.result();
  const sorted = sort(samples);
  return {
    ...result,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    p999: percentile(sorted, 0.999),
  };
}

module.exports = {
  title: 'Round trip',
  metrics: {
    wall: 'ns/round trip', cpu: 'CPU ns', p50: 'p50 ns', p99: 'p99 ns', p999: 'p99.9 ns',
    switches: 'switches',
  },
  cases,
  main,

  worker({ parentPort }, params) {
    const post = poster(params);
    parentPort.on('message', (message) => post(parentPort, message));
  },
};
