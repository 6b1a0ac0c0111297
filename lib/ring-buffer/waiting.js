'use strict';

/*
 * waiting.js - one side of a ring waits: for a record, or for room.
 *
 * Nobody asks again and again. A side parks in the core; whoever writes (or reads) what it waits for
 * takes it off the list of sleepers and rings the thread's doorbell, which calls rung(). Parking
 * looks once more before it sleeps, so it is also the question whether to wait at all.
 */

const { process } = require('../loading/builtins');
const { setTimeout, clearTimeout } = require('node:timers');

const { binding, words, waiting, changeRefs, status, STATUS } = require('./native');
const { checkKnown } = require('../loading/check-options');
const { abortError, checkOptions, checkSignal, checkTimeout, ringError } = require('./check');

const { OK, CORRUPT } = status;

/** A blocking wait comes back this often, so that its thread can be terminated: in milliseconds. */
const SLICE = 50;
/** What setTimeout takes. */
const LONGEST = 2 ** 31 - 1;

/** Milliseconds: a test may have put another clock in the place of performance.now(). */
const now = () => process.uptime() * 1000;

/** What stops our own waits: an AbortSignal, though the global may be missing or be another's (jsdom). */
class Stop {
  aborted = false;
  #listeners = new Set();

  addEventListener(type, listener) {
    this.#listeners.add(listener);
  }

  removeEventListener(type, listener) {
    this.#listeners.delete(listener);
  }

  abort() {
    this.aborted = true;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}

/**
 * @param {object | undefined} options
 * @param {string[]} known those of its properties that the wait takes
 * @returns {{timeout: number, signal: AbortSignal | undefined, length: number | undefined}}
 */
function waitOptions(options = {}, known) {
  checkOptions(options);
  checkKnown('options', options, known);
  return { timeout: checkTimeout(options), signal: checkSignal(options), length: options.length };
}

class Waiting {
  #slot;
  /** Listeners are told only of what was missing when again() was called. */
  #onDemand;
  #over;
  #emit;
  #alone;
  #entries = new Set();
  #listening = false;
  /** Counts those who listen, one after the other. */
  session = 0;
  /** Listeners have been told, or are not to be told yet. */
  #told = true;
  /** Bytes that listeners want room for. */
  #length = 0;
  /** In the core, until we are woken up. */
  #parked = false;
  /** Keeps the event loop alive. */
  #held = false;
  #refed = true;

  /**
   * @param {number} slot
   * @param {boolean} onDemand
   * @param {() => boolean} over whether there is nothing more to wait for
   * @param {() => void} emit tells the listeners
   * @param {() => boolean} alone asked before each sleep; true: the ring has been closed, look again
   */
  constructor(slot, onDemand, { over, emit, alone }) {
    this.#slot = slot;
    this.#onDemand = onDemand;
    this.#over = over;
    this.#emit = emit;
    this.#alone = alone;
  }

  /** Park for `length` bytes. @returns {boolean} true: no need to wait */
  #park(length) {
    binding.ringPark(this.#slot, length);
    if (words[STATUS] === CORRUPT) throw ringError('CORRUPT');
    this.#parked = words[STATUS] !== OK;
    if (this.#parked && this.#alone()) return this.#park(length);
    return !this.#parked;
  }

  /** Park for the least that is wanted, which replaces what was parked for before. */
  #parkForAll() {
    let least = this.#listening && !this.#told ? this.#length : Infinity;

    for (const { length } of this.#entries) least = Math.min(least, length);
    if (least !== Infinity) {
      if (this.#park(least)) process.nextTick(() => this.rung());
    } else if (this.#parked) {
      binding.ringUnpark(this.#slot);
      this.#parked = false;
    }
  }

  /** Keep the ring, and the event loop if need be, as long as somebody waits. */
  #hold() {
    const waits = this.#entries.size > 0 || (this.#listening && !(this.#onDemand && this.#told));

    if (waits) waiting.set(this.#slot, this);
    else if (waiting.get(this.#slot) === this) waiting.delete(this.#slot);
    if ((waits && this.#refed) === this.#held) return;
    this.#held = !this.#held;
    changeRefs(this.#held ? 1 : -1);
  }

  set refed(refed) {
    this.#refed = refed;
    this.#hold();
  }

  /** Block the thread. @returns {boolean} false: time is up, or it is over */
  block(length, timeout) {
    const end = now() + timeout;

    try {
      while (!this.#park(length)) {
        const left = end - now();

        if (left <= 0) return false;
        binding.ringWait(this.#slot, length, Math.min(left, SLICE));
      }
      return !this.#over();
    } finally {
      this.#parkForAll();
    }
  }

  /** As block(), but the thread goes on meanwhile. */
  async wait(length, timeout, signal) {
    if (signal?.aborted) throw abortError(signal);
    if (this.#park(length) || timeout === 0) {
      const ready = words[STATUS] === OK && !this.#over();

      this.#parkForAll();
      return ready;
    }
    return new Promise((resolve, reject) => {
      const stop = () => this.#leave(entry, reject, abortError(signal));
      const timer = timeout === Infinity ? undefined : setTimeout(
        () => this.#leave(entry, resolve, false), Math.min(timeout, LONGEST)).unref();
      const entry = { length, resolve, reject, clear() {
        clearTimeout(timer);
        signal?.removeEventListener('abort', stop);
      } };

      signal?.addEventListener('abort', stop, { once: true });
      this.#entries.add(entry);
      this.#hold();
      this.#parkForAll();
    });
  }

  #settle(entry, how, value) {
    if (!this.#entries.delete(entry)) return;
    entry.clear();
    this.#hold();
    how(value);
  }

  /** Who waits does so no longer: another side is woken instead of this one, or is it now. */
  #leave(entry, how, value) {
    if (!this.#entries.has(entry)) return;
    this.#settle(entry, how, value);
    this.#parkForAll();
  }

  #fail(error) {
    for (const entry of this.#entries) this.#settle(entry, entry.reject, error);
  }

  /** The side was woken up: see who has got what they wait for, and wait again for the others. */
  rung() {
    let news;

    this.#parked = false;
    try {
      for (const entry of this.#entries) {
        if (this.#park(entry.length)) this.#settle(entry, entry.resolve, !this.#over());
      }
      news = this.#listening && !this.#told && this.#park(this.#length);
      if (news) this.#told = true;
      this.#parkForAll();
    } catch (error) {
      /* Listeners learn of it when they read or write. */
      news = this.#listening && !this.#told;
      this.#told = true;
      this.#fail(error);
    }
    this.#hold();
    if (news) this.#emit();
  }

  /** Somebody listens from now on, or nobody any more. */
  set listening(listening) {
    if (this.#listening === listening) return;
    this.#listening = listening;
    this.session++;
    this.#told = this.#onDemand || !listening;
    this.#hold();
    this.#parkForAll();
  }

  /**
   * Who listens is to be told when there is news, for which `length` bytes of room are needed.
   * @param {number} length
   * @param {number} session of those who listened when this was decided
   */
  again(length, session = this.session) {
    if (!this.#listening || session !== this.session) return;
    this.#told = false;
    this.#length = length;
    this.#hold();
    this.#parkForAll();
  }

  /** Nothing was there: who listens is to be told of the next. */
  dry() {
    if (this.#told) this.again(0);
  }

  /** The side is given up: all waits end. */
  end() {
    this.listening = false;
    this.#fail(ringError('DETACHED'));
  }
}

module.exports = { Stop, Waiting, waitOptions };
