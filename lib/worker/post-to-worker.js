'use strict';

const { local } = require('../loading/native');
const { isObject } = require('../ports/way');

/**
 * Send a Worker's message over Node's channel.
 * @param {import('node:worker_threads').MessagePort} node Node's port to the worker
 * @param {number} thread the worker's thread ID
 * @param {boolean} isBare the worker runs without addons
 */
function postToWorker(node, thread, isBare, value, transfer) {
  if (transfer === undefined && !isObject(value)) node.postMessage(value);
  else if (local.portsMade === 0) node.postMessage(value, transfer);
  else if (isBare) require('./parcels').postToBare(node, value, transfer);
  else require('./post-with-ports').postWithPorts(node, node.postMessage, value, transfer, thread);
}

const nudges = {
  /**
   * The addon's word that is 0 while no thread of the process has blocked to receive.
   * Such a thread is woken by nudge() after a post by Node.
   */
  wanted: null,
};

module.exports = { nudges, postToWorker };
