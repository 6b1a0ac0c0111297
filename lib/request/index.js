'use strict';

/*
 * index.js - requests and their answers on ports, Workers and a worker's parentPort: what
 * the methods of those do, which load this file. lib/index.d.ts describes them.
 *
 * `target` is the port's Endpoint, or a function that returns it; null: the worker has
 * ended; undefined: it has none.
 */

const { checkKnown } = require('../loading/check-options');
const {
  checkFunction, checkOptions, checkSignal, checkTimeout, wrongType,
} = require('../loading/check-arguments');
const { readIterable } = require('../ports/transfer-list');
const { callsOf } = require('./calls');
const { closedError, requestError, timeoutError } = require('./errors');
const { METHOD, REQUEST, MethodCall } = require('./kinds');

const NO_OPTIONS = { timeout: Infinity, signal: undefined, transfer: undefined };

/** @returns {{ timeout: number, signal?: AbortSignal, transfer?: object[] }} */
function check(options, known) {
  if (options === undefined) return NO_OPTIONS;
  checkOptions(options);
  checkKnown('options', options, known);

  const timeout = checkTimeout(options);
  const signal = checkSignal(options);
  const { transfer: list } = options;

  if (list === undefined || list === null) return { timeout, signal, transfer: undefined };

  const transfer = readIterable(list);

  if (transfer === null) throw wrongType('The "options.transfer" property', 'an iterable', list);
  return { timeout, signal, transfer };
}

/** @returns {import('../ports/endpoint').Endpoint} @throws {RingportError} */
function open(target) {
  const endpoint = typeof target === 'function' ? target() : target;

  if (endpoint === null || endpoint?.open === false) throw closedError();
  if (endpoint === undefined || endpoint.isOverNode) throw requestError('NO_RING');
  return endpoint;
}

/** @returns {[number, unknown]} kind and value of a request */
function kindOf(value) {
  return value instanceof MethodCall ? [METHOD, value.value] : [REQUEST, value];
}

/** @returns {Promise<unknown>} the answer */
function request(target, value, options) {
  try {
    const { timeout, signal, transfer } = check(options, ['timeout', 'signal', 'transfer']);

    if (signal?.aborted) return Promise.reject(signal.reason);

    const endpoint = open(target);
    const calls = callsOf(endpoint);
    const [kind, sent] = kindOf(value);
    const id = calls.ask(kind, sent, transfer);

    calls.listen();
    return calls.answerTo(id, timeout, signal, () => timeoutError(timeout));
  } catch (error) {
    return Promise.reject(error);
  }
}

/** @returns {unknown} the answer */
function requestSync(target, value, options) {
  const checked = check(options, ['timeout', 'transfer']);
  const endpoint = open(target);
  const [kind, sent] = kindOf(value);
  const answer = require('./blocking').requestSync(endpoint, kind, sent, checked);

  if (answer === undefined) throw timeoutError(checked.timeout);
  return answer.value;
}

/** @param {Function | null} handler null: none any more */
function handle(target, handler) {
  if (handler !== null) checkFunction('handler', handler);

  const calls = callsOf(open(target));

  calls.handler = handler;
  calls.changed();
}

/** @param {object | null} object null: none any more */
function expose(target, object) {
  if (object !== null && typeof object !== 'object' && typeof object !== 'function') {
    throw wrongType('The "object" argument', 'of type object', object);
  }

  const calls = callsOf(open(target));

  calls.exposed = object === null ? null : require('./remote').caller(object);
  calls.changed();
}

module.exports = { expose, handle, request, requestSync };
