'use strict';

/*
 * flow.js - the sender's side of a port with a mark: what it may send, and how it learns
 * that the receiver has caught up.
 *
 * The addon counts the bytes that are queued (src/core/port/flow.h) and says after each
 * message whether they have reached the mark. The port then needs a 'drain': it joins
 * `waiting`. Once the receiver has consumed enough, the addon calls the function in
 * endpoints[SENDERS], which looks at each waiting port.
 */

const { RingportError } = require('../codec/errors');
const { throwLater } = require('../ports/call-listener');
const { changeRefs } = require('../ports/endpoint');
const { abortError, checkSignal, wrongType } = require('../loading/check-arguments');
const {
  binding, control, define, endpoints, local, threads, FLOW, STATUS, FOR_CHANNELS, FOR_FLOW,
} = require('../loading/native');
const { GROW, THROW } = require('./options');

define(FOR_FLOW);

/** The slot by which the addon says that senders may go on (RP_NO_SLOT). */
const SENDERS = 0xffffffff;

/** What binding.lookAgain() returns. */
const DRAINED = 0;
const GONE = 2;

const kHybridDispatch = Symbol.for('nodejs.internal.kHybridDispatch');
const { [kHybridDispatch]: nodeDispatch } = threads.MessagePort.prototype;
const { Event } = globalThis;

/** What a message by Node's channel counts, and each port in it, besides its buffers. */
const ESTIMATE = 1024;

/** The flow of a MessagePort, a Worker or parentPort. @type {WeakMap<object, Flow>} */
const flows = new WeakMap();

/** Flows that need a 'drain'. @type {Set<Flow>} */
const waiting = new Set();

/** Look at all flows that wait. @returns {false} */
function lookAtAll() {
  for (const flow of waiting) flow.look();
  return false;
}

endpoints[SENDERS] = lookAtAll;

function closedError() {
  return new RingportError('ERR_RINGPORT_CLOSED',
    'The port has closed, so what is queued will not be received: there is nothing to wait for');
}

class Flow {
  /** Whether the queue has reached the mark and 'drain' is still to come. */
  needDrain = false;
  /** How often the queue has reached the mark. */
  stalls = 0;
  /** Messages that `overflow` has dropped, and refused with an error. */
  dropped = 0;
  refused = 0;
  mark;
  policy;
  #slot;
  #target;
  #ended = false;
  /** Nobody reads any more, although the port has not closed yet. */
  #isGone = false;
  /** @type {Set<{ resolve: () => void, reject: (error: Error) => void }>} */
  #waiters = new Set();

  /**
   * @param {number} slot of an endpoint with a mark
   * @param {object} target emits 'drain'
   */
  constructor(slot, target) {
    this.#slot = slot;
    this.#target = target;
    this.mark = binding.flowMark(slot);
    this.policy = control[STATUS];
    flows.set(target, this);
    if (binding.flowReached(slot)) this.#need(); // it was received with a full queue
  }

  get ended() {
    return this.#ended;
  }

  /** Bytes that are queued. */
  get length() {
    return this.#ended ? 0 : binding.flowLength(this.#slot);
  }

