'use strict';

/*
 * post-by-node.js - sends parentPort's messages over Node's channel.
 */

const { threads } = require('../loading/native');
const { FOR_PRIMITIVES } = require('../ports/is-plain');
const { located, mayHavePorts } = require('../ports/way');
const { CHANGE } = require('./marks');
const { port } = require('./parent-receive');

const { postMessage: nodePost } = threads.MessagePort.prototype;
const { apply } = Reflect;

/** @param {IArguments} args of postMessage @returns what postMessage returns */
function postByNode(args) {
  const { posting: outer } = port;

  port.posting = true;
  try {
    if (outer && mayHavePorts(args[0], args[1])) {
      return require('./post-with-ports').postWithPorts(port.node, nodePost, args[0], args[1]);
    }
    return apply(nodePost, port.node, args);
  } catch (error) {
    throw located(error, args[0], args[1]);
  } finally {
    port.posting = outer;
    if (port.changes && !outer) tellChange(FOR_PRIMITIVES);
  }
}

/**
 * Post CHANGE to the parent. While Node is serializing a message, wait until that is
 * sent.
 * @param {number} need of the first message by ring; see ports/is-plain.js
 */
function tellChange(need) {
  port.changes = port.posting;
  if (!port.changes) nodePost.call(port.node, { kind: CHANGE, need });
}

/**
 * Post the values of postMessages one by one over Node's channel.
 * @param {Iterable<unknown>} values
 * @param {boolean} isOpen
 * @returns what postMessages returns
 */
function postManyByNode(values, isOpen) {
  for (const value of require('../ports/transfer-list').checkIterable(values)) postByNode([value]);
  return isOpen ? true : undefined;
}

module.exports = { postByNode, postManyByNode, tellChange };
