'use strict';

/*
 * by-node.js - messages that Node carries whole: those that transfer ArrayBuffers and nothing else.
 *
 * To move memory to another isolate takes Node some microseconds, and the walk of the codec, which would
 * leave the buffers to Node anyway, comes on top. So Node gets the value as it is, over the companion,
 * and the record only says that it is there. What must not be in it is a port of ours, which Node does
 * not know.
 */

const { types } = require('node:util');
const { markAsUncloneable } = require('./threads');

const { get: byteLength } = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength');
const { isArrayBuffer, isProxy } = types;
const { isView } = ArrayBuffer;
const { getPrototypeOf, keys: keysOf, prototype: objectPrototype } = Object;
const { __lookupGetter__: lookupGetter } = objectPrototype;

const DATA_CLONE_ERR = 25;

/** So many values are looked at, where Node does not refuse ports of ours itself. */
const LOOKS = 256;

const hasMarks = markAsUncloneable !== undefined;

let looks = 0;

/** Whether it is plain data, down to what has been looked at; nothing of it is run. */
function isPlainData(value) {
  if (typeof value !== 'object' || value === null) return true;
  if (isArrayBuffer(value) || isView(value)) return true;
  if (isProxy(value)) return false;
  if (!Array.isArray(value) && getPrototypeOf(value) !== objectPrototype) return false;
  for (const key of keysOf(value)) {
    if (--looks < 0 || lookupGetter.call(value, key) !== undefined) return false;
    if (!isPlainData(value[key])) return false;
  }
  return true;
}

/**
 * Whether Node does with the value what we would: there is no port of ours in it, or Node has been told to
 * refuse those.
 */
function isForNode(value) {
  if (hasMarks) return true;
  looks = LOOKS;
  return isPlainData(value);
}

/** @param {unknown[]} list @returns {number} bytes of its ArrayBuffers, -1 if there is anything else in it */
function bytesOf(list) {
  let bytes = 0;

  for (const item of list) {
    if (!isArrayBuffer(item)) return -1;
    bytes += byteLength.call(item);
  }
  return list.length === 0 ? -1 : bytes;
}

/**
 * Whether a port of ours may be why Node has refused a value: of one of its own Node says something
 * else.
 */
function mayBePort(error) {
  return error?.code === DATA_CLONE_ERR && /unsupported type/.test(error.message);
}

module.exports = { bytesOf, isForNode, mayBePort };
