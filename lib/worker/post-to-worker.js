'use strict';

const { local } = require('../loading/native');
const { isObject, located } = require('../ports/way');

/**
 * What a Worker sends over Node's channel.
 * @param {import('node:worker_threads').MessagePort} node Node's port to the worker
 * @param {number} thread the worker
 * @param {boolean} isBare it runs without addons
 */
function postToWorker(node, thread, isBare, value, transfer) {
  try {
    if (transfer === undefined && !isObject(value)) node.postMessage(value);
    else if (local.portsMade === 0) node.postMessage(value, transfer);
    else if (isBare) require('./parcels').postToBare(node, value, transfer);
    else require('./post-with-ports').postWithPorts(node, node.postMessage, value, transfer, thread);
  } catch (error) {
    throw located(error, value, transfer);
  }
}

module.exports = { postToWorker };
