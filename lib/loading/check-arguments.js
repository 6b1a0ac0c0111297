'use strict';

/*
 * check-arguments.js - checks arguments and options, and creates Node's errors for them.
 */

const { inspect } = require('node:util');
const { withCode } = require('../codec/errors');

/** The end of Node's messages: "Received type string ('x')". */
function received(value) {
  if (value === null || value === undefined) return `Received ${value}`;
  if (typeof value === 'function') return `Received function ${value.name}`;
  if (typeof value === 'object') {
    const { name } = value.constructor ?? {};

    return `Received ${name ? `an instance of ${name}` : inspect(value, { depth: -1 })}`;
  }

  const text = inspect(value, { colors: false });

  return `Received type ${typeof value} (${text.length > 28 ? `${text.slice(0, 25)}...` : text})`;
}

/**
 * @param {string} what such as 'The "capacity" argument'
 * @param {string} need such as 'of type number'
 */
function wrongType(what, need, value) {
  return withCode(new TypeError(`${what} must be ${need}. ${received(value)}`), 'ERR_INVALID_ARG_TYPE');
}

function outOfRange(what, need, value) {
  const text = typeof value === 'number' ? String(value) : inspect(value);

  return withCode(
    new RangeError(`The value of ${what} is out of range. It must be ${need}. Received ${text}`),
    'ERR_OUT_OF_RANGE');
}

function wrongValue(what, need, value) {
  return withCode(
    new TypeError(`${what} must be ${need}. Received ${inspect(value)}`), 'ERR_INVALID_ARG_VALUE');
}

function checkOptions(options) {
  if (options === null || typeof options !== 'object') {
    throw wrongType('The "options" argument', 'of type object', options);
  }
}

function checkFunction(name, value) {
  if (typeof value !== 'function') {
    throw wrongType(`The "${name}" argument`, 'of type function', value);
  }
}

/** Check a timeout in milliseconds. */
function checkTimeout({ timeout }) {
  if (timeout === undefined) return Infinity;
  if (typeof timeout !== 'number') {
    throw wrongType('The "options.timeout" property', 'of type number', timeout);
  }
  if (!(timeout >= 0)) throw outOfRange('"options.timeout"', '>= 0', timeout);
  return timeout;
}

function checkSignal({ signal }) {
  if (signal === undefined) return undefined;
  if (signal === null || typeof signal !== 'object' || !('aborted' in signal)) {
    throw wrongType('The "options.signal" property', 'an instance of AbortSignal', signal);
  }
  return signal;
}

/** The error of a wait that `signal` aborts: Node's AbortError. */
function abortError(signal) {
  const error = new Error('The operation was aborted', { cause: signal.reason });

  error.name = 'AbortError';
  return withCode(error, 'ABORT_ERR');
}

module.exports = {
  abortError, checkFunction, checkOptions, checkSignal, checkTimeout, outOfRange, wrongType,
  wrongValue,
};
