'use strict';

/*
 * errors.js - the errors of a pool, and errors on their way between threads.
 *
 * The structured clone of an Error loses its class and its own properties. So an error
 * that a task throws is packed into a plain object, and rebuilt by the receiver.
 */

const { RingportError } = require('../codec/errors');

/** The classes that both sides have. */
const CLASSES = [
  Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError,
  RingportError,
];
const byName = new Map(CLASSES.map((each) => [each.name, each]));

/** Causes of causes, and errors in errors. The structured clone handles deeper ones. */
const DEPTH = 16;

/** Properties that are packed apart, or whose values the receiver's class provides. */
const APART = new Set(['name', 'message', 'stack', 'cause', 'errors']);

class AbortError extends Error {
  constructor(reason) {
    super('The task has been aborted', { cause: reason });
    this.code = 'ABORT_ERR';
  }

  get name() {
    return 'AbortError';
  }
}

const Errors = {
  noFilename: () => Object.assign(
    new TypeError('filename must be provided to run() or in options object'), { code: 'ERR_INVALID_ARG_VALUE' }),
  noWorkerFile: (file) => new RingportError('ERR_RINGPORT_NO_WORKER_FILE', `There is no ${file}, which the workers ` +
    'of a Pool run: ringport has been bundled. Exclude it from the bundle (`external`), or bundle ' +
    'ringport/pool-worker as well, to that file'),
  queueFull: () => new RingportError('ERR_RINGPORT_QUEUE_FULL', 'Task queue is at limit'),
  noQueue: () => new RingportError('ERR_RINGPORT_QUEUE_FULL', 'No task queue available and all Workers are busy'),
  terminated: () => new RingportError('ERR_RINGPORT_TERMINATED', 'Terminating worker thread'),
  closeTimeout: () => new RingportError('ERR_RINGPORT_TIMEOUT', 'Close operation timed out'),
  timeout: (ms) => new RingportError('ERR_RINGPORT_TIMEOUT', `The task did not end within ${ms} ms`),
  exited(exitCode) {
    if (exitCode === undefined) { // a blocked thread does not learn it
      return new RingportError('ERR_RINGPORT_WORKER_EXITED', 'worker exited');
    }

    const error = new RingportError('ERR_RINGPORT_WORKER_EXITED', `worker exited with code: ${exitCode}`);

    return Object.assign(error, { exitCode });
  },
};

/** The nearest class that the receiver has, too. */
function baseOf(error) {
  for (let at = Object.getPrototypeOf(error); at !== null; at = Object.getPrototypeOf(at)) {
    const name = Object.hasOwn(at, 'constructor') ? at.constructor?.name : undefined;

    if (name === 'DOMException' || (name !== undefined && byName.get(name) === at.constructor)) return name;
  }
  return 'Error';
}

function isPackable(value, depth) {
  return depth < DEPTH && value instanceof Error;
}

/** @returns {{ is: boolean, value: unknown }} a cause, or an element of `errors` */
function packPart(value, depth) {
  return isPackable(value, depth) ? { is: true, value: pack(value, depth) } : { is: false, value };
}

/**
 * @param {Error} error
 * @returns {object} what can be cloned of it; what its properties hold may be uncloneable
 */
function pack(error, depth = 0) {
  const own = {};

  for (const key of Object.keys(error)) {
    if (!APART.has(key)) own[key] = error[key];
  }

  const packed = {
    base: baseOf(error), class: error.constructor?.name ?? 'Error',
    name: String(error.name), message: String(error.message), stack: String(error.stack), own,
  };

  if ('cause' in error) packed.cause = packPart(error.cause, depth + 1);
  if (Array.isArray(error.errors)) {
    packed.errors = error.errors.map((each) => packPart(each, depth + 1));
  }
  return packed;
}

/** Remove what cannot be cloned from a packed error. */
function prune(packed) {
  const isCloneable = (value) => {
    try {
      structuredClone(value);
      return true;
    } catch {
      return false;
    }
  };
  const prunePart = (part) => {
    if (part.is) return { is: true, value: prune(part.value) };
    return { is: false, value: isCloneable(part.value) ? part.value : String(part.value) };
  };

  packed.own = Object.fromEntries(
    Object.entries(packed.own).filter(([, value]) => isCloneable(value)));
  if (packed.cause !== undefined) packed.cause = prunePart(packed.cause);
  if (packed.errors !== undefined) packed.errors = packed.errors.map(prunePart);
  return packed;
}

/**
 * @param {object} packed
 * @param {Map<string, Function>} classes of the application, by name
 * @returns {Error}
 */
function unpack(packed, classes) {
  const Class = classes.get(packed.class) ?? byName.get(packed.base);
  const error = packed.base === 'DOMException'
    ? new globalThis.DOMException(packed.message, packed.name) : new Error(packed.message);
  const put = (key, value) => Object.defineProperty(error, key,
    { __proto__: null, value, writable: true, enumerable: false, configurable: true });
  const part = ({ is, value }) => (is ? unpack(value, classes) : value);

  if (Class !== undefined) Object.setPrototypeOf(error, Class.prototype);
  put('stack', packed.stack);
  if (error.name !== packed.name) put('name', packed.name);
  if (packed.cause !== undefined) put('cause', part(packed.cause));
  if (packed.errors !== undefined) put('errors', packed.errors.map(part));
  return Object.assign(error, packed.own);
}

module.exports = {
  AbortError, Errors, isPackable: (value) => isPackable(value, 0), pack, prune, unpack,
};
