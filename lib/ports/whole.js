'use strict';

/*
 * whole.js - posts values that Node carries whole: those of by-node.js and losing.js.
 */

const { closedPort, ensure } = require('./node-channel');
const { postToNode } = require('./posts');
const { unsent } = require('./record');
const { located } = require('./way');
const { binding, control, local, START, END, STATUS } = require('../loading/native');

/**
 * Post a value by the Node channel, and a record that stands for it.
 * @param {import('./endpoint').Endpoint} endpoint
 * @param {unknown} value
 * @param {ArrayBuffer[] | undefined} list buffers to transfer
 * @param {number} bytes their total size
 * @returns {boolean | undefined} what postMessage returns
 */
function postWhole(endpoint, value, list, bytes) {
  unsent.flush();

  const isOpen = endpoint.open;
  const end = isOpen ? ensure(endpoint) : closedPort();
  const isNumbered = endpoint.unrecorded === -1;
  const sequence = endpoint.sequence + 1 | 0;
  let result;

  try {
    result = postToNode(end, isNumbered ? [value, sequence] : value, list);
  } catch (error) {
    const own = local.portsMade > 0 ? local.loadUnlisted().explain(error, value) : error;

    throw located(own, value, list);
  }
  if (!isOpen) return result;
  endpoint.sequence = sequence;
  if (!isNumbered) endpoint.unrecorded++;
  unsent.flush(); // a getter may have posted
  control[START] = sequence;
  control[END] = isNumbered ? 0 : endpoint.unrecorded;
  if (bytes === 0) binding.postWhole(endpoint.slot);
  else binding.postWhole(endpoint.slot, bytes);
  endpoint.unrecorded = 0;
  return control[STATUS] === 0 ? true : !endpoint.open;
}

module.exports = { postWhole };
