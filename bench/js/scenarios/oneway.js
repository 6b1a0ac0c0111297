'use strict';

/*
 * oneway.js - the one-way cost of a message. The sender posts blocks, the receiver
 * acknowledges each with a number, and at most IN_FLIGHT blocks are in flight, so queues
 * and memory are bounded. Measures, per message, the wall time, which is that of the
 * slower thread, and the CPU time of the process: both threads and the garbage collector.
 *
 * 'one thread' sends from port1 to port2 of a channel within one thread: the sum of the
 * costs of sending and receiving, without another core and with few wake-ups.
 */

const assert = require('node:assert');
const { payloads, names, fewNames, variants } = require('../payloads');
const { Phases, now } = require('../measure');

const BLOCK = 500;
const IN_FLIGHT = 4;
const BLOCK_BYTES = 2 * 1024 * 1024;

const TO_WORKER = 'to worker';
const FROM_WORKER = 'from worker';
const ONE_THREAD = 'one thread';
const directions = [TO_WORKER, FROM_WORKER, ONE_THREAD];

function blockSize({ payload }) {
  return Math.max(1, Math.min(BLOCK, Math.floor(BLOCK_BYTES / payloads[payload].size)));
}

/** @returns {Function} which posts a block to a port */
function blockSender(params) {
  const { transfer, make } = payloads[params.payload];
  const size = blockSize(params);
  if (transfer) {
    return (port) => {
      for (let i = 0; i < size; i++) {
        const list = make(i);
        port.postMessage(list, list);
      }
    };
  }
  const values = variants(params.payload);
  const mask = values.length - 1;
  let next = 0;
  if (params.batches) {
    const block = new Array(size);
    return (port) => {
      for (let i = 0; i < size; i++) {
        block[i] = values[next++ & mask];
      }
      postAll(port, block);
    };
  }
  return (port) => {
    for (let i = 0; i < size; i++) {
      port.postMessage(values[next++ & mask]);
    }
  };
}

/** Post `values` at once, if the competitor can do that. */
function postAll(port, values) {
  if (port.postMessages !== undefined) {
    port.postMessages(values);
    return;
  }
  for (const value of values) {
    port.postMessage(value);
  }
}

/**
 * Call `onBlock` after each block that `port` receives; check the first block's messages.
 */
function receiveBlocks(port, params, onBlock) {
  const { make } = payloads[params.payload];
  const size = blockSize(params);
  let checking = true;
  let arrived = 0;
  const onMessage = (message) => {
    if (checking) {
      assert.deepStrictEqual(message, make(arrived));
    }
    if (++arrived === size) {
      arrived = 0;
      checking = false;
      onBlock();
    }
  };
  if (params.views) {
    port.receiveViews = true; // worker_threads ignores it
  }
  if (params.batches && port.postMessages !== undefined) {
    port.on('messages', (messages) => messages.forEach(onMessage));
  } else {
    port.on('message', onMessage);
  }
}

function cases({ quick }) {
  return (quick ? fewNames : names).flatMap((payload) => directions.map(
    (direction) => ({ name: `${payload}, ${direction}`, params: { payload, direction } })));
}

/** Send blocks until the time is over. Blocks still in flight then are not counted. */
async function toWorker({ params, warmMs, measureMs, startWorker }) {
  const worker = startWorker();
  const sendBlock = blockSender(params);
  const phases = new Phases(warmMs, measureMs);
  const size = blockSize(params);
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('message', () => {
      if (phases.running(size)) {
        sendBlock(worker);
      } else {
        resolve(phases.result());
      }
    });
    for (let i = 0; i < IN_FLIGHT; i++) {
      sendBlock(worker);
    }
  });
}

async function fromWorker({ params, warmMs, measureMs, startWorker }) {
  const worker = startWorker();
  const phases = new Phases(warmMs, measureMs);
  const size = blockSize(params);
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
    receiveBlocks(worker, params, () => {
      if (phases.running(size)) {
        worker.postMessage(0);
      } else {
        resolve(phases.result());
      }
    });
    for (let i = 0; i < IN_FLIGHT; i++) {
      worker.postMessage(0);
    }
  });
}

async function oneThread({ threads, params, warmMs, measureMs }) {
  const { port1, port2 } = new threads.MessageChannel();
  const sendBlock = blockSender(params);
  const phases = new Phases(warmMs, measureMs);
  const size = blockSize(params);
  let sending = 0;
  const send = () => {
    const begin = now();
    sendBlock(port1);
    sending += phases.counting ? now() - begin : 0;
  };
  return new Promise((resolve) => {
    receiveBlocks(port2, params, () => {
      if (phases.running(size)) {
        setImmediate(send);
      } else {
        resolve({ ...phases.result(), send: sending / phases.count });
      }
    });
    send();
  });
}

const mains = { [TO_WORKER]: toWorker, [FROM_WORKER]: fromWorker, [ONE_THREAD]: oneThread };

module.exports = {
  title: 'One-way cost of a message',
  metrics: {
    wall: 'ns/message', cpu: 'CPU ns', send: 'send ns', switches: 'switches', faults: 'page faults',
  },
  cases,

  main(run) {
    return mains[run.params.direction](run);
  },

  worker({ parentPort }, params) {
    if (params.direction === TO_WORKER) {
      receiveBlocks(parentPort, params, () => parentPort.postMessage(0));
    } else {
      const sendBlock = blockSender(params);
      parentPort.on('message', () => sendBlock(parentPort));
    }
  },
};
