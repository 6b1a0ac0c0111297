'use strict';

/*
 * small-buffers.js - transfer lists of nothing but small ArrayBuffers.
 *
 * To move the memory of one takes Node some microseconds, however small it is. Copying it with the message
 * and detaching it afterwards is the same to see for sender and receiver, and a fraction of that. It needs
 * to be known that Node would transfer them at all, so whatever is not plain is left to Node, which also has
 * the errors; Node 20 does not say which ArrayBuffers are marked as untransferable.
 */

const { types } = require('node:util');
const { isMarkedAsUntransferable } = require('../loading/native').threads;

/** From here on moving is cheaper: of one, and of all of a list. */
const ONE = 32 * 1024;
const ALL = 128 * 1024;

const { get: byteLength } = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength');
const resizable = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'resizable')?.get;
const { transfer } = ArrayBuffer.prototype;
const known = isMarkedAsUntransferable !== undefined && transfer !== undefined &&
  resizable !== undefined;

/** Its length; 0 (also if it is detached, or an empty memory of WebAssembly) is Node's, too. */
function plainLength(item) {
  if (!types.isArrayBuffer(item)) return 0;
  return resizable.call(item) || isMarkedAsUntransferable(item) ? 0 : byteLength.call(item);
}

/** @param {unknown[]} list @returns {boolean} whether its items may be copied and detached */
function areSmall(list) {
  if (!known || list.length === 0) return false;

  let sum = 0;

  for (const item of list) {
    const length = plainLength(item);

    sum += length;
    if (length === 0 || length > ONE || sum > ALL) return false;
  }
  return list.length === 1 || new Set(list).size === list.length;
}

/** The message with their contents has been sent. */
function detach(list) {
  for (const buffer of list) {
    /* A getter of the message may have been there before. */
    if (byteLength.call(buffer) !== 0) transfer.call(buffer, 0);
  }
}

module.exports = { areSmall, detach };
