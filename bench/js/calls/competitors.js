'use strict';

/*
 * competitors.js - each competitor starts a worker with an async function that returns
 * its argument.
 */

const path = require('node:path');

const values = {
  number: (i) => i,
  object: (i) => ({ id: i, type: 'task', name: 'resize', ok: true, x: i / 2 }),
  '4 KiB of text': (i) => `${i}`.padEnd(4096, 'text '),
};

const file = (name) => path.join(__dirname, `${name}.js`);

/** @type {Record<string, () => (value: unknown) => unknown>} */
const competitors = {
  'synckit'() {
    return require('synckit').createSyncFn(file('synckit'));
  },

  'sync-message-port'() {
    const { Worker } = require('node:worker_threads');
    const { SyncMessagePort } = require('sync-message-port');
    const { port1, port2 } = SyncMessagePort.createChannel();
    const port = new SyncMessagePort(port1);

    new Worker(file('sync-message-port'), { workerData: port2, transferList: [port2] });
    return (value) => {
      port.postMessage(value);
      return port.receiveMessage();
    };
  },

  'ringport'() {
    const { Worker } = require('../../..');
    const worker = new Worker(file('ringport'));

    return (value) => worker.requestSync(value);
  },

  'ringport/synckit'() {
    return require('../../../dist/synckit').createSyncFn(file('adapter'));
  },

  'request'() {
    const { Worker } = require('../../..');
    const worker = new Worker(file('ringport'));

    return (value) => worker.request(value);
  },

  'messages'() {
    const { Worker } = require('../../..');
    const worker = new Worker(file('messages'));
    let settle;

    worker.on('message', (value) => settle(value));
    return (value) => new Promise((resolve) => {
      settle = resolve;
      worker.postMessage(value);
    });
  },
};

module.exports = { competitors, values };
