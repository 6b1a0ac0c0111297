'use strict';

/*
 * decode-errors.js - creates Error objects with the properties that structured clone in
 * the running Node gives them, in the same order.
 */

const { corrupt } = require('./errors');
const { ERROR_TYPES, PARTS } = require('./encode-errors');
const core = require('./decode-core');

const { r } = core;
const { defineProperty } = Object;

module.exports = { readError };

function readError() {
  const type = r.u8[r.pos++];
  if (type >= ERROR_TYPES.length) throw corrupt('an Error');
  let message;
  if (r.u8[r.pos] === PARTS.MESSAGE) {
    r.pos++;
    message = core.readValue();
    if (typeof message !== 'string') throw corrupt('an Error');
  }
  const error = core.keep(blank(ERROR_TYPES[type], message));
  let stack;
  for (;;) {
    const part = r.u8[r.pos++];
    if (part === PARTS.END) break;
    const value = core.readValue();
    if (part === PARTS.CAUSE) hide(error, 'cause', value);
    else if (typeof value !== 'string') throw corrupt('an Error');
    else if (part === PARTS.MESSAGE) hide(error, 'message', value);
    else if (part === PARTS.STACK) stack = value;
    else throw corrupt('an Error');
  }
  error.stack = stack;
  return error;
}

/**
 * Create an error without a stack: capturing one is slow, and formatting it runs user
 * code.
 * @param {string | undefined} message undefined: without the property
 */
function blank(ErrorType, message) {
  const { stackTraceLimit: limit } = Error;
  if (typeof limit !== 'number' || limit === 0) return new ErrorType(message);
  // Reflect.set() does not throw if the intrinsics are frozen.
  Reflect.set(Error, 'stackTraceLimit', 0);
  const error = new ErrorType(message);
  Reflect.set(Error, 'stackTraceLimit', limit);
  return error;
}

/** Used again and again: an object without a prototype takes V8 as long as the error. */
const hidden = {
  __proto__: null, value: undefined, writable: true, enumerable: false, configurable: true,
};

function hide(object, key, value) {
  hidden.value = value;
  defineProperty(object, key, hidden);
  hidden.value = undefined;
}
