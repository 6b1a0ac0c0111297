'use strict';

const { parentPort } = require('../../..');

parentPort.on('message', async (value) => parentPort.postMessage(value));
