'use strict';

/*
 * inactive.js - what ringport exports on a runtime that lacks what it needs: the worker_threads of
 * that runtime, and functions that throw in the place of what is ringport's own.
 *
 * Nothing loads this file as long as ringport works.
 */

const path = require('node:path');

const { process } = require('./builtins');

const { RingportError } = require('../codec/errors');
const threads = require('./node-threads');

/** What has no counterpart in worker_threads. */
const FUNCTIONS = ['getIdleStrategy', 'setIdleStrategy', 'threads'];
const METHODS = [
  [threads.MessagePort.prototype, ['detach', 'postMessages']],
  [threads.MessagePort, ['from']],
  [threads.Worker.prototype, ['postMessages']],
];

/**
 * Environment data: threads that start later inherit it, and another copy of the package finds it,
 * so that a process is warned once.
 */
const WARNED = 'ringport.inactive';
/** @see registration.js */
const REGISTERED = 'ringport.register';

/** @returns {Function} one called `name`, which throws ERR_RINGPORT_INACTIVE */
function stub(name, cause) {
  return { [name]() {
    throw new RingportError('ERR_RINGPORT_INACTIVE',
      `${name} needs ringport's addon, which is not in use here: ${cause.message}`, { cause });
  } }[name];
}

/** Some runtimes ask for a permission to read it. */
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

/** Put what throws where a method of ours would be. Has no effect where the intrinsics are frozen. */
function putMethods(cause) {
  for (const [object, names] of METHODS) {
    for (const name of names) {
      if (name in object) continue; // the runtime's own

      const value = stub(name, cause);

      Reflect.defineProperty(object, name,
        { __proto__: null, value, writable: true, configurable: true });
    }
  }
}

/**
 * Warn, once for each process, and make the exports.
 * @param {Error} cause why ringport could not be loaded
 * @returns {object} what `require('ringport')` gives
 * @throws {Error} `cause`, if RINGPORT_REQUIRED is 1 or if `cause` is a mistake of the user's
 */
function exportsFor(cause) {
  /* An environment variable of ours is out of range: that is not the runtime's fault. */
  if (isRequired() || cause.code === 'ERR_OUT_OF_RANGE') throw cause;
  warn(cause);
  putMethods(cause);

  return {
    ...threads,
    active: false,
    RingportError,
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
 * What `ringport/register` exports; it registers nothing. A registered parent may have put a preload
 * before this thread's flags, or others in their place; see registration.js.
 */
function unregistered() {
  const { execArgv } = process;
  const preload = execArgv.indexOf(path.join(require('../folder'), 'register-worker.js'));
  const { execArgv: own } = threads.getEnvironmentData(REGISTERED) ?? {};

  if (preload > 0) execArgv.splice(preload - 1, 2);
  if (own !== undefined) execArgv.splice(0, Infinity, ...own);
  threads.setEnvironmentData(REGISTERED, undefined);
  return { register() {}, unregister() {} };
}

module.exports = { exportsFor, unregistered };
