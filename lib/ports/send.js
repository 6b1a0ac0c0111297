'use strict';

/*
 * send.js - sends what the codec writes: objects, messages with a transfer list, many values at once.
 *
 * An encoding may run getters, which may post, close, or send ports away themselves: so what belongs to the
 * message in hand is saved before and put back after.
 */

const codec = require('../codec/index');
const { FLAG, TRAILER_BYTES, late, reading } = require('./endpoint');
const { located } = require('./way');
const { binding, control, define, START, END, FLAGS, STATUS, STAGED, SLOT } = require('../loading/native');

define(1);

const { post } = binding;
const { encode } = codec;

const NONE = -1;

/** Loaded with the first message that needs them. */
let companion = null;
let memory = null;
let outbox = null;
let receiving = null;

/** Blocks staged by encodings in progress, and the first one of the innermost. */
let staged = 0;
let stagedBase = 0;
/** Whether the port of the innermost encoding was open when it began. */
let sending = false;
/** Buffers that the innermost encoding has copied for its message, null without any. */
let copies = null;
/** Slot of the port that posts, for a question of the codec's that is a hint: after a getter that has
 * posted it is that one's. */
let posting = NONE;

function loadCompanion() {
  companion ??= require('./node-channel');
  return companion;
}

function loadReceiving() {
  receiving ??= require('./receive');
  return receiving;
}

/** Drop the blocks of an encoding that was not sent. */
function unstage() {
  if (staged === stagedBase) return;
  binding.unstage(stagedBase);
  staged = stagedBase;
}

codec.attach({
  setScratch(u8) {
    if (outbox !== null) outbox.setScratch(u8);
    binding.setScratch(u8);
  },
  internShape: (text) => binding.internShape(text),
  shapeKeys: (number) => binding.shapeText(number),
  stageBytes(buffer, offset, length) {
    binding.stageBytes(new Uint8Array(buffer, offset, length));
    return staged++ - stagedBase;
  },
  stageString(string, oneByte) {
    binding.stageString(string, oneByte);
    return staged++ - stagedBase;
  },
  unstage,
  copied(buffer) {
    copies = copies === null ? [buffer] : copies.concat(buffer);
  },
  takeBlock: (index) => loadReceiving().takeBlock(index),
  takeString: (index, oneByte) => loadReceiving().takeString(index, oneByte),
  allocate(length) {
    memory ??= require('./large-memory');
    return memory.allocate(length);
  },
  views: () => binding.peerViews(posting),
  port: (object, transfer) => loadCompanion().portIndex(object, transfer),
  takePort: (index) => reading.arrived?.own[index],
});

/**
 * The half of a port goes into transit, to be lost with the message that is being sent. @returns {bigint |
 * undefined}
 */
function board(endpoint) {
  endpoint.settle();

  const id = binding.stageHalf(endpoint.slot);

  if (id !== undefined) staged++;
  return id;
}

/** Send a value that endpoint.js does not send itself; see Endpoint.post(). */
function sendValue(endpoint, value, transfer) {
  if (transfer === null && staged === 0 && copies === null) return send(endpoint, value, null);

  /* In a getter of another value, perhaps, that has staged something already. */
  const outerBase = stagedBase;
  const outerCopies = copies;

  stagedBase = staged;
  copies = null;
  try {
    return send(endpoint, value, transfer);
  } finally {
    stagedBase = outerBase;
    copies = outerCopies;
  }
}

/** Send the copy of an object whose getters have been run. */
function sendCopy(endpoint, copy, original) {
  codec.original = original;
  try {
    return sendValue(endpoint, copy, null);
  } finally {
    codec.original = null;
  }
}

