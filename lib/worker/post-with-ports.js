'use strict';

/*
 * post-with-ports.js - transfers ringport ports over Node's channel between a Worker and
 * its parent.
 *
 * Node cannot transfer ringport ports, so the message travels in an envelope. A worker
 * needs this only when a getter posts while Node is serializing another message.
 */

const { Envelope } = require('../ports/envelope');
const { readTransfer } = require('../ports/transfer-list');
const { explain, refuseUnlisted } = require('../ports/unlisted');
const { ENVELOPE } = require('./marks');

const { apply } = Reflect;

/**
 * @param {import('node:worker_threads').MessagePort} node
 * @param {Function} post postMessage of `node`
 * @param {unknown} value
 * @param {unknown} transfer postMessage's second argument
 * @param {number} [thread] thread ID of the receiving worker
 * @returns what `post` returns
 */
function postWithPorts(node, post, value, transfer, thread) {
  const read = readTransfer(transfer);

  if (read === null || read.ports.length === 0) {
    refuseUnlisted(value);
    try {
      return apply(post, node, [value, read?.list]);
    } catch (error) {
      throw explain(error, value);
    }
  }
  read.checkAlone();

  const envelope = Envelope.seal(ENVELOPE, value, read);
  let result;

  try {
    result = apply(post, node, [envelope.message, envelope.list]);
  } catch (error) {
    envelope.takeBack();
    throw error;
  }
  envelope.sent(thread);
  return result;
}

module.exports = { postWithPorts };
