'use strict';

/*
 * remote.js - objects whose methods another thread calls: expose(), wrap(), wrapSync().
 */

const { checkKnown } = require('../loading/check-options');
const { checkOptions, checkSignal, checkTimeout, wrongType } = require('../loading/check-arguments');
const { RingportError } = require('../codec/errors');
const { MethodCall } = require('./kinds');

const { prototype: objectPrototype } = Object;

/**
 * Find a method of an exposed object: its own or an inherited one, but none of Object's.
 * @throws {RingportError} ERR_RINGPORT_NO_METHOD
 */
function methodOf(object, name) {
  const found = name in objectPrototype || name === 'then' ? undefined : object[name];

  if (typeof found === 'function') return found;
  throw new RingportError('ERR_RINGPORT_NO_METHOD', `The exposed object has no method ${name}()`);
}

/**
 * @param {object} object
 * @returns {(call: [string, ...unknown[]]) => unknown} calls one of its methods
 */
function caller(object) {
  return ([name, ...args]) => methodOf(object, name).apply(object, args);
}

/**
 * Make the object whose methods call those of the other thread's.
 * @param {(name: string, args: unknown[]) => unknown} call
 */
function remote(call) {
  const methods = new Map();

  return new Proxy(Object.create(null), {
    __proto__: null,
    get(_, name) {
      /* `then`, so that a remote that an async function returns is no promise. */
      if (typeof name !== 'string' || name === 'then') return undefined;

      let method = methods.get(name);

      if (method === undefined) {
        method = (...args) => call(name, args);
        methods.set(name, method);
      }
      return method;
    },
    has: (_, name) => typeof name === 'string' && name !== 'then',
  });
}

function checkPort(port, method) {
  if (typeof port?.[method] !== 'function') {
    throw wrongType('The "port" argument', 'a MessagePort, Worker or parentPort of ringport', port);
  }
}

/**
 * @param {object} port a MessagePort, a Worker or parentPort
 * @param {{ timeout?: number, signal?: AbortSignal }} [options] of each request
 * @returns {object} its methods return promises
 */
function wrap(port, options = {}) {
  checkPort(port, 'request');
  checkOptions(options);
  checkKnown('options', options, ['timeout', 'signal']);
  checkTimeout(options);
  checkSignal(options);
  return remote((name, args) => port.request(new MethodCall(name, args), options));
}

/**
 * @param {object} port a MessagePort, a Worker or parentPort
 * @param {{ timeout?: number }} [options] of each request
 * @returns {object} its methods block until there is the answer
 */
function wrapSync(port, options = {}) {
  checkPort(port, 'requestSync');
  checkOptions(options);
  checkKnown('options', options, ['timeout']);
  checkTimeout(options);
  return remote((name, args) => port.requestSync(new MethodCall(name, args), options));
}

module.exports = { caller, wrap, wrapSync };
