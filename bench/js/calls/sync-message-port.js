'use strict';

const { workerData } = require('node:worker_threads');
const { SyncMessagePort } = require('sync-message-port');

const port = new SyncMessagePort(workerData);

port.on('message', async (value) => port.postMessage(value));
