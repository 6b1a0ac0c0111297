'use strict';

/* first.js - the workers of scenarios/startup.js: report the load time, answer once. */

const { workerData } = require('node:worker_threads');
const { load } = require('./threads');
const { now } = require('./measure');

const begin = now();
const { parentPort } = load(workerData);

parentPort.postMessage({ load: now() - begin });
parentPort.once('message', (message) => parentPort.postMessage(message));
