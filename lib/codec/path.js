'use strict';

/*
 * path.js - finds the path of the value in a message that cannot be cloned.
 *
 * Loaded after a failure. It runs no code of the message: it skips getters and Proxies,
 * so it does not find a value that one returned.
 */

const { types } = require('node:util');

const { nodeClone } = require('./node-clone');

const { entries: entriesOf } = Map.prototype;
const { values: valuesOf } = Set.prototype;
const { get: bufferOf } = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype), 'buffer');

/** Maximum number of objects searched. */
const MOST = 100_000;
/** Maximum number of values that are passed to Node's structured clone. */
const MOST_ASKED = 1000;

const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
const INDEX = /^(?:0|[1-9]\d*)$/;

/** The step of a path to a property. */
function stepTo(key) {
  if (NAME.test(key)) return `.${key}`;
  return INDEX.test(key) ? `[${key}]` : `[${JSON.stringify(key)}]`;
}

/** The step to a value of a Map: by its key if that is a string or number. */
function stepInto(key, index) {
  const isPlain = typeof key === 'string' || typeof key === 'number';

  return isPlain ? `.get(${JSON.stringify(key)})` : `.values()[${index}]`;
}

/** The keys that structured clone reads of an object; of an error only its cause. */
const keysOf = (object) => (types.isNativeError(object) ? ['cause'] : Object.keys(object));

/**
 * The values that structured clone reads of this object, in its order.
 * @returns {[string, unknown][]} step and value of each
 */
function childrenOf(object) {
  if (types.isProxy(object) || typeof object === 'function') return [];
  if (types.isMap(object)) {
    return [...entriesOf.call(object)].flatMap(([key, value], i) =>
      [[`.keys()[${i}]`, key], [stepInto(key, i), value]]);
  }
  if (types.isSet(object)) {
    return [...valuesOf.call(object)].map((value, i) => [`.values()[${i}]`, value]);
  }
  if (types.isTypedArray(object)) return [['.buffer', bufferOf.call(object)]];

  return keysOf(object).flatMap((key) => {
    const property = Object.getOwnPropertyDescriptor(object, key);

    return property !== undefined && Object.hasOwn(property, 'value') ? [[stepTo(key), property.value]] : [];
  });
}

/**
 * Find the first value for which `isWanted` returns true.
 * @param {unknown} root the message
 * @param {(value: unknown) => boolean} isWanted
 * @returns {string | undefined} its path, such as `.jobs[3].callback`; empty for the
 *   message itself
 */
function pathTo(root, isWanted) {
  const seen = new Set();
  const stack = [{ value: root, step: '', parent: null }];

  for (let at; (at = stack.pop()) !== undefined && seen.size < MOST;) {
    const { value } = at;

    if (isWanted(value)) {
      let path = '';

      for (let part = at; part !== null; part = part.parent) path = part.step + path;
      return path;
    }
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    for (const [step, child] of childrenOf(value).reverse()) {
      stack.push({ value: child, step, parent: at });
    }
  }
  return undefined;
}

/**
 * Whether this error rejects a value and has no path yet. On Node 20, some of these are
 * TypeErrors.
 */
function isUnlocated(error) {
  const isAboutValue = error?.name === 'DataCloneError' ||
    error?.code === 'ERR_MISSING_TRANSFERABLE_IN_TRANSFER_LIST';

  return isAboutValue && !Object.hasOwn(error, 'path');
}

/**
 * Set the `path` of a DataCloneError.
 * @param {unknown} error anything thrown
 * @param {unknown} root the message
 * @param {unknown} refused the value that could not be cloned
 */
function locate(error, root, refused) {
  if (!isUnlocated(error)) return;

  const path = pathTo(root, (value) => Object.is(value, refused));

  if (path !== undefined) error.path = path;
}

function isDetached(buffer) {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

/** Whether Node can never clone this value, as far as JavaScript can tell. */
function isNeverCloned(value) {
  if (types.isTypedArray(value)) return isDetached(bufferOf.call(value));
  if (types.isArrayBuffer(value)) return isDetached(value);
  return typeof value === 'function' || typeof value === 'symbol' || types.isProxy(value) ||
    types.isPromise(value) || types.isWeakMap(value) || types.isWeakSet(value) ||
    types.isGeneratorObject(value);
}

/** Whether Node clones this object in its own way, without reading its properties. */
function isNodes(object) {
  for (let at = object; at !== null; at = Object.getPrototypeOf(at)) {
    if (types.isProxy(at)) return false;
    if (Object.getOwnPropertySymbols(at).some(({ description }) =>
      `${description}`.startsWith('messaging_'))) return true;
  }
  return false;
}

/**
 * Whether Node rejects this value with this message. False where that would run code of
 * the value.
 */
function isRefused(value, message) {
  if (types.isNativeError(value) || types.isMap(value) || types.isSet(value)) return false;
  if (Object.keys(value).length > 0 && !isNodes(value)) return false;
  try {
    nodeClone(value);
    return false;
  } catch (error) {
    return error?.message === message;
  }
}

/**
 * Set the `path` of a DataCloneError of Node's, which does not name the value: take the
 * first one that Node rejects.
 * @param {unknown} [transfer] postMessage's second argument; values listed there are not
 *   passed to Node. Without it, none are
 */
function locateFirst(error, root, transfer) {
  if (!isUnlocated(error)) return;

  const list = transfer?.transfer ?? transfer ?? [];
  const listed = Array.isArray(list) || types.isSet(list) ? new Set(list) : null;
  const { message } = error;
  let asked = 0;
  const isWanted = (value) => isNeverCloned(value) ||
    (listed !== null && typeof value === 'object' && value !== null && !listed.has(value) &&
      asked++ < MOST_ASKED && isRefused(value, message));
  const path = pathTo(root, isWanted);

  if (path !== undefined) error.path = path;
}

module.exports = { keysOf, locate, locateFirst };
