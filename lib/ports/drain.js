'use strict';

/*
 * drain.js - takes records out of a port's ring: one for receiveMessageOnPort(), or all
 * queued ones, which it delivers to the endpoint's owner.
 *
 * C reads primitives and flat objects; see dispatch.js. This file copies other records in
 * batches and decodes them with the codec; receive.js decodes those with attachments. The
 * first message that needs the codec or receive.js loads it.
 */

const context = require('./async-context');
const { reader, settle, runTicks, readNext, deliverValues, OTHER, WHOLE } = require('./dispatch');
const { FLAG, reading, unsent } = require('./record');
const {
  binding, control, local, owner: ownerSymbols, START, END, STATUS, BYTES, COUNT, MAX,
  define, FOR_ENDPOINTS,
} = require('../loading/native');

define(FOR_ENDPOINTS);

const { kBatching, kMessage, kMessages, kMessageError } = ownerSymbols;
const { receive: receiveBatch, release } = binding;

let decode = (...args) => {
  ({ decode } = require('./receive').loadCodec());
  return decode(...args);
};
let takeWhole = (...args) => {
  ({ takeWhole } = require('./receive'));
  return takeWhole(...args);
};
let decodeMore = (...args) => {
  ({ decodeMore } = require('./receive'));
  return decodeMore(...args);
};

/**
 * Initial and maximum size of the inbox, unless one record needs more. A larger inbox
 * would not stay in the CPU's cache.
 */
const INBOX_FIRST = 4 * 1024;
const INBOX_BYTES = 64 * 1024;
/** Values of STATUS: the next record is larger than the inbox; no more will come. */
const { ETOOBIG, CLOSED } = require('../constants').error;

let inbox;
/** Lengths and types of the records in the inbox. */
let inbox32;

/** Replace the inbox by one of `bytes`. No batch may be in progress. */
function setInbox(bytes) {
  inbox = new Uint8Array(bytes);
  inbox32 = new Uint32Array(inbox.buffer);
  binding.setInbox(inbox);
}

setInbox(INBOX_FIRST);

/** Copy the next batch of a port into the inbox. Grows the inbox for a large record. */
function receive(slot) {
  receiveBatch(slot);
  if (control[STATUS] !== ETOOBIG) return;

  let bytes = inbox.length * 4;

  while (bytes < control[BYTES]) bytes *= 2;
  setInbox(bytes);
  control[COUNT] = 0;
  receiveBatch(slot);
}

/** Whether the first record in the inbox is part of a request. */
function isCall() {
  return (inbox32[1] & FLAG.CALL) !== 0;
}

/** No limit, not even that marked records wait. */
const { ALL } = require('../constants').control;

const NONE = -1;

/**
 * Take the oldest message, even if not started.
 * @returns {{ message: unknown } | undefined}
 */
function receiveOne(endpoint) {
  unsent.flush();
  settle();
  if (endpoint.kept !== null) return local.loadCalls().receive(endpoint);
  if (endpoint.slot === NONE) return undefined;
  control[COUNT] = 0;
  control[MAX] = 0;

  const values = readNext(endpoint.slot);

  /* C has released its record. */
  if (values === undefined && control[STATUS] === WHOLE) return { message: readWhole(endpoint) };

  const found = values === undefined ? receiveOther(endpoint) : { message: values[0] };

  if (found === undefined) return undefined;
  control[COUNT] = 1;
  release(endpoint.slot);
  return found;
}

/** Take a message that C cannot read; it stays in the ring until it is decoded. */
function receiveOther(endpoint) {
  if (control[STATUS] === CLOSED) endpoint.close();
  if (control[STATUS] !== OTHER) return undefined;
  control[COUNT] = 0;
  receive(endpoint.slot);
  reader.slot = endpoint.slot;
  reader.count = 1;
  try {
    const message = decodeRecord(endpoint, 0, false);

    return reading.arrived?.call === undefined
      ? { message } : local.loadCalls().passOver(endpoint, reading.arrived, message);
  } catch (error) {
    settle();
    throw error;
  } finally {
    reading.arrived = null;
    reader.slot = NONE;
  }
}

/**
 * Deliver up to `limit` queued messages. The next wake-up delivers the rest, also after
 * an error. With ALL, errors do not end the delivery.
 */
