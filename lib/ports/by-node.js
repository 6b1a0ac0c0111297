'use strict';

/*
 * by-node.js - decides which messages Node carries as a whole.
 *
 * Node takes some microseconds to move an ArrayBuffer to another isolate, and the codec
 * leaves transferred buffers to Node anyway. So a message of ArrayBuffers with little
 * around them goes over the Node channel whole, and its record in the ring only keeps the
 * order. The rest must be plain data, because Node does not know ringport ports, and
 * small, because the codec is faster for large values.
 */

const { types } = require('node:util');

const { get: byteLength } = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength');
const { get: bufferOf } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'buffer');
const { isArrayBuffer, isProxy, isTypedArray } = types;
const { isArray } = Array;
const { getPrototypeOf, keys: keysOf, prototype: objectPrototype } = Object;
const { __lookupGetter__: lookupGetter } = objectPrototype;

/** Limit of values beside the buffers. */
const AROUND = 8;
/** Limit of values that isPlain() visits. */
const LOOKS = 256;

let looks = 0;

/**
 * Whether a value is plain data of at most `looks` values. Runs no getter and no proxy.
 * @param {unknown} value
 * @param {ArrayBuffer[] | null} buffers the ArrayBuffers that it may contain; null: any
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

/**
 * Whether Node is faster than the codec for this value, which transfers these buffers.
 */
function isLight(value, buffers) {
  looks = AROUND + buffers.length;
  return isPlainData(value, buffers);
}

/** Whether the value is a small amount of plain data, so it contains no ringport port. */
function isPlain(value) {
  looks = LOOKS;
  return isPlainData(value, null);
}

/**
 * @param {unknown[]} list
 * @returns {number} total bytes of its ArrayBuffers; -1 if it has anything else or
 * nothing
 */
function bytesOf(list) {
  let bytes = 0;

  for (const item of list) {
    if (!isArrayBuffer(item)) return -1;
    bytes += byteLength.call(item);
  }
  return list.length === 0 ? -1 : bytes;
}

module.exports = { bytesOf, isLight, isPlain };
