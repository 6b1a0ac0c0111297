'use strict';

/*
 * node-clone.js - Node's structured clone, and its errors, for what the codec does not do
 * itself.
 *
 * Set-ups for jsdom and polyfills put functions and classes of their own in the place of
 * the globals `structuredClone` and `DOMException`, or remove them. So values go through
 * a channel of Node's.
 */

const { MessageChannel, MessagePort, receiveMessageOnPort } = require('../loading/node-threads');

/** What ports/posts.js puts in its place has Node's own under this key. */
const kPost = Symbol.for('ringport.post');

/**
 * @param {unknown} value
 * @returns {unknown} its clone
 * @throws {DOMException} DataCloneError, or what a getter throws
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

/** Node's DOMException. */
function findClass() {
  try {
    nodeClone(findClass);
  } catch ({ constructor }) {
    return constructor;
  }
  return Error; // of a runtime that clones functions
}

let DOMException = null;

/** @param {string} message @returns {DOMException} a DataCloneError */
function dataCloneError(message) {
  DOMException ??= findClass();
  return new DOMException(message, 'DataCloneError');
}

/** @param {unknown} error that has been thrown */
function isDataCloneError(error) {
  DOMException ??= findClass();
  return error instanceof DOMException && error.name === 'DataCloneError';
}

module.exports = { nodeClone, dataCloneError, isDataCloneError };
