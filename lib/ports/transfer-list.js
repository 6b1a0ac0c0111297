'use strict';

/* transfer-list.js - reads the second argument of postMessage() as Node reads it. */

const { types } = require('node:util');

const { findSymbol, threads } = require('../loading/native');

const { MessageChannel: NodeChannel } = threads;
const { isProxy } = types;
const { entries: mapEntries } = Map.prototype;
const { values: setValues } = Set.prototype;

/** Throw Node's own error, by calling Node's counterpart with a Node port. */
function throwAsNode(call) {
  const { port1 } = new NodeChannel();

  try {
    call(port1);
  } finally {
    port1.close();
  }
}

function isObject(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function readArray(array) {
  const { length } = array;
  const list = [];

  for (let i = 0; i < length; i++) list.push(array[i]);
  return list;
}

/** Read an iterable as Node does. @returns {unknown[] | null} null: not an iterable */
function readIterable(object) {
  if (!isObject(object)) return null;
  if (Array.isArray(object) && !isProxy(object)) return readArray(object);

  const method = object[Symbol.iterator];
  const iterator = typeof method === 'function' ? method.call(object) : null;
  const next = isObject(iterator) ? iterator.next : null;

  if (typeof next !== 'function') return null;
  for (const list = []; ;) {
    const result = next.call(iterator);

    if (!isObject(result)) return null;
    if (result.done) return list;
    list.push(result.value);
  }
}

/**
 * Read the second argument of postMessage: an iterable, or { transfer: iterable }.
 * @returns {unknown[] | null}
 */
function readList(argument) {
  if (argument === undefined || argument === null) return null;
  if (!isObject(argument)) throwAsNode((port) => port.postMessage(undefined, argument));

  let list = readIterable(argument);

  if (list === null) {
    const { transfer } = argument;

    if (transfer === undefined) return null;
    list = readIterable(transfer);
    if (list === null) throwAsNode((port) => port.postMessage(undefined, { transfer: null }));
  }
  return list;
}

/** @returns {import('./transfer').Transfer | null} */
function readTransfer(argument) {
  const list = readList(argument);

  return list === null ? null : new (require('./transfer').Transfer)(list);
}

/** Post a value with postMessage's second argument. */
function postWith(endpoint, value, argument) {
  const list = readList(argument);

  if (list === null) return endpoint.post(value, null);
  if (endpoint.flow?.admits() === false) return endpoint.drop(value, list);
  if (endpoint.isOverNode && endpoint.open) return endpoint.postOver(value, list);

  const smallBuffers = require('./small-buffers');
  const byNode = require('./by-node');

  if (smallBuffers.areSmall(list)) {
    const result = endpoint.post(value, null);

    smallBuffers.detach(list);
    return result;
  }

  const bytes = byNode.bytesOf(list);

  if (bytes >= 0 && byNode.isLight(value, list)) return endpoint.postByNode(value, list, bytes);
  return endpoint.post(value, new (require('./transfer').Transfer)(list));
}

/**
 * Check the argument of postMessages.
 * @returns {Iterable<unknown>}
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
function checkIterable(values) {
  if (isObject(values) && typeof values[Symbol.iterator] === 'function') return values;

  throw require('../codec/errors').withCode(
    new TypeError('The "values" argument must be an iterable object'), 'ERR_INVALID_ARG_TYPE');
}

/**
 * Create a proxy that stands for an object.
 * @param {object} object
 * @param {(key: PropertyKey) => unknown} read called for each access to a property
 */
function standFor(object, read) {
  return new Proxy({},
    { __proto__: null, get: (_, key) => read(key), has: (_, key) => key in object });
}

function isPort(object) {
  return object instanceof threads.MessagePort;
}

function isTransferable(object) {
  return findSymbol(object, 'messaging_transfer_symbol') !== undefined;
}

/**
 * Collect the objects within a received value, which contains no user code. Does not
 * descend into ports and other transferables.
 */
function valuesIn(value) {
  const found = new Set([value]);

  for (const item of found) { // includes the items added by this loop
    if (typeof item !== 'object' || item === null) continue;
    if (ArrayBuffer.isView(item) || isPort(item) || isTransferable(item)) continue;
    if (types.isSet(item)) {
      for (const each of setValues.call(item)) found.add(each);
    } else if (types.isMap(item)) {
      for (const [key, each] of mapEntries.call(item)) found.add(key).add(each);
    } else {
      for (const key of Object.keys(item)) found.add(item[key]);
    }
  }
  return [...found].filter(isObject);
}

/**
 * The values that must be in the transfer list to forward a message: FileHandles, streams
 * and the like.
 * @param {unknown} value received
 */
function transferablesIn(value) {
  return valuesIn(value).filter((item) => !isPort(item) && isTransferable(item));
}

/**
 * The ports within a message, as a substitute for its list of ports, which Node gives
 * only to listeners.
 * @param {unknown} value received
 */
function portsIn(value) {
  return valuesIn(value).filter(isPort);
}

module.exports = {
  isObject, throwAsNode, readIterable, readList, readTransfer, postWith, checkIterable, standFor,
  transferablesIn, portsIn,
};
