'use strict';

/*
 * roles.js - the roles (producer, consumer) that a RingBuffer has taken in its ring, with
 * their waits and events.
 */

const { process } = require('../loading/builtins');
const { setImmediate } = require('node:timers');

const { ringError, takeError } = require('./check');
const { CrossingReader, CrossingWriter } = require('./crossing');
const { binding, RingHandle, counter, words, STATUS, PRODUCER, CONSUMER } = require('./native');
const { SpscReader } = require('./spsc-reader');
const { SpscWriter } = require('./spsc-writer');
const { Waiting } = require('./waiting');

/**
 * @typedef {object} Role
 * @property {RingHandle} handle
 * @property {boolean} others the other role had holders at the last check
 * @property {number} seen their position when 'disconnect' was last emitted
 * @property {Waiting} waiting
 */

class Roles {
  /** @type {import('./index').RingBuffer} */
  #ring;
  #memory;
  /** @type {Role | null} null: not taken */
  producer = null;
  /** @type {Role | null} */
  consumer = null;
  /** Whether something depends on the end of the other role's last holder. */
  watches;
  #refed = true;
  #closeTold = false;
  #ended = false;

  constructor(ring, memory) {
    this.#ring = ring;
    this.#memory = memory;
    this.watches = memory.closeOnDisconnect;
  }

  /**
   * Take a role.
   * @throws ERR_RINGPORT_TAKEN, ERR_RINGPORT_DETACHED, ERR_RINGPORT_CORRUPT
   */
  #take(role) {
    if (this.#ended) throw ringError('DETACHED');

    const handle = new RingHandle(this.#memory.bytes, role, this.#ring);

    if (handle.slot === undefined) {
      throw takeError(words[STATUS], role === PRODUCER ? 'producer' : 'consumer');
    }
    return handle;
  }

  /** @param {RingHandle} handle @param {object} asked see Waiting */
  #roleOf(handle, isProducer, asked) {
    const role = { handle, others: false, seen: 0, waiting: new Waiting(handle.slot, isProducer, {
      ...asked, alone: () => this.watches && this.lookForOthers(role),
    }) };

    role.waiting.refed = this.#refed;
    return role;
  }

  /** @returns {SpscWriter | CrossingWriter} */
  takeProducer() {
    const { bytes, capacity, maxLength, mode } = this.#memory;
    const handle = this.#take(PRODUCER);
    const Writer = mode === 'spsc' ? SpscWriter : CrossingWriter;
    const writer = new Writer(handle, bytes, capacity, maxLength);

    this.producer = this.#roleOf(handle, true, {
      over: () => this.#ring.closed,
      emit: () => this.#tellWritable(),
    });
    return writer;
  }

  /** @returns {SpscReader | CrossingReader} */
  takeConsumer() {
    const { bytes, capacity, mode } = this.#memory;
    const handle = this.#take(CONSUMER);
    const Reader = mode === 'spsc' ? SpscReader : CrossingReader;
    const reader = new Reader(handle, bytes, mode === 'spsc' ? capacity : mode);

    this.consumer = this.#roleOf(handle, false, {
      over: () => this.#ring.ended,
      emit: () => this.#tellReadable(),
    });
    return reader;
  }

  /**
   * Emit 'disconnect' once when the last holder of the other role has ended. The position
   * that a holder leaves reveals one that came and ended between two checks.
   * @param {Role} own
   * @returns {boolean} whether the ring has been closed for it
   */
  lookForOthers(own) {
    if (binding.ringOthers(own.handle.slot) > 0) {
      own.others = true;
      return false;
    }

    const isProducer = own === this.producer;
    const position = this.#memory.positionOf(isProducer ? CONSUMER : PRODUCER);

    if (this.#ring.closed || !(own.others || own.seen !== position)) return false;
    own.others = false;
    own.seen = position;
    process.nextTick(() => this.#ring.emit('disconnect', isProducer ? 'consumer' : 'producer'));
    if (!this.#memory.closeOnDisconnect) return false;
    this.#memory.close();
    return true;
  }

  get #taken() {
    return [this.producer, this.consumer].filter(Boolean);
  }

  /** @param {boolean} refed whether waits keep the event loop alive */
  setRef(refed) {
    this.#refed = refed;
    for (const { waiting } of this.#taken) waiting.refed = refed;
  }

  /** Called when the memory has been closed. */
  closed() {
    if (this.consumer === null) this.tellClosed();
    else this.consumer.waiting.again(0);
  }

  /** Give up all roles, for good. */
  end() {
    for (const { handle, waiting } of this.#taken) {
      waiting.end();
      handle.end();
    }
    this.producer = this.consumer = null;
    this.#ended = true;
  }

  // ---- events ----

  /**
   * @param {Role | null} role
   * @param {boolean} listening whether its event has a listener
   */
  listen(role, listening) {
    if (role !== null) role.waiting.listening = listening;
  }

  /** @param {boolean} listening whether 'disconnect' has a listener */
  watch(listening) {
    this.watches = this.#memory.closeOnDisconnect || listening;
  }

  #tellReadable() {
    const { handle, waiting } = this.consumer;

    if (this.#ring.ended) {
      this.tellClosed();
      return;
    }

    const before = handle.counters[counter.RECORDS];
    const { session } = waiting;

    this.#ring.emit('readable');
    /* Notify a listener again only if it has read something; else it already knows. */
    if (handle.counters[counter.RECORDS] !== before) setImmediate(() => waiting.again(0, session));
  }

  #tellWritable() {
    if (this.#ring.closed) this.tellClosed();
    else this.#ring.emit('writable');
  }

  /** Emit 'close' once: there will be no more records, and none can be written. */
  tellClosed() {
    if (this.#closeTold) return;
    this.#closeTold = true;
    for (const { waiting } of this.#taken) waiting.listening = false;
    process.nextTick(() => this.#ring.emit('close'));
  }
}

module.exports = { Roles };
