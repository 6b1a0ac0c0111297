'use strict';

/*
 * errors.js - makes the errors of requests, and carries those that handlers throw to the
 * other thread.
 *
 * Node's structured clone keeps type, message, stack and cause of an error. A handler's
 * error also keeps its name, its own properties and the errors of an AggregateError, and
 * so do its causes. So it is sent as plain data, and made anew by the receiver.
 */

const { DOMException } = globalThis;
const { RingportError } = require('../codec/errors');

/** The classes that an error may have in the other thread, the most general one last. */
const CLASSES = {
  __proto__: null,
  AggregateError,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  RingportError,
  Error,
};
/** Carried by name, not as own properties. */
const APART = ['message', 'stack', 'cause'];
/** Longest chain of causes. */
const DEPTH = 16;
/** Most errors of AggregateErrors in one error; they may contain themselves. */
const MOST = 256;

const TEXTS = {
  CLOSED: 'The port was closed, or the other thread has ended, before the request was answered',
  TRANSFERRED: 'The port was transferred before the request was answered',
  DEADLOCK: 'The other end of this port would never answer: it is in this thread, or its ' +
    'thread waits for this one. Use request() instead',
  NO_HANDLER: 'The other thread has not called handle() for this port',
  NO_RING: 'The other end of this port has no ring: its thread cannot use ringport',
};

/** @param {keyof typeof TEXTS} what */
function requestError(what, code = what) {
  return new RingportError(`ERR_RINGPORT_${code}`, TEXTS[what]);
}

const closedError = () => requestError('CLOSED');

/** As the reason of AbortSignal.timeout(). @param {number} timeout in milliseconds */
function timeoutError(timeout) {
  return new DOMException(`There was no answer within ${timeout} ms`, 'TimeoutError');
}

/** Read a property that may be a getter that throws. */
function read(object, key) {
  try {
    return object[key];
  } catch {
    return undefined;
  }
}

function isError(value) {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

/** The name in CLASSES for an error, which may be of another realm. */
function classOf(error) {
  if (error instanceof RingportError) return 'RingportError';
  for (let at = Object.getPrototypeOf(error); at !== null; at = Object.getPrototypeOf(at)) {
    const name = read(at, 'constructor')?.name;

    if (name !== 'RingportError' && Object.hasOwn(CLASSES, name)) return name;
  }
  return 'Error';
}

function canClone(value) {
  try {
    require('../codec/index').serialize(value);
    return true;
  } catch {
    return false;
  }
}

/** @returns {[string, unknown, boolean][]} key, value, whether it is enumerable */
function propertiesOf(error) {
  const found = [];

  for (const key of Object.getOwnPropertyNames(error)) {
    if (APART.includes(key) || (key === 'errors' && error instanceof AggregateError)) continue;

    const value = read(error, key);

    if (!canClone(value)) continue;
    found.push([key, value, Object.prototype.propertyIsEnumerable.call(error, key)]);
  }
  return found;
}

function packError(thrown, depth, budget) {
  const isDOMException = DOMException !== undefined && thrown instanceof DOMException;
  const packed = {
    type: isDOMException ? 'DOMException' : classOf(thrown),
    name: String(read(thrown, 'name')),
    message: String(read(thrown, 'message')),
    stack: read(thrown, 'stack'),
    properties: isDOMException ? [] : propertiesOf(thrown),
  };

  if (typeof packed.stack !== 'string') packed.stack = undefined;
  if (depth === DEPTH) return packed;
  if (Object.hasOwn(thrown, 'cause')) {
    packed.cause = packValue(read(thrown, 'cause'), depth + 1, budget);
  }
  if (thrown instanceof AggregateError) {
    const errors = Array.from(read(thrown, 'errors') ?? []).slice(0, budget.left);

    budget.left -= errors.length;
    packed.errors = errors.map((each) => packValue(each, depth + 1, budget));
  }
  return packed;
}

function packValue(thrown, depth, budget) {
  try {
    if (isError(thrown)) return packError(thrown, depth, budget);
    return { value: canClone(thrown) ? thrown : String(thrown) };
  } catch { // a revoked proxy, a getter or toString() that throws
    return packError(new Error('The thrown value can neither be read nor cloned'), DEPTH, budget);
  }
}

/**
 * What is sent for a thrown value. What cannot be cloned is left out. Never throws.
 * @param {unknown} thrown
 */
function pack(thrown) {
  return packValue(thrown, 0, { left: MOST });
}

function make({ type, name, message }) {
  if (type === 'DOMException') return new DOMException(message, name);
  if (type === 'AggregateError') return new AggregateError([], message);
  if (type === 'RingportError') return new RingportError(undefined, message);
  return new (CLASSES[type] ?? Error)(message);
}

function define(error, key, value, enumerable = false) {
  Object.defineProperty(error, key,
    { __proto__: null, value, writable: true, enumerable, configurable: true });
}

/** @returns {unknown} what pack() was called with, as this thread has it */
function unpack(packed) {
  if (!Array.isArray(packed?.properties)) return packed?.value;

  const error = make(packed);

  define(error, 'stack', packed.stack);
  if (error.name !== packed.name) define(error, 'name', packed.name);
  for (const [key, value, enumerable] of packed.properties) define(error, key, value, enumerable);
  if (packed.cause !== undefined) define(error, 'cause', unpack(packed.cause));
  if (packed.errors !== undefined) define(error, 'errors', packed.errors.map(unpack));
  return error;
}

module.exports = { closedError, pack, requestError, timeoutError, unpack };
