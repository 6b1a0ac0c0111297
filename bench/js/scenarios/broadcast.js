'use strict';

/*
 * broadcast.js - one sender and several receivers that each get every message: by
 * BroadcastChannel, and by a port for each receiver. ringport exports Node's
 * BroadcastChannel. The receivers listen with onmessage, because a BroadcastChannel has
 * no on(). Each of them acknowledges each block; at most IN_FLIGHT blocks are in flight.
 */

const { Phases } = require('../measure');
const { variants } = require('../payloads');

const BLOCK = 250;
const IN_FLIGHT = 2;
const NAME = 'ringport.bench';

function cases({ quick }) {
  return (quick ? ['number'] : ['number', 'string 12', '5 fields']).flatMap((payload) => (
    quick ? [2] : [1, 2, 4]).flatMap((workers) => ['channel', 'ports'].map((by) => ({
    name: `${payload} to ${workers}, ${by === 'ports' ? 'a port each' : 'BroadcastChannel'}`,
    params: { payload, workers, by },
  }))));
}

/** @returns {(value: unknown) => void} sends to all receivers */
function broadcaster(threads, by, workers) {
  if (by === 'channel') {
    const channel = new threads.BroadcastChannel(NAME);
    workers.forEach((worker) => worker.postMessage(null));
    return (value) => channel.postMessage(value);
  }
  const ports = workers.map((worker) => {
    const { port1, port2 } = new threads.MessageChannel();
    worker.postMessage(port2, [port2]);
    return port1;
  });
  return (value) => {
    for (const port of ports) port.postMessage(value);
  };
}

function main({ threads, params, warmMs, measureMs, startWorker }) {
  const values = variants(params.payload);
  const mask = values.length - 1;
  const workers = Array.from({ length: params.workers }, startWorker);
  const send = broadcaster(threads, params.by, workers);
  let next = 0;
  const sendBlock = () => {
    for (let i = 0; i < BLOCK; i++) send(values[next++ & mask]);
  };
  let phases;
  let waitsFor = workers.length; // answers, until the next block is due
  return new Promise((resolve, reject) => {
    const onAnswer = () => {
      if (--waitsFor > 0) return;
      waitsFor = workers.length;
      if (phases === undefined) {
        phases = new Phases(warmMs, measureMs);
        for (let i = 0; i < IN_FLIGHT; i++) sendBlock();
      } else if (phases.running(BLOCK)) {
        sendBlock();
      } else {
        resolve(phases.result());
      }
    };
    for (const worker of workers) {
      worker.on('error', reject);
      worker.on('message', onAnswer);
    }
  });
}

function worker({ parentPort, BroadcastChannel }) {
  let arrived = 0;
  parentPort.on('message', (port) => {
    const from = port ?? new BroadcastChannel(NAME);
    from.onmessage = () => {
      if (++arrived === BLOCK) {
        arrived = 0;
        parentPort.postMessage('block');
      }
    };
    parentPort.postMessage('listening');
  });
}

module.exports = {
  title: 'One message to several receivers',
  metrics: { wall: 'ns/message', cpu: 'CPU ns', switches: 'switches' },
  cases,
  main,
  worker,
};
