'use strict';

/*
 * path.js - finds where in a message the value is that cannot be cloned.
 *
 * It is loaded after the failure. It runs no code of the message: it does not look into
 * getters or Proxies, and cannot find a value that came out of one.
 */

const { types } = require('node:util');

const { entries: entriesOf } = Map.prototype;
const { values: valuesOf } = Set.prototype;
const { get: bufferOf } = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype), 'buffer');

/** So many values are looked at. */
const MOST = 100_000;

const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
const INDEX = /^(?:0|[1-9]\d*)$/;

function stepTo(key) {
  if (NAME.test(key)) return `.${key}`;
  return INDEX.test(key) ? `[${key}]` : `[${JSON.stringify(key)}]`;
}

/**
 * As it is got out of a Map; by its place if its key is no primitive that can be written
 * down.
 */
function stepInto(key, index) {
  const isPlain = typeof key === 'string' || typeof key === 'number';

  return isPlain ? `.get(${JSON.stringify(key)})` : `.values()[${index}]`;
}

/**
 * What structured clone reads of this object, in its order.
 * @returns {[string, unknown][]} step and value
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

  const keys = types.isNativeError(object) ? ['cause'] : Object.keys(object);

  return keys.flatMap((key) => {
    const property = Object.getOwnPropertyDescriptor(object, key);

    return property !== undefined && Object.hasOwn(property, 'value') ? [[stepTo(key), property.value]] : [];
  });
}

/**
 * @param {unknown} root the message
 * @param {(value: unknown) => boolean} isWanted
 * @returns {string | undefined} such as `.jobs[3].callback`, empty for the message itself
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
 * Give a DataCloneError the property `path`.
 * @param {unknown} error what has been thrown
 * @param {unknown} root the message
 * @param {unknown} refused the value in it that could not be cloned
 */
function locate(error, root, refused) {
  if (error?.name !== 'DataCloneError' || Object.hasOwn(error, 'path')) return;

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

/** What Node never clones, as far as can be told from outside. */
function isNeverCloned(value) {
  if (types.isTypedArray(value)) return isDetached(bufferOf.call(value));
  if (types.isArrayBuffer(value)) return isDetached(value);
  return typeof value === 'function' || typeof value === 'symbol' || types.isProxy(value) ||
    types.isPromise(value) || types.isWeakMap(value) || types.isWeakSet(value) ||
    types.isGeneratorObject(value);
}

/**
 * The same for an error of Node's, which does not tell the value: it is the first of its
 * kind.
 */
function locateFirst(error, root) {
  if (error?.name !== 'DataCloneError' || Object.hasOwn(error, 'path')) return;

  const path = pathTo(root, isNeverCloned);

  if (path !== undefined) error.path = path;
}

module.exports = { locate, locateFirst };