function drain(endpoint, limit) {
  if (endpoint.draining) return;

  const { owner, slot } = endpoint;
  let closed = false;

  settle();
  if (endpoint.kept !== null && !local.loadCalls().deliver(endpoint, limit === ALL)) return;
  endpoint.draining = true;
  context.entered = false;
  control[COUNT] = 0;
  try {
    while (limit > 0 && endpoint.receiving && endpoint.kept === null) {
      const left = deliverValues(slot, owner, endpoint, limit);

      if (limit !== ALL) limit = left;
      closed = reader.status === CLOSED;
      if (reader.status < 0) break;
      if (reader.status === WHOLE) {
        if (!deliverWhole(endpoint, owner) && limit !== ALL) limit = 0;
        else if (limit !== ALL) limit--;
        settle();
        control[COUNT] = 0;
        continue;
      }
      if (reader.status !== OTHER && !owner[kBatching]) continue;
      control[COUNT] = 0;
      control[MAX] = limit;
      receive(slot);
      if (control[STATUS] !== 0) {
        closed = control[STATUS] === CLOSED;
        break;
      }

      const { [BYTES]: bytes } = control;
      const calm = owner[kBatching]
        ? deliverMany(endpoint, owner, bytes) : deliverBatch(endpoint, owner, bytes);

      if (!calm && limit !== ALL) limit = 0;
      else if (limit !== ALL) limit -= reader.count;
      /* The inbox was nearly full: the next batch may be larger. */
      if (bytes > inbox.length >> 1 && inbox.length < INBOX_BYTES) setInbox(inbox.length * 4);
      settle();
      control[COUNT] = 0;
    }
  } finally {
    settle();
    endpoint.draining = false;
    if (reading.loans !== null) require('./receive').endLoans();
  }
  if (closed) endpoint.close();
}

/** Take a message of the Node channel, which readNext() has found. */
function readWhole(endpoint) {
  return takeWhole(endpoint, control[START], control[END], control[BYTES]);
}

/**
 * Deliver a message of the Node channel, which readNext() has found.
 * @returns {boolean} false: the wake-up must end
 */
function deliverWhole(endpoint, owner) {
  let value;

  reader.slot = endpoint.slot;
  reader.count = 1;
  try {
    value = readWhole(endpoint);
  } catch (error) {
    owner[kMessageError](error);
    return runTicks() && !context.entered;
  }
  owner[kMessage](value, undefined);
  return runTicks() && !context.entered;
}

/** @returns {boolean} false: the wake-up must end */
function deliverBatch(endpoint, owner, bytes) {
  const { slot } = endpoint;
  let at = 0;
  let calm;

  reader.slot = slot;
  reader.count = 0;
  do {
    const here = at;

    at += 8 + ((inbox32[at >> 2] + 7) & ~7);
    /* Even if it fails, a message must not be delivered twice. */
    deliver(endpoint, owner, here);
    calm = runTicks() && !context.entered;
    /* Once a listener has switched to 'messages', the rest is delivered as one array. */
  } while (calm && at < bytes && reader.slot === slot && endpoint.receiving && !owner[kBatching]);
  return calm;
}

/**
 * Deliver the whole batch as one array, then run ticks once.
 * @returns {boolean} false: the wake-up must end
 */
function deliverMany(endpoint, owner, bytes) {
  const { values, list, last } = require('./receive').readMany(endpoint, inbox32, bytes, decodeRecord);

  reader.slot = endpoint.slot;
  reader.count = values.length + (last === null ? 0 : 1);
  if (values.length > 0) owner[kMessages](values, list);
  if (reading.loans !== null) require('./receive').endLoans();
  if (last !== null) {
    if (values.length > 0) runTicks();
    last();
  }
  return runTicks() && !context.entered;
}

function deliver(endpoint, owner, at) {
  let value;
  let list;

  try {
    value = decodeRecord(endpoint, at, endpoint.views);
  } catch (error) {
    reader.count++;
    owner[kMessageError](error);
    return;
  }
  reader.count++;
  if (reading.arrived !== null) {
    const { arrived } = reading;

    reading.arrived = null;
    if (arrived.call !== undefined) {
      require('./receive').takeCall(endpoint, arrived, value);
      return;
    }
    list = arrived.ports;
  }
  owner[kMessage](value, list);
  if (reading.loans !== null) require('./receive').endLoans();
}

/** Decode the record at this offset of the inbox; `lends`: large data may be lent. */
function decodeRecord(endpoint, at, lends) {
  const type = inbox32[(at >> 2) + 1];

  if (type === 0) return decode(inbox, at + 8, inbox32[at >> 2], null);
  reading.lends = lends;
  try {
    return decodeMore(endpoint, inbox, inbox32, at, type);
  } catch (error) {
    reading.arrived = null;
    binding.dropBlocks(at);
    throw error;
  }
}

module.exports = { ALL, decodeRecord, drain, isCall, readWhole, receive, receiveOne };
