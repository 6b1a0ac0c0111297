'use strict';

/* What the workers of the scenario `startup` run: say how long loading took, and send one message back. */

const { workerData } = require('node:worker_threads');
const { load } = require('./threads');
const { now } = require('./measure');

const begin = now();
const { parentPort } = load(workerData);

parentPort.postMessage({ load: now() - begin });
parentPort.once('message', (message) => parentPort.postMessage(message));
