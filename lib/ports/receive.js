'use strict';

/*
 * receive.js - reads the messages that are more than a value's bytes in a record: what came by the Node
 * channel, large data in blocks, what is lent.
 */

const { FLAG, TRAILER_BYTES, late, reading } = require('./endpoint');
const { binding, define } = require('../loading/native');

define(1);

/** Set by the core: the bytes are in block 0 (RP_MESSAGE_LARGE); the table of blocks is one
 * (RP_MESSAGE_TABLE). */
const TYPE_LARGE = 0x100;
const TYPE_TABLE = 0x200;
const BLOCK_BYTES = 16;

/** To lend less costs more than to copy it. */
const VIEW_BYTES = 128 * 1024;

/** Loaded with the first message that needs them. */
let companion = null;
let memory = null;

/** Of the record being decoded: its offset in the inbox, and its first block that is the codec's. */
let recordAt = 0;
let recordBlock = 0;

function getWord(u8, at) {
  return u8[at] | u8[at + 1] << 8 | u8[at + 2] << 16 | u8[at + 3] << 24;
}

/** Block `index` of the current record as an ArrayBuffer of its own. */
function takeBytes(index) {
  const length = binding.blockLength(recordAt, index);

  if (length < 0) throw new RangeError('the message has no such block');
  memory ??= require('./large-memory');

  const bytes = memory.allocate(length);

  binding.takeBytes(recordAt, index, bytes);
  return bytes;
}

/** Block `index` of the codec's as an ArrayBuffer: lent if that is possible, else a copy. */
function takeBlock(index) {
  index += recordBlock;
  if (reading.lends && binding.blockLength(recordAt, index) >= VIEW_BYTES) {
    const loan = binding.lend(recordAt, index);

    if (loan !== undefined) {
      reading.loans ??= [];
      reading.loans.push(loan);
      return loan[0];
    }
  }
  return takeBytes(index).buffer;
}

function takeString(index, oneByte) {
  return binding.takeString(recordAt, index + recordBlock, oneByte);
}

/** The listener has returned. */
function endLoans() {
  const ended = reading.loans;

  reading.loans = null;
  ended.forEach(binding.endLoan);
}

/** The value of the record at this offset of the inbox, which has something beside the bytes. */
function decodeMore(endpoint, inbox, inbox32, at, type) {
  if ((type & FLAG.WHOLE) !== 0) return decodeWhole(endpoint, inbox, inbox32, at);

  let length = inbox32[at >> 2];
  let bytes = inbox;
  let offset = at + 8;
  let foreign = null;

  recordAt = at;
  recordBlock = 0;
  length -= BLOCK_BYTES * (type >>> 16);
  if ((type & TYPE_LARGE) !== 0) {
    bytes = takeBytes(0);
    recordBlock = 1;
    offset = 0;
    length = bytes.length;
  }
  if ((type & FLAG.TRAILER) !== 0) {
    const trailer = offset + length - TRAILER_BYTES;

    length = getWord(bytes, trailer) >>> 0;
    if ((type & FLAG.COMPANION) !== 0) {
      companion ??= require('./node-channel');
      reading.arrived = companion.take(
        endpoint, getWord(bytes, trailer + 4), (type & FLAG.PORTS) !== 0);
      foreign = reading.arrived.foreign;
    }
  }

  const value = late.codec().decode(bytes, offset, length, foreign);

  if ((type & TYPE_TABLE) !== 0) binding.dropBlocks(at, true);
  return value;
}

/** The value of a record that only says in which message of the Node channel it is. */
function decodeWhole(endpoint, inbox, inbox32, at) {
  companion ??= require('./node-channel');

  const { foreign } = companion.take(endpoint, inbox32[(at >> 2) + 2] | 0, false);
  const bytes = new Float64Array(inbox.buffer, at + 16, 1)[0];

  if (bytes > 0) late.codec().noteMemory(bytes);
  return foreign[0];
}
/**
 * The values of a batch of this many bytes, up to one that cannot be read, which comes between two arrays.
 */
function readMany(endpoint, inbox32, bytes) {
  const values = [];
  let list;
  let failure = null;
  let at = 0;

  while (at < bytes && failure === null) {
    const here = at;

    at += 8 + ((inbox32[at >> 2] + 7) & ~7);
    try {
      values.push(endpoint.decode(here, endpoint.views));
      if (reading.arrived?.ports !== undefined) list = (list ?? []).concat(reading.arrived.ports);
    } catch (error) {
      failure = { error };
    } finally {
      reading.arrived = null;
    }
  }
  return { values, list, failure };
}

/** The value of an envelope's bytes. @param {import('./companion').Received} received what came with it */
function openEnvelope(bytes, received) {
  reading.arrived = received;
  try {
    return late.codec().decode(bytes, 0, bytes.length, received.foreign);
  } finally {
    reading.arrived = null;
  }
}

module.exports = { decodeMore, openEnvelope, readMany, takeBlock, takeString, endLoans };
