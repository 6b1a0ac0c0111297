'use strict';

/*
 * check.js - checks arguments and options, and creates their errors, with Node's codes
 * where Node has one.
 */

const { types } = require('node:util');
const { Buffer } = require('../loading/builtins');
const { abortError, checkSignal, outOfRange, wrongType, wrongValue } = require('../loading/check-values');
const { RingportError, withCode } = require('../codec/errors');
const { status } = require('./native');

/** An integer from `min` to `max`. */
function checkInteger(name, value, min, max) {
  if (typeof value !== 'number') throw wrongType(`The "${name}" argument`, 'of type number', value);
  if (!Number.isInteger(value)) throw outOfRange(`"${name}"`, 'an integer', value);
  if (value < min || value > max) throw outOfRange(`"${name}"`, `>= ${min} && <= ${max}`, value);
}

function checkBoolean(name, value) {
  if (typeof value !== 'boolean') throw wrongType(`The "${name}" property`, 'of type boolean', value);
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

function checkBytes(name, value) {
  if (!types.isUint8Array(value)) {
    throw wrongType(`The "${name}" argument`, 'an instance of Buffer or Uint8Array', value);
  }
}

/** Check a record. */
function checkData(value) {
  if (typeof value !== 'string' && !types.isUint8Array(value)) {
    throw wrongType('The "data" argument',
      'of type string or an instance of Buffer or Uint8Array', value);
  }
}

/** Check records to write, none of them longer than `maxLength`. */
function checkList(value, maxLength) {
  if (value === null || typeof value !== 'object' || typeof value[Symbol.iterator] !== 'function') {
    throw wrongType('The "list" argument', 'an iterable of records', value);
  }

  const list = [...value];

  for (const data of list) {
    checkData(data);
    if (data.length * (typeof data === 'string' ? 3 : 1) > maxLength &&
        Buffer.byteLength(data) > maxLength) throw writeError(status.TOO_BIG, maxLength);
  }
  return list;
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

const TEXTS = {
  FULL: 'There is no room in the ring for this record: use tryWrite(), and wait with writable() ' +
    'or waitWritable()',
  CLOSED: 'The ring is closed, nothing can be written to it any more: make a new one',
  DETACHED: 'This RingBuffer has been detached from its ring: attach another one by ' +
    'new RingBuffer(buffer)',
  CORRUPT: 'The memory of the ring has been overwritten by something else than a RingBuffer: make a ' +
    'new one',
  DRAINING: 'The ring is being drained: its records cannot be read before the callback of drain() ' +
    'has returned',
};

/** @param {keyof typeof TEXTS} what @returns {RingportError} ERR_RINGPORT_<what> */
function ringError(what, text = TEXTS[what]) {
  return new RingportError(`ERR_RINGPORT_${what}`, text);
}

/**
 * The error for a record that was not written.
 * @param {number} result
 * @param {number} maxLength of the ring
 */
function writeError(result, maxLength) {
  if (result === status.FULL) return ringError('FULL');
  if (result === status.CLOSED || result === status.SEALED) return ringError('CLOSED');
  if (result === status.TOO_BIG) {
    return ringError('TOO_LARGE', `A record of this ring has at most ${maxLength} bytes: make a ring with a larger capacity, ` +
      'or slotSize if its mode is mpmc');
  }
  return readError(result);
}

/** The error for a failed read: out of memory, or a corrupt ring. */
function readError(result) {
  if (result !== status.NO_MEMORY) return ringError('CORRUPT');
  return withCode(new Error('Failed to allocate memory'), 'ERR_MEMORY_ALLOCATION_FAILED');
}

/** The error for a role that cannot be taken. */
function takeError(result, role) {
  if (result !== status.BUSY) return readError(result);

  const modes = role === 'producer' ? "'mpsc' or 'mpmc'" : "'mpmc'";

  return ringError('TAKEN', `The ring has a ${role} already: another can follow when that one ` +
    `calls detach() or its thread ends, and a ring of mode ${modes} has several at a time`);
}

module.exports = {
  abortError, checkBoolean, checkBytes, checkData, checkFunction, checkInteger, checkList,
  checkOptions, checkSignal, checkTimeout, outOfRange, readError, ringError, takeError, writeError,
  wrongType, wrongValue,
};
