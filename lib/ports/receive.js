'use strict';

/*
 * receive.js - decodes messages, including those with attachments: values from the Node
 * channel, large data in blocks, lent memory.
 */

const { FLAG, TRAILER_BYTES, CALL_BYTES, reading } = require('./record');
const { binding, define, local, owner: { kMessageError }, FOR_PORTS } = require('../loading/native');

define(FOR_PORTS);

/**
 * Flags set by the core: the encoded bytes are in block 0; the table of blocks is itself
 * in a block. The size of an entry of that table.
 */
const { LARGE: TYPE_LARGE, TABLE: TYPE_TABLE, BLOCK: BLOCK_BYTES } = require('../constants').record;

/** Below this size, copying is cheaper than lending. */
const VIEW_BYTES = 128 * 1024;

/** Loaded with the first message that needs them. */
let codec = null;
let nodeChannel = null;
let memory = null;

/**
 * The record being decoded: its offset in the inbox, and the index of the codec's first
 * block.
 */
let recordAt = 0;
let recordBlock = 0;

function getWord(u8, at) {
  return u8[at] | u8[at + 1] << 8 | u8[at + 2] << 16 | u8[at + 3] << 24;
}

/**
 * Copy block `index` of the current record.
 * @returns {Buffer} with its own ArrayBuffer
 */
function takeBytes(index) {
  const length = binding.blockLength(recordAt, index);

  if (length < 0) throw new RangeError('the message has no such block');
  memory ??= require('./large-memory');

  const bytes = memory.allocate(length);

  binding.takeBytes(recordAt, index, bytes);
  return bytes;
}

/**
 * Return the codec's block `index` as an ArrayBuffer: lent if possible, else a copy.
 */
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

/** Load the codec for decoding. @returns {import('../codec/index')} */
function loadCodec() {
  if (codec === null) {
    codec = require('../codec/index');
    codec.attach({
      shapeKeys: (number) => binding.shapeText(number),
      takeBlock,
      takeString,
      takePort: (index) => reading.arrived?.own[index],
    });
  }
  return codec;
}

/** Detach the ArrayBuffers lent to the listener that has returned. */
function endLoans() {
  const ended = reading.loans;

  reading.loans = null;
  ended.forEach(binding.endLoan);
}

/** Decode the record at this offset of the inbox, which has attachments or flags. */
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
    if ((type & FLAG.NODE_CHANNEL) !== 0) {
      nodeChannel ??= require('./node-channel');
      reading.arrived = nodeChannel.take(
        endpoint, getWord(bytes, trailer + 4), (type & FLAG.PORTS) !== 0);
      foreign = reading.arrived.foreign;
    }
    if ((type & FLAG.CALL) !== 0) {
      const call = trailer - CALL_BYTES;

      noteCall(getWord(bytes, call) >>> 0, getWord(bytes, call + 4) >>> 0);
    }
  }

  let value;

  try {
    value = loadCodec().decode(bytes, offset, length, foreign);
  } catch (error) {
    if (reading.arrived?.call === undefined) throw error;
    reading.arrived.call.error = error; // for whoever waits for it, not for 'messageerror'
    binding.dropBlocks(at);
    return undefined;
  }
  if ((type & TYPE_TABLE) !== 0) binding.dropBlocks(at, true);
  return value;
}

/** The record is not a message but part of a request: drain.js finds that here. */
function noteCall(kind, id) {
  const { foreign, ports, own } = reading.arrived ?? { foreign: null, ports: undefined, own: [] };

  reading.arrived = { foreign, ports, own, call: { kind, id } };
  reading.lends = false;
}

/** Decode a record whose value is a message of the Node channel. */
function decodeWhole(endpoint, inbox, inbox32, at) {
  const word = (at >> 2) + 2;
  const moved = new Float64Array(inbox.buffer, at + 16, 1)[0];

  return takeWhole(endpoint, inbox32[word], inbox32[word + 1], moved);
}

/**
 * Take a message of the Node channel that is a whole value.
 * @param {number} sequence its number, of 32 bits
 * @param {number} nth 0: it has that number; else it has none, and is the n-th from now
 * on
 * @param {number} moved bytes of ArrayBuffers that Node has moved with it
 */
function takeWhole(endpoint, sequence, nth, moved) {
  nodeChannel ??= require('./node-channel');
  if (moved > 0) loadCodec().noteMemory(moved);
  if (nth > 0) return nodeChannel.takeNth(endpoint, nth);
  return nodeChannel.takeList(endpoint, sequence | 0)[0];
}

/**
 * Decode a batch of `bytes` bytes, up to the first record that fails or is part of a
 * request.
 * @returns {{ values: unknown[], list?: object[], last: (() => void) | null }} `last`
 *   handles that record
 */
function readMany(endpoint, inbox32, bytes, decodeRecord) {
  const values = [];
  let list;
  let last = null;
  let at = 0;

  while (at < bytes && last === null) {
    const here = at;

    at += 8 + ((inbox32[at >> 2] + 7) & ~7);
    try {
      const value = decodeRecord(endpoint, here, endpoint.views);
      const { arrived } = reading;

      if (arrived?.call !== undefined) {
        last = () => takeCall(endpoint, arrived, value);
      } else {
        values.push(value);
        if (arrived?.ports !== undefined) list = (list ?? []).concat(arrived.ports);
      }
    } catch (error) {
      last = () => endpoint.owner[kMessageError](error);
    } finally {
      reading.arrived = null;
    }
  }
  return { values, list, last };
}

/** Handle a record that is part of a request. */
function takeCall(endpoint, { call }, value) {
  local.loadCalls().take(endpoint, call, value);
}

/**
 * Decode the bytes of an envelope.
 * @param {import('./node-channel').Received} received its foreign values and ports
 */
function openEnvelope(bytes, received) {
  reading.arrived = received;
  try {
    return loadCodec().decode(bytes, 0, bytes.length, received.foreign);
  } finally {
    reading.arrived = null;
  }
}

module.exports = { loadCodec, decodeMore, takeWhole, openEnvelope, readMany, takeCall, endLoans };
