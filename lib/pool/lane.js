'use strict';

/*
 * lane.js - a queue in memory that a pool shares with one worker: tasks in one direction,
 * their results in the other. Its writer and its reader are one thread each.
 *
 *   byte    words            contents
 *   0       TAIL             entries written; the writer's
 *   64      HEAD             entries read; the reader's
 *   128     ASLEEP           1: the reader must be sent a message after the next entry
 *   192     PATROL           1: the reader also looks by itself; see scheduler.js
 *   256     16 each          id, kind; 8 bytes of a number
 *
 * An entry holds a primitive value itself. Any other value follows in a message, to which
 * the entry gives its place in the order. The reader sets ASLEEP and then reads TAIL, the
 * writer moves TAIL and then reads ASLEEP, both sequentially consistent: one of them sees
 * what the other has written, so no entry stays unseen.
 */

/** Kinds of entries: the value comes by a message, or what it is. */
const [BY_MESSAGE, UNDEFINED, NULL, FALSE, TRUE, NUMBER] = [0, 1, 2, 3, 4, 5];

const [TAIL, HEAD, ASLEEP, PATROL] = [0, 16, 32, 48];
const FIRST = 64;
const WORDS = 4;
const BYTES = 4;

const VALUES = [undefined, undefined, null, false, true];

/** How an entry holds a value. */
function kindOf(value) {
  switch (typeof value) {
    case 'number': return NUMBER;
    case 'undefined': return UNDEFINED;
    case 'boolean': return value ? TRUE : FALSE;
    default: return value === null ? NULL : BY_MESSAGE;
  }
}

class Lane {
  #words;
  #numbers;
  #mask;
  /** Entries that this side has written or read, modulo 2^32. */
  #at = 0;
  /** Entries that the other side has read or written, when last looked at. */
  #other = 0;
  /** Of the entry that next() has found. */
  id = 0;
  kind = 0;

  /** @param {SharedArrayBuffer} buffer from Lane.allocate() */
  constructor(buffer) {
    this.#words = new Int32Array(buffer);
    this.#numbers = new Float64Array(buffer);
    this.#mask = (this.#words.length - FIRST) / WORDS - 1;
  }

  /**
   * @param {number} entries a power of two
   * @param {boolean} isAsleep whether the reader needs a message for the first entry
   */
  static allocate(entries, isAsleep) {
    const buffer = new SharedArrayBuffer((FIRST + entries * WORDS) * BYTES);

    new Int32Array(buffer)[ASLEEP] = isAsleep ? 1 : 0;
    return buffer;
  }

  /** Writer: whether there is room for an entry. */
  get hasRoom() {
    if (this.#at - this.#other <= this.#mask) return true;
    this.#other = Atomics.load(this.#words, HEAD) >>> 0;
    if (this.#other > this.#at) this.#other -= 2 ** 32;
    return this.#at - this.#other <= this.#mask;
  }

  /** Writer: add an entry. There must be room. */
  put(id, kind, value) {
    const entry = FIRST + (this.#at & this.#mask) * WORDS;

    this.#words[entry] = id;
    this.#words[entry + 1] = kind;
    if (kind === NUMBER) this.#numbers[entry / 2 + 1] = value;
    this.#at = this.#at + 1 >>> 0;
    if (this.#at === 0) this.#other -= 2 ** 32;
    Atomics.store(this.#words, TAIL, this.#at | 0);
  }

  /** Writer: whether the reader sleeps. Only the message that wakes it may follow. */
  wakes() {
    return this.isAsleep && Atomics.exchange(this.#words, ASLEEP, 0) === 1;
  }

  /** Writer: whether the reader has read all, and sleeps. */
  get isAsleep() {
    return Atomics.load(this.#words, ASLEEP) === 1;
  }

  /** Writer: whether the reader sleeps, but looks by itself soon. */
  get isPatrolled() {
    return this.isAsleep && Atomics.load(this.#words, PATROL) === 1;
  }

  /** Reader: look at the next entry. @returns {boolean} false: there is none */
  next() {
    if (this.#at === this.#other) {
      this.#other = Atomics.load(this.#words, TAIL) >>> 0;
      if (this.#at === this.#other) return false;
    }

    const entry = FIRST + (this.#at & this.#mask) * WORDS;

    this.id = this.#words[entry];
    this.kind = this.#words[entry + 1];
    return true;
  }

  /** Reader: the value of the entry, which is not BY_MESSAGE. */
  value() {
    return this.kind === NUMBER ? this.#numbers[(FIRST + (this.#at & this.#mask) * WORDS) / 2 + 1]
      : VALUES[this.kind];
  }

  /** Reader: pass the entry. */
  skip() {
    this.#at = this.#at + 1 >>> 0;
    Atomics.store(this.#words, HEAD, this.#at | 0);
  }

  /** Reader: be woken by a message. @returns {boolean} false: there is an entry */
  sleep() {
    Atomics.store(this.#words, ASLEEP, 1);
    if (!this.next()) return true;
    Atomics.store(this.#words, ASLEEP, 0);
    return false;
  }

  /** Reader: whether it looks by itself while it sleeps. */
  patrol(does) {
    Atomics.store(this.#words, PATROL, does ? 1 : 0);
  }
}

module.exports = { BY_MESSAGE, UNDEFINED, Lane, kindOf };
