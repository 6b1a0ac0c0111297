'use strict';

/*
 * small-buffers.js - handles transfer lists that contain only small ArrayBuffers.
 *
 * Node takes some microseconds to move an ArrayBuffer of any size. Copying a small one
 * with the message and then detaching it costs a fraction and looks the same to both
 * sides. Only buffers that Node would transfer qualify; Node handles everything else and
 * throws the errors. Node 20 has no isMarkedAsUntransferable(), so Node moves all of
 * them.
 */

const { types } = require('node:util');
const { isMarkedAsUntransferable } = require('../loading/native').threads;

/** Above these sizes, of one buffer and of the whole list, moving is cheaper. */
const ONE = 32 * 1024;
const ALL = 128 * 1024;

const { get: byteLength } = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength');
const resizable = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'resizable')?.get;
const { transfer } = ArrayBuffer.prototype;
const known = isMarkedAsUntransferable !== undefined && transfer !== undefined &&
  resizable !== undefined;

/**
 * The length of an ordinary ArrayBuffer. 0: leave it to Node (another object, resizable,
 * untransferable, detached or empty).
 */
function plainLength(item) {
  if (!types.isArrayBuffer(item)) return 0;
  return resizable.call(item) || isMarkedAsUntransferable(item) ? 0 : byteLength.call(item);
}

/**
 * @param {unknown[]} list
 * @returns {boolean} whether its items may be copied and detached
 */
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

/** Detach the buffers, after the message with their contents has been sent. */
function detach(list) {
  for (const buffer of list) {
    /* A getter of the message may have detached it. */
    if (byteLength.call(buffer) !== 0) transfer.call(buffer, 0);
  }
}

module.exports = { areSmall, detach };
