'use strict';

/*
 * by-node.js - messages that Node carries whole: those that transfer ArrayBuffers, with little around them.
 *
 * To move memory to another isolate takes Node some microseconds, and the walk of the codec, which would
 * leave the buffers to Node anyway, comes on top. So Node gets the value as it is, over the companion,
 * and the record only says that it is there. What else is in the value must be plain data, so that
 * no port of ours is in it, which Node does not know, and little: of much the codec is quicker.
 */

const { types } = require('node:util');

const { get: byteLength } = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength');
const { get: bufferOf } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'buffer');
const { isArrayBuffer, isProxy, isTypedArray } = types;
const { isArray } = Array;
const { getPrototypeOf, keys: keysOf, prototype: objectPrototype } = Object;
const { __lookupGetter__: lookupGetter } = objectPrototype;

/** So many values may be around the buffers. */
const AROUND = 8;
/** So many values are looked at. */
const LOOKS = 256;

let looks = 0;

/**
 * Whether it is plain data, no more than what may be looked at; nothing of it is run.
 * @param {unknown} value @param {ArrayBuffer[] | null} buffers all that may be in it, null: any
 */
function isPlainData(value, buffers) {
  if (typeof value !== 'object' || value === null) return true;
  if (isArrayBuffer(value)) return buffers === null || buffers.includes(value);
  if (isTypedArray(value)) return buffers === null || buffers.includes(bufferOf.call(value));
  if (isProxy(value)) return false;
  if (isArray(value)) {
    if (value.length > looks) return false; // before all of its keys are listed
  } else if (getPrototypeOf(value) !== objectPrototype) {
    return false;
  }
  for (const key of keysOf(value)) {
    if (--looks < 0 || lookupGetter.call(value, key) !== undefined) return false;
    if (!isPlainData(value[key], buffers)) return false;
  }
  return true;
}

/** Whether it is quicker that Node carries the value, which transfers these buffers. */
function isLight(value, buffers) {
  looks = AROUND + buffers.length;
  return isPlainData(value, buffers);
}

/** Whether it is little plain data, with no port of ours in it. */
function isPlain(value) {
  looks = LOOKS;
  return isPlainData(value, null);
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

module.exports = { bytesOf, isLight, isPlain };
