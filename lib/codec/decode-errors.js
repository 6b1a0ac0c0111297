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
  const error = core.keep(blank(ERROR_TYPES[type]));
  for (;;) {
    const part = r.u8[r.pos++];
    if (part === PARTS.END) return error;
    const value = core.readValue();
    if (part === PARTS.CAUSE) hide(error, 'cause', value);
    else if (typeof value !== 'string') throw corrupt('an Error');
    else if (part === PARTS.MESSAGE) hide(error, 'message', value);
    else if (part === PARTS.STACK) error.stack = value;
    else throw corrupt('an Error');
  }
}

/**
 * Create an error without a stack: capturing one is slow, and formatting it runs user
 * code.
 */
function blank(ErrorType) {
  const limit = Error.stackTraceLimit;
  if (typeof limit !== 'number') return withoutStack(new ErrorType());
  // Reflect.set() does not throw if the intrinsics are frozen.
  Reflect.set(Error, 'stackTraceLimit', 0);
  const error = new ErrorType();
  Reflect.set(Error, 'stackTraceLimit', limit);
  return withoutStack(error);
}

function withoutStack(error) {
  error.stack = undefined;
  return error;
}

function hide(object, key, value) {
  defineProperty(object, key,
    { __proto__: null, value, writable: true, enumerable: false, configurable: true });
}
