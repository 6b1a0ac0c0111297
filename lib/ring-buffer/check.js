'use strict';

/*
 * check.js - checks arguments and options, and creates their errors, with Node's codes
 * where Node has one.
 */

const { types } = require('node:util');
const { Buffer } = require('../loading/builtins');
const {
  abortError, checkFunction, checkOptions, checkSignal, checkTimeout, outOfRange, wrongType,
  wrongValue,
} = require('../loading/check-arguments');
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
        Buffer.byteLength(data) > maxLength) throw writeError(status.ETOOBIG, maxLength);
  }
  return list;
}

const TEXTS = {
  FULL: 'The ring has no room for this record: use tryWrite(), and wait by writable() or ' +
    'waitWritable()',
  CLOSED: 'The ring is closed: create a new one to write',
  DETACHED: 'This RingBuffer is detached: attach to the ring by new RingBuffer(buffer)',
  CORRUPT: 'The memory of the ring has been overwritten by something other than a RingBuffer: ' +
    'create a new one',
  DRAINING: 'The ring is being drained: read it after the callback of drain() has returned',
  INVALID_RING: 'The buffer does not contain a ring: pass the buffer of a RingBuffer',
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
  if (result === status.ECLOSED || result === status.CLOSED) return ringError('CLOSED');
  if (result === status.ETOOBIG) {
    return ringError('TOO_LARGE', `A record of this ring has at most ${maxLength} bytes: create a ring ` +
      "with a larger capacity, or slotSize in mode 'mpmc'");
  }
  return readError(result);
}

/** The error for a failed read: out of memory, or a corrupt ring. */
function readError(result) {
  if (result !== status.ENOMEM) return ringError('CORRUPT');
  return withCode(new Error('Failed to allocate memory'), 'ERR_MEMORY_ALLOCATION_FAILED');
}

/** The error for a role that cannot be taken. */
function takeError(result, role) {
  if (result !== status.EBUSY) return readError(result);

  const modes = role === 'producer' ? "'mpsc' or 'mpmc'" : "'mpmc'";

  return ringError('TAKEN', `The ring already has a ${role}, until that one calls detach() or its thread ` +
    `ends. For several at a time, create a ring with mode ${modes}`);
}

module.exports = {
  abortError, checkBoolean, checkBytes, checkData, checkFunction, checkInteger, checkList,
  checkOptions, checkSignal, checkTimeout, outOfRange, readError, ringError, takeError, writeError,
  wrongType, wrongValue,
};
