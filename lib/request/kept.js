'use strict';

/*
 * kept.js - messages that were taken out of a ring and are not delivered yet.
 * requestSync() takes what precedes its answer; a stopped port takes all of its records
 * to find requests. The endpoint delivers kept messages before those in the ring.
 */

const { process } = require('../loading/builtins');
const { DOMException } = globalThis;
const context = require('../ports/async-context');
const { readNext, reader, runTicks, settle, OTHER, WHOLE } = require('../ports/dispatch');
const { decodeRecord, readWhole, receive: receiveBatch, receiveOne } = require('../ports/drain');
const { reading, unsent } = require('../ports/record');
const {
  binding, control, local, owner: { kBatching, kMessage, kMessageError, kMessages },
  STATUS, COUNT, MAX, CALL, ID,
} = require('../loading/native');

const { CLOSED } = require('../constants').error;

/**
 * @typedef {object} Kept
 * @property {unknown} value
 * @property {object[] | undefined} list the ports of its transfer list
 * @property {{ kind: number, id: number } | undefined} call what it is part of
 * @property {unknown} [error] it could not be decoded
 */

const NONE = -1;

/** Read the record that C cannot read. @returns {Kept} */
function readOther(endpoint) {
  control[COUNT] = 0;
  control[MAX] = 0;
  receiveBatch(endpoint.slot);
  reader.slot = endpoint.slot;
  reader.count = 1;
  try {
    const value = decodeRecord(endpoint, 0, false);
    const { arrived } = reading;

    return { value, list: arrived?.ports, call: arrived?.call };
  } catch (error) {
    return { value: undefined, list: undefined, call: undefined, error };
  } finally {
    reading.arrived = null;
    settle();
  }
}

/**
 * Take the oldest records out of the ring.
 * @param {Endpoint} endpoint
 * @param {number} max 0: one, even if it has to wait for older posts by Node
 * @returns {Kept[] | null} null: there are none now; see the STATUS word
 */
function takeNext(endpoint, max) {
  unsent.flush();
  settle();
  control[COUNT] = 0;
  control[MAX] = max;

  const values = readNext(endpoint.slot, true);

  if (values !== undefined) {
    const { [CALL]: kind, [ID]: id } = control;

    control[CALL] = 0; // the word of a request may be 1, too
    binding.release(endpoint.slot); // COUNT of them
    if (kind !== 0) {
      return [{ value: values[0], list: undefined, call: { kind: kind >>> 0, id: id >>> 0 } }];
    }
    return values.map((value) => ({ value, list: undefined, call: undefined }));
  }
  if (control[STATUS] === WHOLE) return [takeWhole(endpoint, max)];
  return control[STATUS] === OTHER ? [readOther(endpoint)] : null;
}

/** Take a message of the Node channel. @returns {Kept} */
function takeWhole(endpoint, max) {
  if (max !== 0) { // else C has released its record
    control[COUNT] = 1;
    binding.release(endpoint.slot);
  }
  try {
    return { value: readWhole(endpoint), list: undefined, call: undefined };
  } catch (error) {
    return { value: undefined, list: undefined, call: undefined, error };
  }
}

function keep(endpoint, items) {
  if (endpoint.kept === null) endpoint.kept = items;
  else endpoint.kept.push(...items);
}

/** Remove and handle the parts of requests among what was kept. */
function handleKept(endpoint) {
  for (;;) {
    const index = endpoint.kept?.findIndex(({ call }) => call !== undefined) ?? -1;

    if (index === -1) return;

    const [{ value, call }] = endpoint.kept.splice(index, 1);

    if (endpoint.kept.length === 0) endpoint.kept = null;
    endpoint.calls.take(call, value);
    runTicks();
    if (endpoint.receiving) return;
  }
}

/**
 * Take what is in the ring of a stopped port, and handle what is part of a request.
 * @returns {boolean} false: the other end has closed
 */
function takeCalls(endpoint, limit) {
  handleKept(endpoint);
  while (limit > 0 && !endpoint.receiving && endpoint.slot !== NONE && endpoint.open) {
    const items = takeNext(endpoint, limit);

    if (items === null) return control[STATUS] !== CLOSED;
    limit -= items.length;
    if (items[0].call === undefined) {
      keep(endpoint, items);
      continue;
    }
    endpoint.calls.take(items[0].call, items[0].value);
    if (!runTicks() || context.entered) break;
  }
  return true;
}

/** @returns {Kept | undefined} */
function shift(endpoint) {
  const item = endpoint.kept.shift();

  if (endpoint.kept.length === 0) endpoint.kept = null;
  return item;
}

function deliverOne(endpoint, { value, list, call, error }) {
  const { owner } = endpoint;

  if (call !== undefined) endpoint.calls.take(call, value);
  else if (error !== undefined) owner[kMessageError](error);
  else if (owner[kBatching]) owner[kMessages]([value], list);
  else owner[kMessage](value, list);
}

/**
 * Deliver what was kept.
 * @param {boolean} all whatever happens meanwhile
 * @returns {boolean} whether the turn goes on with the ring
 */
function deliver(endpoint, all) {
  if (endpoint.wait !== null && !all) { // older messages have yet to come by Node
    endpoint.wait();
    return false;
  }
  if (endpoint.draining) return false;

  let calm = true;

  endpoint.draining = true;
  context.entered = false;
  try {
    while (endpoint.kept !== null && endpoint.receiving && (calm || all)) {
      deliverOne(endpoint, shift(endpoint));
      calm = runTicks() && !context.entered;
    }
  } finally {
    endpoint.draining = false;
  }
  if (calm || all) return endpoint.receiving;
  endpoint.askForTurn();
  return false;
}

/**
 * receiveMessageOnPort() for an endpoint that has kept something.
 * @returns {{ message: unknown } | undefined}
 */
function receive(endpoint) {
  while (endpoint.kept !== null) {
    const { value, call, error } = shift(endpoint);

    if (error !== undefined) throw error;
    if (call === undefined) return { message: value };
    handleLater(endpoint, call, value);
  }
  return receiveOne(endpoint);
}

/** receiveMessageOnPort() runs no handlers. */
function handleLater(endpoint, call, value) {
  process.nextTick(() => local.loadCalls().take(endpoint, call, value));
}

/**
 * receiveMessageOnPort() has met a record that is part of a request.
 * @returns {{ message: unknown } | undefined} the message behind it
 */
function passOver(endpoint, { call }, value) {
  settle(); // of this record
  reading.arrived = null;
  handleLater(endpoint, call, value);
  return receiveOne(endpoint);
}

/** @throws {DOMException} DataCloneError: what was kept would not travel with the port */
function refuseTransfer() {
  throw new DOMException('MessagePort in transfer list has messages that its requests have passed: ' +
    'listen for them first, or take them by receiveMessageOnPort()', 'DataCloneError');
}

module.exports = {
  deliver, keep, passOver, receive, refuseTransfer, takeCalls, takeNext,
};