/** The same where nothing is staged from `stagedBase` on and nothing copied. */
function send(endpoint, value, transfer) {
  const outerSending = sending;
  let start = NONE;

  late.flush(); // this may be in a getter, within postMany(): what came before goes before
  /* Asked now: a getter that closes the port does not stop the message that it is part of. */
  sending = endpoint.open;
  posting = endpoint.slot;
  try {
    transfer?.check(endpoint);
    start = encode(value, transfer);
    if (transfer === null && codec.foreign === null) return write(endpoint, start, codec.end);
    return sendForeign(endpoint, value, start, transfer);
  } finally {
    /* At the end of the stack a call may fail, an assignment cannot. */
    sending = outerSending;
    copies = null;
    if (start !== NONE) codec.release(start);
    unstage();
  }
}

/** Send the message encoded at `start` with what Node carries of it. */
function sendForeign(endpoint, value, start, transfer) {
  try {
    return loadCompanion().send(endpoint, start, codec.foreign, transfer, copies, sending);
  } catch (error) {
    throw located(error, value, transfer?.transfer);
  }
}

function loadOutbox() {
  if (outbox !== null) return;
  outbox = require('./outbox');
  outbox.setScratch(codec.scratch);
  late.flush = outbox.flush;
}

/**
 * Send the values of an iterable as post() would one after the other, those that are small with few calls.
 * After an error what came before it has been sent.
 * @param {Endpoint} endpoint @param {Iterable<unknown>} values
 */
function sendMany(endpoint, values) {
  loadOutbox();

  const outerBase = stagedBase;
  const outerSending = sending;
  const outerCopies = copies;
  let start = NONE;

  outbox.flush();
  stagedBase = staged;
  copies = null;
  posting = endpoint.slot;
  try {
    for (const value of values) {
      sending = endpoint.open;
      start = encode(value, null);
      if (codec.foreign !== null || staged !== stagedBase || !sending ||
          !outbox.put(endpoint, start, codec.end)) {
        sendApart(endpoint, value, start);
      }
      codec.release(start);
      start = NONE;
    }
  } finally {
    if (start !== NONE) codec.release(start);
    try {
      outbox.flush();
    } finally {
      unstage();
      stagedBase = outerBase;
      sending = outerSending;
      copies = outerCopies;
    }
  }
}

/** A message of many that takes more than a place in the outbox. */
function sendApart(endpoint, value, start) {
  outbox.flush();
  if (codec.foreign === null) write(endpoint, start, codec.end);
  else sendForeign(endpoint, value, start, null);
  unstage();
  copies = null;
}

/** Send scratch[start, end). */
function write(endpoint, start, end) {
  if (staged !== stagedBase) return writeTrailer(endpoint, start, end, FLAG.TRAILER, 0);
  return writeRecord(endpoint, start, end, 0);
}

/** Send scratch[start, end); message `sequence` of the Node channel belongs to it. */
function writeWithCompanion(endpoint, start, end, sequence, hasPorts) {
  const flags = FLAG.TRAILER | FLAG.COMPANION | (hasPorts ? FLAG.PORTS : 0);

  return writeTrailer(endpoint, start, end, flags, sequence);
}

function putWord(u8, at, word) {
  u8[at] = word;
  u8[at + 1] = word >>> 8;
  u8[at + 2] = word >>> 16;
  u8[at + 3] = word >>> 24;
}

function writeTrailer(endpoint, start, end, flags, sequence) {
  const trailer = ((end + 7) & ~7) >>> 0; // beyond 2 GiB, too

  putWord(codec.scratch, trailer, end - start);
  putWord(codec.scratch, trailer + 4, sequence);
  return writeRecord(endpoint, start, trailer + TRAILER_BYTES, flags);
}

function writeRecord(endpoint, start, end, flags) {
  if (!sending) return undefined;
  control[START] = start;
  control[END] = end;
  control[FLAGS] = flags;
  control[STAGED] = stagedBase;
  control[SLOT] = endpoint.slot;
  post();
  if (control[STATUS] !== 0) return !endpoint.open; // false: the peer has closed
  staged = stagedBase;
  return true;
}

module.exports = {
  loadCodec: () => codec, board, sendValue, sendCopy, sendMany, write, writeWithCompanion,
};
