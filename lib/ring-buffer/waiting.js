'use strict';

/*
 * waiting.js - waits for a record or for room in a ring.
 *
 * Nothing polls. A handle parks in the core. When another one writes or reads what the
 * first one waits for, it removes it from the list of sleepers and rings the doorbell of
 * its thread, which calls rung(). Parking checks the ring once more, so it also returns
 * whether to wait at all.
 */

const { process } = require('../loading/builtins');
const { setTimeout, clearTimeout } = require('node:timers');

const { binding, words, waiting, changeRefs, status, STATUS } = require('./native');
const { MAX_DELAY, checkKnown } = require('../loading/check-options');
const { abortError, checkOptions, checkSignal, checkTimeout, ringError } = require('./check');

const { OK, ECORRUPT } = status;

/**
 * A blocking wait returns to JavaScript this often, in milliseconds, so that its thread
 * can be terminated.
 */
const SLICE = 50;

/** The time in milliseconds. Not performance.now(), which fake clocks replace. */
const now = () => process.uptime() * 1000;

/**
 * What stops our own waits: an AbortSignal, though the global may be missing or be
 * another's (jsdom).
 */
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
 * @param {string[]} known the options of this wait
 * @returns {{timeout: number, signal: AbortSignal | undefined, length: number |
 *   undefined}}
 */
function waitOptions(options = {}, known) {
  checkOptions(options);
  checkKnown('options', options, known);
  return { timeout: checkTimeout(options), signal: checkSignal(options), length: options.length };
}

class Waiting {
  #slot;
  /** Notify listeners only of news since again() was called. */
  #onDemand;
  #over;
  #emit;
  #alone;
  #entries = new Set();
  #listening = false;
  /** Counts the listening sessions. */
  session = 0;
  /** Listeners have been notified, or must not be notified yet. */
  #told = true;
  /** Bytes that listeners want room for. */
  #length = 0;
  /** Parked in the core. */
  #parked = false;
  /** Keeps the event loop alive. */
  #held = false;
  #refed = true;

  /**
   * @param {number} slot
   * @param {boolean} onDemand
   * @param {() => boolean} over whether there is nothing more to wait for
   * @param {() => void} emit notifies the listeners
   * @param {() => boolean} alone called before each sleep; true: it has closed the ring,
   * so
   *   check again
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
    if (words[STATUS] === ECORRUPT) throw ringError('CORRUPT');
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

  /** Keep the ring, and the event loop if refed, alive while there are waits. */
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
        () => this.#leave(entry, resolve, false), Math.min(timeout, MAX_DELAY)).unref();
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

  /**
   * This handle stops waiting: another one is woken instead, now if the wake-up was for
   * this one.
   */
  #leave(entry, how, value) {
    if (!this.#entries.has(entry)) return;
    this.#settle(entry, how, value);
    this.#parkForAll();
  }

  #fail(error) {
    for (const entry of this.#entries) this.#settle(entry, entry.reject, error);
  }

  /**
   * Called when the handle was woken: finish fulfilled waits, and park again for the
   * others.
   */
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
      /* The listener's own read or write reports the error. */
      news = this.#listening && !this.#told;
      this.#told = true;
      this.#fail(error);
    }
    this.#hold();
    if (news) this.#emit();
  }

  /** Called when the first listener is added or the last one removed. */
  set listening(listening) {
    if (this.#listening === listening) return;
    this.#listening = listening;
    this.session++;
    this.#told = this.#onDemand || !listening;
    this.#hold();
    this.#parkForAll();
  }

  /**
   * Emit the event when there is news, or for a writer when there are `length` bytes of
   * room.
   * @param {number} length
   * @param {number} session in which this was decided
   */
  again(length, session = this.session) {
    if (!this.#listening || session !== this.session) return;
    this.#told = false;
    this.#length = length;
    this.#hold();
    this.#parkForAll();
  }

  /** The ring was empty: emit the event for the next record. */
  dry() {
    if (this.#told) this.again(0);
  }

  /** End all waits, because the handle has ended. */
  end() {
    this.listening = false;
    this.#fail(ringError('DETACHED'));
  }
}

module.exports = { Stop, Waiting, waitOptions };
