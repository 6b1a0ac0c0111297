'use strict';

/*
 * spsc-reader.js - the consumer of an spsc ring; see spsc.js.
 *
 * Methods that return a number return a status if it is negative; see native.js.
 */

const { Buffer } = require('../loading/builtins');

const {
  binding, words: results, status, layout, counter, LENGTH, POSITION,
} = require('./native');
const { STATE, ROOM_WANTED, TAIL, HEAD, DATA, HEADER, PADDING, FEW, sizeOf } = require('./spsc');

const { OK, EMPTY, CLOSED, ECORRUPT } = status;

class SpscReader {
  /** Length in bytes of the record that peek() found. */
  length = 0;

  #words;
  #bytes;
  #capacity;
  #handle;
  #local;
  #counters;
  /** End of the records that were read. */
  #position;
  /** End of the records that were released: the head. */
  #released;
  /** A copy of the tail, refreshed only once everything before it was read. */
  #published;
  /** End of the record that peek() found. */
  #after = 0;
  /** Records and bytes that were read but not released. */
  #records = 0;
  #payload = 0;

  constructor(handle, memory, capacity) {
    this.#words = new Int32Array(memory.buffer, 0, (DATA + capacity) >> 2);
    this.#bytes = memory;
    this.#capacity = capacity;
    this.#handle = handle;
    this.#local = handle.local;
    this.#counters = handle.counters;
    this.#position = handle.local[POSITION];
    this.#released = this.#position;
    this.#published = this.#position;
  }

  /** Load the tail. @returns {number} OK: there is a record; EMPTY, CLOSED or ECORRUPT */
  #refresh() {
    const position = this.#position;
    const closed = (Atomics.load(this.#words, STATE) & layout.CLOSED) !== 0;
    /* Loaded after the state, so records published before the close are seen. */
    const tail = Atomics.load(this.#words, TAIL);
    const used = (tail - position) >>> 0;

    if (used > this.#capacity || (tail & 7) !== 0) return ECORRUPT;
    this.#published = tail;
    if (used > this.#counters[counter.HIGH_WATER]) this.#counters[counter.HIGH_WATER] = used;
    if (used !== 0) return OK;
    this.#counters[counter.STALLS]++;
    return closed ? CLOSED : EMPTY;
  }

  /** @returns {number} the offset of the next record's bytes, or a status */
  peek() {
    for (;;) {
      if (this.#position === this.#published) {
        const result = this.#refresh();

        if (result !== OK) return result;
      }

      const words = this.#words;
      const capacity = this.#capacity;
      const position = this.#position;
      const offset = position & (capacity - 1);
      const readable = (this.#published - position) | 0;
      const header = (DATA + offset) >> 2;
      const length = words[header];
      const type = words[header + 1];

      /* The limit holds for padding, too. */
      if (length < 0 || length > (capacity >> 1) - HEADER) return ECORRUPT;

      const size = sizeOf(length);

      if (size > readable || size > capacity - offset) return ECORRUPT;
      this.#after = (position + size) | 0;
      if (type !== PADDING) {
        this.length = length;
        return DATA + offset + HEADER;
      }
      /* Padding must end at the end of the data area. */
      if (size !== capacity - offset) return ECORRUPT;
      this.#position = this.#after;
    }
  }

  /** Count the record that peek() found as read. */
  #step() {
    this.#position = this.#after;
    /* From here on, the record is not delivered again, even after terminate(). */
    this.#local[POSITION] = this.#after;
    this.#records++;
    this.#payload += this.length;
  }

  /** Release the records that were read, and wake the writer if it waits for room. */
  #release() {
    const records = this.#records;
    const position = this.#position;

    this.#counters[counter.RECORDS] += records;
    this.#counters[counter.BYTES] += this.#payload;
    this.#records = 0;
    this.#payload = 0;
    this.#released = position;
    this.#local[POSITION] = position;
    Atomics.store(this.#words, HEAD, position);
    if (Atomics.load(this.#words, ROOM_WANTED) !== 0) binding.ringWake(this.#handle.slot, records);
  }

  /** Release the record that peek() found. */
  consume() {
    this.#step();
    this.#release();
  }

  /** Read the next record. @returns {Buffer | number} a copy, or a status */
  read() {
    const at = this.peek();

    if (at < 0) return at;

    const { length } = this;
    const copy = Buffer.allocUnsafe(length);

    this.#copy(copy, at, length);
    this.consume();
    return copy;
  }

  /** Copy the record that peek() found, and release it. */
  copyTo(target, at) {
    this.#copy(target, at, this.length);
    this.consume();
  }

  #copy(target, at, length) {
    if (length > FEW) {
      target.set(new Uint8Array(this.#bytes.buffer, at, length));
    } else {
      const bytes = this.#bytes;

      for (let i = 0; i < length; i++) target[i] = bytes[at + i];
    }
  }

  /**
   * Read up to `limit` of the records that are published now. Releases them also if
   * `callback` throws.
   * @param {(bytes: Uint8Array, length: number) => void} callback gets memory of the ring
   * @returns {number} their number, or a status if it is zero
   */
  drain(callback, limit) {
    const { buffer } = this.#bytes;
    const often = this.#capacity >> 2;
    let result = this.#refresh();
    let count = 0;

    if (result !== OK) return result;
    try {
      while (count < limit && this.#position !== this.#published) {
        const at = this.peek();

        if (at < 0) {
          result = at;
          break;
        }
        this.#step();
        count++;
        callback(new Uint8Array(buffer, at, this.length), this.length);
        if (((this.#position - this.#released) | 0) > often) this.#release();
      }
    } finally {
      this.#release();
    }
    return count === 0 ? result : count;
  }

  /**
   * Copy as many records as fit into `target`; see ringGather() in src/node.
   * @returns {number} their size in bytes
   */
  gather(target) {
    binding.ringGather(this.#handle.slot, target);
    this.#position = this.#released = this.#published = this.#local[POSITION];
    return results[LENGTH];
  }
}

module.exports = { SpscReader };
