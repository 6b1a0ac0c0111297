'use strict';

/*
 * decode-errors.js - makes Error objects with the properties that the running Node's
 * structured clone gives them, in its order.
 */

const { corrupt } = require('./errors');
const { ERROR_TYPES, MESSAGE, CAUSE, STACK } = require('./encode-errors');

const { defineProperty } = Object;

function hide(object, key, value) {
  defineProperty(object, key, { value, writable: true, enumerable: false, configurable: true });
}

function readError({ r, readValue, keep }) {
  const type = r.u8[r.pos++];
  const parts = r.u8[r.pos++];
  if (type >= ERROR_TYPES.length || parts > 7) throw corrupt('an Error');
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = keep(new ERROR_TYPES[type]());
  Error.stackTraceLimit = limit;
  error.stack = undefined;
  if (parts & MESSAGE) hide(error, 'message', readText(readValue));
  if (parts & CAUSE) hide(error, 'cause', readValue());
  if (parts & STACK) error.stack = readText(readValue);
  return error;
}

function readText(readValue) {
  const value = readValue();
  if (typeof value !== 'string') throw corrupt('an Error');
  return value;
}

module.exports = { readError };
