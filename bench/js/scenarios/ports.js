'use strict';

/*
 * Many open ports between two threads: what a message costs when 1 to 10,000 channels are open and
 * listened to. 'all' sends a block round robin over all of them, 'one' over one of them while the
 * others are idle. The worker acknowledges each block on its parentPort.
 */

const { Phases } = require('../measure');

const BLOCK = 1000;
const IN_FLIGHT = 2;
const counts = [1, 10, 100, 1000, 10000];

function cases({ quick }) {
  return (quick ? counts.slice(0, 3) : counts).flatMap((ports) => ['all', 'one'].map((used) => ({
    name: `${ports.toLocaleString('en-US')} open, ${used} used`, params: { ports, used },
  })));
}

function main({ threads, params, warmMs, measureMs, startWorker }) {
  const worker = startWorker();
  const ports = [];
  for (let i = 0; i < params.ports; i++) {
    const { port1, port2 } = new threads.MessageChannel();
    ports.push(port1);
    worker.postMessage(port2, [port2]);
  }
  const used = params.used === 'all' ? ports : [ports[ports.length >> 1]];
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

function worker({ parentPort }, params) {
  const ports = [];
  let arrived = 0;
  const onMessage = () => {
    if (++arrived === BLOCK) {
      arrived = 0;
      parentPort.postMessage('block');
    }
  };
  parentPort.on('message', (port) => {
    port.on('message', onMessage);
    if (ports.push(port) === params.ports) {
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
