'use strict';

/*
 * blocking.js - blocks the thread until a port has a message, or the answer to a request.
 *
 * The waiting is done in C (src/node/port_wait.c), which wakes within microseconds. It
 * returns to JavaScript every SLICE, so that the thread can be terminated.
 */

const { process } = require('../loading/builtins');
const { checkKnown } = require('../loading/check-options');
const { checkTimeout } = require('../loading/check-arguments');
const { binding, control, define, local, FOR_WAITS, STATUS } = require('../loading/native');
const { ports } = require('../ports/kinds');
const { endpointAt } = require('../ports/table');
const { callsOf } = require('./calls');
const { requestError, unpack } = require('./errors');
const { REPLY } = require('./kinds');
const { keep, takeNext } = require('./kept');

define(FOR_WAITS);

/** In milliseconds. */
const SLICE = 50;
/** Milliseconds between two looks at a port without a ring. */
const LOOK = 1;
/** No slot; no endpoint of this thread. */
const NONE = -1;
/** Results of binding.wait(), and values of STATUS. */
const { EDEADLOCK, CLOSED } = require('../constants').error;

const { Atomics, SharedArrayBuffer } = globalThis;

/** The time in milliseconds. Not performance.now(), which fake clocks replace. */
const now = () => process.uptime() * 1000;

function sleep(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/**
 * Block until `look` has found something.
 * @template T
 * @param {number} slot of the port's endpoint
 * @param {{ timeout: number, ticket: number, isWatched: boolean }} how `ticket`: unless
 *   it is 0, throw if the other thread waits for this one, and has begun earlier;
 *   `isWatched`: messages may also come by Node
 * @param {() => T | undefined} look called before each wait
 * @param {() => boolean} isOver there is nothing to wait for any more
 * @returns {T | undefined} undefined: the time is up, or it is over
 * @throws {RingportError} ERR_RINGPORT_DEADLOCK
 */
function block(slot, { timeout, ticket, isWatched }, look, isOver) {
  const end = timeout === Infinity ? Infinity : now() + timeout;
  let vain = 0;

  for (;;) {
    const found = look();

    if (found !== undefined || isOver()) return found;

    const left = end === Infinity ? SLICE : end - now();

    if (left <= 0) return undefined;

    const status = binding.wait(slot, Math.min(left, SLICE), ticket);

    if (status === EDEADLOCK) throw requestError('DEADLOCK');
    if (status === CLOSED) return look();
    /* The wake-up may be for a record that has to wait for CHANGE, which look() cannot
     * take. */
    if (status === 0 && isWatched && ++vain > 2) sleep(LOOK);
  }
}

/**
 * Block until `look` has found a message; see block(). Also lib/pool/sync.js uses it.
 */
function blockForMessage(slot, timeout, isWatched, look, isOver) {
  const ticket = binding.waitBegin(slot, isWatched);

  try {
    return block(slot,
      { timeout, ticket: timeout === Infinity ? ticket : 0, isWatched }, look, isOver);
  } finally {
    binding.waitEnd(slot);
  }
}

/**
 * Check that the other end of a port is in another thread.
 * @returns {boolean} false: it is in this one, and closed
 * @throws {RingportError} ERR_RINGPORT_DEADLOCK: it is in this one
 */
function checkPeer(endpoint) {
  const peer = binding.peer(endpoint.slot);

  if (peer === NONE) return true;
  if (endpointAt(peer)?.open) throw requestError('DEADLOCK');
  return false;
}

/**
 * Send a request, and block until it is answered.
 * @param {Endpoint} endpoint
 * @param {number} kind
 * @param {unknown} value
 * @param {{ timeout: number, transfer: object[] | undefined }} options
 * @returns {{ value: unknown } | undefined} undefined: the time is up
 */
function requestSync(endpoint, kind, value, { timeout, transfer }) {
  if (!checkPeer(endpoint)) throw requestError('CLOSED');

  const { slot } = endpoint;
  const calls = callsOf(endpoint);
  /* Before the other thread can begin to wait for this one because of the request. */
  const ticket = binding.waitBegin(slot, false);
  let id;
  let answer;
  let isClosed;

  try {
    id = calls.ask(kind, value, transfer);
    calls.expectSync(id, (item) => { answer = item; });

    const look = () => {
      while (answer === undefined) {
        const items = takeNext(endpoint, 0);

        if (items === null) break;
        if (!calls.takeSync(items[0])) keep(endpoint, items);
      }
      return answer;
    };

    block(slot, { timeout, ticket, isWatched: false }, look, () => control[STATUS] === CLOSED);
    isClosed = answer === undefined && control[STATUS] === CLOSED;
  } finally {
    calls.expectSync(0, null);
    binding.waitEnd(slot);
    if (answer === undefined && id !== undefined) calls.cancel(id, undefined);
    if (endpoint.kept !== null) afterwards(endpoint, calls);
  }
  if (answer === undefined) {
    if (endpoint.gone || isClosed) {
      if (endpoint.kept === null) endpoint.close();
      throw requestError('CLOSED');
    }
    return undefined;
  }
  if (answer.call.error !== undefined) throw answer.call.error;
  if ((answer.call.kind & 0xff) === REPLY) return answer;
  throw unpack(answer.value);
}

/** Schedule the delivery of what was kept while the thread blocked. */
function afterwards(endpoint, calls) {
  if (endpoint.kept.some(({ call }) => call !== undefined)) calls.listen();
  if (endpoint.receiving || calls.listens) endpoint.askForTurn();
}

/**
 * receiveMessageOnPort() with options.
 * @param {object} port a port of ringport's or of Node's
 * @param {() => { message: unknown } | undefined} take takes the oldest queued message
 * @param {{ timeout?: number }} options
 * @returns {{ message: unknown } | undefined}
 */
function receive(port, take, options) {
  checkKnown('options', options, ['timeout']);

  const timeout = options.timeout === undefined ? 0 : checkTimeout(options);
  const found = take();

  if (found !== undefined || timeout === 0) return found;
  if (port === local.parentPort && port !== null) {
    return receiveFromParent(take, timeout);
  }

  const endpoint = ports.isOurs(port) ? ports.endpointOf(port) : undefined;

  if (endpoint === undefined || endpoint.isOverNode) return poll(take, timeout);
  if (!endpoint.open || !checkPeer(endpoint)) return undefined;
  return blockForMessage(endpoint.slot, timeout, false, take, () => !endpoint.open);
}

function receiveFromParent(take, timeout) {
  const { port: { slot } } = require('../worker/parent-receive');

  if (slot === NONE) return undefined;
  return blockForMessage(slot, timeout, true, take, () => binding.peerClosed(slot));
}

/** Wait for a message of a port that has no ring. */
function poll(take, timeout) {
  const end = now() + timeout;

  for (;;) {
    const found = take();
    const left = end - now();

    if (found !== undefined || left <= 0) return found;
    sleep(Math.min(LOOK, left));
  }
}

module.exports = { blockForMessage, receive, requestSync };
