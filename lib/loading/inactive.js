'use strict';

/*
 * inactive.js - the exports of ringport on a runtime that does not support it: that
 * runtime's worker_threads, and functions that throw in place of ringport's own API.
 *
 * Loaded only if ringport cannot work.
 */

const path = require('node:path');

const { process } = require('./builtins');

const { RingportError } = require('../codec/errors');
const threads = require('./node-threads');

/** API without a counterpart in worker_threads. */
const FUNCTIONS = ['getIdleStrategy', 'setIdleStrategy', 'threads', 'wrap', 'wrapSync'];
const CALLS = ['expose', 'handle', 'request', 'requestSync'];
const FLOW = ['createReadStream', 'createWriteStream', 'drained', 'stats', Symbol.asyncIterator];
const GETTERS = ['readable', 'writable'];
const METHODS = [
  [threads.MessagePort.prototype, ['detach', 'postMessages', 'receive', ...CALLS, ...FLOW]],
  [threads.MessagePort, ['from']],
  [threads.Worker.prototype, ['postMessages', ...CALLS, ...FLOW]],
];

/**
 * Key of environment data, which new threads and other copies of the package see, so that
 * a process warns once.
 */
const WARNED = 'ringport.inactive';
/** @see register/registration.js */
const REGISTERED = 'ringport.register';

/** @returns {Function} a function `name` that throws ERR_RINGPORT_INACTIVE */
function stub(name, cause) {
  return { [name]() {
    throw new RingportError('ERR_RINGPORT_INACTIVE',
      `${String(name)} requires ringport's addon, which is not active: ${cause.message}`, { cause });
  } }[name];
}

/** RINGPORT_REQUIRED=1. Reading it throws on runtimes that require a permission. */
function isRequired() {
  try {
    return process.env.RINGPORT_REQUIRED === '1';
  } catch {
    return false;
  }
}

function warn({ message }) {
  if (threads.getEnvironmentData(WARNED) !== undefined) return;
  threads.setEnvironmentData(WARNED, true);
  process.emitWarning(
    `ringport is inactive, worker_threads is used in its place: ${message} ` +
    '(RINGPORT_REQUIRED=1 makes this an error)',
    { type: 'RingportWarning', code: 'ERR_RINGPORT_INACTIVE' });
}

/** Define methods that throw. Has no effect on frozen intrinsics. */
function putMethods(cause) {
  for (const [object, names] of METHODS) {
    for (const name of names) {
      if (name in object) continue; // the runtime's own

      const value = stub(name, cause);

      Reflect.defineProperty(object, name,
        { __proto__: null, value, writable: true, configurable: true });
    }
  }
  for (const { prototype } of [threads.MessagePort, threads.Worker]) {
    for (const name of GETTERS) {
      if (name in prototype) continue;
      Reflect.defineProperty(prototype, name,
        { __proto__: null, get: stub(name, cause), configurable: true });
    }
  }
}

/**
 * Warn once per process and create the exports.
 * @param {Error} cause why ringport could not be loaded
 * @returns {object} the exports of `ringport`
 * @throws {Error} `cause`, if RINGPORT_REQUIRED is 1 or the user caused it
 */
function exportsFor(cause) {
  /* ERR_OUT_OF_RANGE: one of ringport's environment variables is invalid. */
  if (isRequired() || cause.code === 'ERR_OUT_OF_RANGE') throw cause;
  warn(cause);
  putMethods(cause);

  return {
    ...threads,
    active: false,
    RingportError,
    Pool: class Pool {
      constructor() {
        stub('Pool', cause)();
      }
    },
    RingBuffer: class RingBuffer {
      constructor() {
        stub('RingBuffer', cause)();
      }
    },
    /* The codec needs no addon. */
    serialize: (value) => require('../codec/index').serialize(value),
    deserialize: (bytes) => require('../codec/index').deserialize(bytes),
    ...Object.fromEntries(FUNCTIONS.map((name) => [name, stub(name, cause)])),
  };
}

/**
 * The exports of `ringport/register`; nothing is registered. Undoes the changes that a
 * registered parent made to this thread's execArgv; see register/registration.js.
 */
function unregistered() {
  const { execArgv } = process;
  const preload = execArgv.indexOf(path.join(require('../folder').folder, 'register-worker.js'));
  const { execArgv: own } = threads.getEnvironmentData(REGISTERED) ?? {};

  if (preload > 0) execArgv.splice(preload - 1, 2);
  if (own !== undefined) execArgv.splice(0, Infinity, ...own);
  threads.setEnvironmentData(REGISTERED, undefined);
  return { register() {}, unregister() {} };
}

/** See index.js. All but the first throw, as the API that they belong to. */
function entriesOf(ringport) {
  const stream = () => new ringport.RingBuffer();

  return {
    registration: unregistered,
    pool: () => new ringport.Pool(),
    stream,
    streamWorker: stream,
    synckit: () => ringport.wrapSync(),
  };
}

module.exports = { entriesOf, exportsFor };
