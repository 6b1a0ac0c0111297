'use strict';

/*
 * fan.js - one main thread and several workers. Fan-out: main sends blocks round robin,
 * and each worker acknowledges its own. Fan-in: the workers send blocks, and main
 * requests the next one from the sender of each. The messages are objects with two
 * fields; at most IN_FLIGHT blocks per worker are in flight.
 */

const { Phases } = require('../measure');
const { variants } = require('../payloads');

const PAYLOAD = '{action, powerLevel}';
const BLOCK = 250;
const IN_FLIGHT = 2;

function cases({ quick }) {
  return (quick ? [1, 2] : [1, 2, 4]).flatMap((workers) => ['out to', 'in from'].map((way) => ({
    name: `fan-${way} ${workers}`, params: { workers, out: way === 'out to' },
  })));
}

function blockSender() {
  const values = variants(PAYLOAD);
  const mask = values.length - 1;
  let next = 0;
  return (port) => {
    for (let i = 0; i < BLOCK; i++) {
      port.postMessage(values[next++ & mask]);
    }
  };
}

/** Call `onBlock` after every BLOCK messages that `port` receives. */
function receiveBlocks(port, onBlock) {
  let arrived = 0;
  port.on('message', () => {
    if (++arrived === BLOCK) {
      arrived = 0;
      onBlock();
    }
  });
}

function main({ params, warmMs, measureMs, startWorker }) {
  const sendBlock = blockSender();
  const next = params.out ? sendBlock : (worker) => worker.postMessage(0);
  const workers = Array.from({ length: params.workers }, startWorker);
  const phases = new Phases(warmMs, measureMs);
  return new Promise((resolve, reject) => {
    for (const worker of workers) {
      const onBlock = () => {
        if (phases.running(BLOCK)) {
          next(worker);
        } else {
          resolve(phases.result());
        }
      };
      worker.on('error', reject);
      if (params.out) {
        worker.on('message', onBlock);
      } else {
        receiveBlocks(worker, onBlock);
      }
      for (let i = 0; i < IN_FLIGHT; i++) {
        next(worker);
      }
    }
  });
}

function worker({ parentPort }, params) {
  if (params.out) {
    receiveBlocks(parentPort, () => parentPort.postMessage(0));
  } else {
    const sendBlock = blockSender();
    parentPort.on('message', () => sendBlock(parentPort));
  }
}

module.exports = {
  title: 'Fan-out and fan-in',
  metrics: { wall: 'ns/message', cpu: 'CPU ns', switches: 'switches' },
  cases,
  main,
  worker,
};
