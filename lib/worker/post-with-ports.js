'use strict';

/*
 * post-with-ports.js - a message with ringport ports in it, by Node's channel between a
 * Worker and its parent.
 *
 * Node does not know the ports, so the message travels as an envelope. To the parent it
 * goes so only while Node reads another message, whose getter posts it.
 */

const { Envelope } = require('../ports/envelope');
const { readTransfer } = require('../ports/transfer-list');
const { explain, refuseUnlisted } = require('../ports/unlisted');
const { ENVELOPE } = require('./marks');

const { apply } = Reflect;

/**
 * @param {import('node:worker_threads').MessagePort} node
 * @param {Function} post its postMessage
 * @param {unknown} value
 * @param {unknown} transfer as postMessage takes it
 * @param {number} [thread] the worker that it goes to
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
