'use strict';

/*
 * send.js - sends messages encoded by the codec: objects, messages with a transfer list,
 * and the values of postMessages().
 *
 * Encoding may run getters, which may post, close or transfer ports. So each function
 * saves the state of the message in progress and restores it afterwards.
 */

const codec = require('../codec/index');
const { FLAG, TRAILER_BYTES, CALL_BYTES, unsent } = require('./record');
const { isObject, located } = require('./way');
const { binding, control, define, START, END, FLAGS, STATUS, STAGED, SLOT, FOR_PORTS } = require('../loading/native');

define(FOR_PORTS);

const { post } = binding;
const { encode } = codec;

const NONE = -1;

/** Loaded with the first message that needs them. */
let boarding = null;
let transfers = null;
let memory = null;
let outbox = null;

/**
 * The number of blocks staged by encodings in progress, and the first block of the
 * innermost one.
 */
let staged = 0;
let stagedBase = 0;
/** Whether the port of the innermost encoding was open when it began. */
let sending = false;
/** Buffers that the innermost encoding has copied for its message; null if none. */
let copies = null;
/** Slot of the innermost encoding's port, for the codec's views(). */
let posting = NONE;

/** Drop the blocks of an encoding that failed or was not sent. */
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
  allocate(length) {
    memory ??= require('./large-memory');
    return memory.allocate(length);
  },
  views: () => binding.peerViews(posting),
  port(object, transfer) {
    transfers ??= require('./transfer');
    return transfers.portIndex(object, transfer);
  },
});

/**
 * Put an endpoint in transit with the message in progress. It is lost if that is.
 * @returns {bigint | undefined} its id
 */
function board(endpoint) {
  endpoint.settle();

  const id = binding.stageEndpoint(endpoint.slot);

  if (id !== undefined) staged++;
  return id;
}

/** Send a value that endpoint.js does not send itself; see Endpoint.post(). */
function sendValue(endpoint, value, transfer) {
  if (transfer === null && staged === 0 && copies === null) return send(endpoint, value, null);

  /* This may run in a getter of another message, which has already staged blocks. */
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

/** Send a copy in place of an object whose getters have already run. */
function sendCopy(endpoint, copy, original) {
  codec.original = original;
  try {
    return sendValue(endpoint, copy, null);
  } finally {
    codec.original = null;
  }
}

/** Let the endpoint know whether Node would have been faster. */
function noteLoss(endpoint, value) {
  if (!isObject(value)) return;
  endpoint.losing ??= new (require('./losing').Losing)();
  /* Node lends nothing. */
  endpoint.losing.note(value, codec.hasLost && !binding.peerViews(endpoint.slot), codec.end);
}

/** Encode and send. Requires that nothing is staged from `stagedBase` on or copied. */
function send(endpoint, value, transfer) {
  const outerSending = sending;
  const outerPosting = posting;
  let start = NONE;

  unsent.flush(); // keeps the order if a getter within postMany() calls this
  /* Read now: if a getter closes the port, its own message is still sent. */
  sending = endpoint.open;
  posting = endpoint.slot;
  try {
    transfer?.check(endpoint);
    start = encode(value, transfer);
    if (transfer === null && (codec.hasLost || endpoint.losing !== null)) noteLoss(endpoint, value);
    if (transfer === null && codec.foreign === null) return write(endpoint, start, codec.end);
    if (codec.foreign === null && transfer.empty) {
      return transfer.call === undefined ? write(endpoint, start, codec.end)
        : writeTrailer(endpoint, start, codec.end, FLAG.TRAILER, 0, transfer.call);
    }
    return sendWithChannel(endpoint, value, start, transfer);
  } finally {
    /* Assign first: on stack overflow, calls fail. */
    sending = outerSending;
    posting = outerPosting;
    copies = null;
    if (start !== NONE) codec.release(start);
    unstage();
  }
}

/**
 * Send the message encoded at `start`, with foreign values and ports on the Node channel.
 */
function sendWithChannel(endpoint, value, start, transfer) {
  boarding ??= require('./boarding');

  const { end } = codec;
  const { flow } = endpoint;
  const carried = flow === null ? 0 : endpoint.weigh(transfer, copies);
  let posted;

  try {
    posted = boarding.post(endpoint, codec.foreign, transfer, copies, sending, board);
  } catch (error) {
    throw located(error, value, transfer?.transfer);
  }

  if (endpoint.unrecorded >= 0) endpoint.unrecorded++;
  writeWithNodeChannel(
    endpoint, start, end, posted.sequence, posted.boarding !== null, transfer?.call);
  endpoint.unrecorded = 0;
  flow?.carry(0, carried);
  posted.boarding?.sent();
  return posted.result;
}

function loadOutbox() {
  if (outbox !== null) return;
  outbox = require('./outbox');
  outbox.setScratch(codec.scratch);
  unsent.flush = outbox.flush;
}

/**
 * Send the values of an iterable in order, collecting small ones in the outbox. If a
 * value fails, those before it are sent.
 * @param {Endpoint} endpoint
 * @param {Iterable<unknown>} values
 */
function sendMany(endpoint, values) {
  loadOutbox();

  const outerBase = stagedBase;
  const outerSending = sending;
  const outerPosting = posting;
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
      posting = outerPosting;
      copies = outerCopies;
    }
  }
}

/** Send a message of postMessages() that does not fit the outbox. */
function sendApart(endpoint, value, start) {
  outbox.flush();
  if (codec.foreign === null) write(endpoint, start, codec.end);
  else sendWithChannel(endpoint, value, start, null);
  unstage();
  copies = null;
}

/** Send scratch[start, end). */
function write(endpoint, start, end) {
  if (staged !== stagedBase) return writeTrailer(endpoint, start, end, FLAG.TRAILER, 0);
  return writeRecord(endpoint, start, end, 0);
}

/** Send scratch[start, end) with message `sequence` of the Node channel. */
function writeWithNodeChannel(endpoint, start, end, sequence, hasPorts, call) {
  const flags = FLAG.TRAILER | FLAG.NODE_CHANNEL | (hasPorts ? FLAG.PORTS : 0);

  return writeTrailer(endpoint, start, end, flags, sequence, call);
}

function putWord(u8, at, word) {
  u8[at] = word;
  u8[at + 1] = word >>> 8;
  u8[at + 2] = word >>> 16;
  u8[at + 3] = word >>> 24;
}

/** @param {{ kind: number, id: number }} [call] see request/calls.js */
function writeTrailer(endpoint, start, end, flags, sequence, call) {
  let trailer = ((end + 7) & ~7) >>> 0; // unsigned, for offsets of 2 GiB and more

  if (call !== undefined) {
    putWord(codec.scratch, trailer, call.kind);
    putWord(codec.scratch, trailer + 4, call.id);
    trailer += CALL_BYTES;
    flags |= FLAG.CALL;
  }
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

module.exports = { loadCodec: () => codec, sendValue, sendCopy, sendMany };
