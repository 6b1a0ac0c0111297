'use strict';

/*
 * ports.js - the cost of a message with 1 to 10,000 open channels that have listeners.
 * 'all' sends a block round robin over all channels, 'one' over one while the others are
 * idle, 'one besides' does the same while the others are within the main thread. The
 * worker acknowledges each block on its parentPort.
 */

const { Phases } = require('../measure');

const BLOCK = 1000;
const IN_FLIGHT = 2;
const counts = [1, 10, 100, 1000, 10000];

function cases({ quick }) {
  return (quick ? counts.slice(0, 3) : counts).flatMap((ports) => ['all', 'one', 'one besides'].map((used) => ({
    name: `${ports.toLocaleString('en-US')} open, ${used} used`, params: { ports, used },
  })));
}

function main({ threads, params, warmMs, measureMs, startWorker }) {
  const worker = startWorker();
  const ports = [];
  const shared = params.used === 'one besides' ? 1 : params.ports;
  for (let i = 0; i < params.ports; i++) {
    const { port1, port2 } = new threads.MessageChannel();
    ports.push(port1);
    if (i < shared) {
      worker.postMessage({ port: port2, last: i === shared - 1 }, [port2]);
    } else {
      port2.on('message', () => {});
    }
  }
  const used = params.used === 'all' ? ports : [ports[shared >> 1]];
  const sendBlock = () => {
    for (let i = 0; i < BLOCK; i++) {
      used[i % used.length].postMessage(i);
    }
  };
  let phases = null;
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('message', (text) => {
      phases ??= new Phases(warmMs, measureMs);
      if (text === 'listening') {
        for (let i = 0; i < IN_FLIGHT; i++) {
          sendBlock();
        }
      } else if (phases.running(BLOCK)) {
        sendBlock();
      } else {
        resolve(phases.result());
      }
    });
  });
}

function worker({ parentPort }) {
  let arrived = 0;
  const onMessage = () => {
    if (++arrived === BLOCK) {
      arrived = 0;
      parentPort.postMessage('block');
    }
  };
  parentPort.on('message', ({ port, last }) => {
    port.on('message', onMessage);
    if (last) {
      parentPort.postMessage('listening');
    }
  });
}

module.exports = {
  title: 'Many open ports',
  metrics: { wall: 'ns/message', cpu: 'CPU ns', switches: 'switches' },
  cases,
  main,
  worker,
};
