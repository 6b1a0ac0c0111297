'use strict';

/*
 * estimate.js - the size of a message that goes over Node's channel before the worker has
 * loaded ringport. Runs no getter and no proxy.
 */

const { types } = require('node:util');

const { readIterable } = require('../ports/transfer-list');

const { get: bufferBytes } = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength');
const { get: viewBytes } = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype), 'byteLength');
const { entries: mapEntries } = Map.prototype;
const { values: setValues } = Set.prototype;
const { keys: keysOf } = Object;
const { __lookupGetter__: lookupGetter } = Object.prototype;
const { isAnyArrayBuffer, isArrayBuffer, isMap, isProxy, isSet, isTypedArray } = types;

/** What any message takes, and any value in it. */
const MESSAGE = 1024;
const VALUE = 16;

/** The bytes of one value, without those in it, which are added to `found`. */
function bytesOf(value, found) {
  if (typeof value === 'string') return VALUE + 2 * value.length;
  if (typeof value !== 'object' || value === null) return VALUE;
  if (isProxy(value)) return MESSAGE;
  if (isArrayBuffer(value)) return VALUE + bufferBytes.call(value);
  if (isAnyArrayBuffer(value)) return VALUE; // shared
  if (isTypedArray(value)) return VALUE + viewBytes.call(value);
  if (ArrayBuffer.isView(value)) return MESSAGE;
  if (isMap(value)) for (const pair of mapEntries.call(value)) found.push(...pair);
  if (isSet(value)) for (const element of setValues.call(value)) found.push(element);

  let bytes = VALUE;

  for (const key of keysOf(value)) {
    bytes += 2 * key.length;
    if (lookupGetter.call(value, key) === undefined) found.push(value[key]);
    else bytes += MESSAGE;
  }
  return bytes;
}

/**
 * @param {unknown} value
 * @param {unknown} transfer postMessage's second argument
 * @returns {number} bytes
 */
function estimate(value, transfer) {
  const seen = new Set();
  const found = [value];
  let bytes = MESSAGE;

  if (Array.isArray(transfer) || Array.isArray(transfer?.transfer)) {
    bytes += MESSAGE * (readIterable(transfer) ?? transfer.transfer).length;
  }
  while (found.length > 0) {
    const item = found.pop();

    if (typeof item === 'object' && item !== null) {
      if (seen.has(item)) continue;
      seen.add(item);
    }
    bytes += bytesOf(item, found);
  }
  return bytes;
}

module.exports = { estimate };
