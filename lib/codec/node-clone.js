'use strict';

/*
 * node-clone.js - Node's structured clone and its DataCloneError.
 *
 * Test environments such as jsdom replace or remove the globals `structuredClone` and
 * `DOMException`. So this posts values over a channel of Node's instead.
 */

const { MessageChannel, MessagePort, receiveMessageOnPort } = require('../loading/node-threads');

/** ports/posts.js replaces postMessage() and keeps Node's own under this key. */
const kPost = Symbol.for('ringport.post');

/**
 * Clone a value as Node does.
 * @throws {DOMException} DataCloneError; or whatever a getter throws
 */
function nodeClone(value) {
  const { port1, port2 } = new MessageChannel();

  try {
    const { postMessage } = MessagePort.prototype;

    Reflect.apply(postMessage[kPost] ?? postMessage, port1, [value]);
    return receiveMessageOnPort(port2).message;
  } finally {
    port1.close();
  }
}

/** Find Node's DOMException by provoking one. */
function findClass() {
  try {
    nodeClone(findClass);
  } catch ({ constructor }) {
    return constructor;
  }
  return Error; // this runtime clones functions
}

let DOMException = null;

/** @param {string} message @returns {DOMException} a DataCloneError */
function dataCloneError(message) {
  DOMException ??= findClass();
  return new DOMException(message, 'DataCloneError');
}

/** @param {unknown} error anything thrown */
function isDataCloneError(error) {
  DOMException ??= findClass();
  return error instanceof DOMException && error.name === 'DataCloneError';
}

module.exports = { nodeClone, dataCloneError, isDataCloneError };