  #need() {
    this.needDrain = true;
    this.stalls++;
    waiting.add(this);
    local.note?.('backpressure', this.#target,
      { writableLength: this.length, writableHighWaterMark: this.mark });
  }

  /** Whether `overflow` applies to the next message. */
  get #isFull() {
    return this.needDrain && this.policy !== GROW && binding.flowReached(this.#slot);
  }

  #refuse() {
    this.refused++;
    throw new RingportError('ERR_RINGPORT_OVERFLOW',
      `The queue of the port has reached its highWaterMark of ${this.mark} bytes: wait for 'drain'`);
  }

  /**
   * Whether another message may be sent; a closed port sends it to nobody.
   * @returns {boolean} false: it is dropped
   * @throws {RingportError} ERR_RINGPORT_OVERFLOW
   */
  admits() {
    if (!this.#isFull) return true;
    if (this.policy === THROW) this.#refuse();
    this.dropped++;
    return false;
  }

  /**
   * Check that a request may be sent: it is never dropped, because somebody waits for its
   * answer.
   * @throws {RingportError} ERR_RINGPORT_OVERFLOW
   */
  checkRequest() {
    if (this.#isFull) this.#refuse();
  }

  /**
   * A message was sent.
   * @returns {boolean} what postMessage returns: whether the queue is below the mark
   */
  sent() {
    if (control[FLOW] === 0) return true;
    if (!this.needDrain) this.#need();
    return false;
  }

  /** Several messages were sent. @returns {boolean} as sent() */
  sentMany() {
    control[FLOW] = binding.flowReached(this.#slot);
    return this.sent();
  }

  /** The last message that was sent was refused, because nobody reads any more. */
  refusedByPeer() {
    this.#isGone = true;
  }

  /**
   * Count what Node's channel carries.
   * @param {number} records 0: it belongs to the last message
   */
  carry(records, bytes) {
    binding.carry(this.#slot, records, bytes);
  }

  /** Whether the receiver has consumed enough since. */
  look() {
    const state = binding.lookAgain(this.#slot);

    if (state === GONE) this.end();
    else if (state === DRAINED) this.#drained();
  }

  #drained() {
    this.needDrain = false;
    waiting.delete(this);
    this.#settle(({ resolve }) => resolve());
    try {
      if (this.#target instanceof threads.Worker) this.#target.emit('drain');
      else nodeDispatch.call(this.#target, undefined, 'drain', new Event('drain'));
    } catch (error) {
      throwLater(error); // look at the other ports all the same
    }
  }

  /** Nothing that is queued will be received. */
  end() {
    this.#ended = true;
    this.needDrain = false;
    waiting.delete(this);
    this.#settle(({ reject }) => reject(closedError()));
  }

  /** The port goes on without a mark. */
  release() {
    if (this.needDrain) this.#drained();
    flows.delete(this.#target);
  }

  #settle(how) {
    for (const waiter of this.#waiters) how(waiter);
  }

  /**
   * Wait until the queue is below the mark again. Keeps the loop alive meanwhile.
   * @param {AbortSignal | undefined} signal
   * @returns {Promise<void>}
   */
  async drained(signal) {
    if (signal?.aborted) throw abortError(signal);
    if (this.#ended || this.#isGone) throw closedError();
    if (!this.needDrain) return;

    let waiter;
    let abort;
    const settled = new Promise((resolve, reject) => {
      abort = () => reject(abortError(signal));
      waiter = { resolve, reject };
    });

    signal?.addEventListener('abort', abort, { once: true });
    if (this.#waiters.size === 0) changeRefs(1);
    this.#waiters.add(waiter);
    try {
      await settled;
    } finally {
      this.#waiters.delete(waiter);
      if (this.#waiters.size === 0) changeRefs(-1);
      signal?.removeEventListener('abort', abort);
    }
  }
}

/**
 * MessagePort's and Worker's drained(); see lib/index.d.ts.
 * @param {object} target
 * @param {unknown} options
 */
async function drained(target, options = {}) {
  if (options === null || typeof options !== 'object') {
    throw wrongType('The "options" argument', 'of type object', options);
  }

  const signal = checkSignal(options);
  const flow = flows.get(target);

  if (flow !== undefined) return flow.drained(signal);
  if (signal?.aborted) throw abortError(signal);
  return undefined;
}

/** Give both directions of a channel that was just opened a mark. */
function setMark(slot, { mark, policy }) {
  binding.setMark(slot, mark, policy);
}

/**
 * Drop a message with a transfer list. What it transfers is lost, as if the message had
 * got lost on its way.
 * @throws {DOMException} DataCloneError
 */
function lose(value, list) {
  define(FOR_CHANNELS);

  const { make } = local.loadPort();
  const slots = [binding.open(), control[STATUS]];
  const ports = slots.map((slot) => make(slot, undefined, false));

  try {
    ports[0].postMessage(value, list);
  } finally {
    for (const port of ports) port.close();
  }
}

module.exports = { ESTIMATE, Flow, drained, flows, lose, setMark };
