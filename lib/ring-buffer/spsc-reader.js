'use strict';

/* spsc-reader.js - the consumer of a ring that has one: see spsc.js. */

const { Buffer } = require('../loading/builtins');

const {
  binding, words: results, status, layout, counter, LENGTH, POSITION,
} = require('./native');
const { STATE, ROOM_WANTED, TAIL, HEAD, DATA, HEADER, PADDING, FEW, sizeOf } = require('./spsc');

const { OK, EMPTY, SEALED, CORRUPT } = status;

class SpscReader {
  /** Of the record that peek() found. */
  length = 0;

  #words;
  #bytes;
  #capacity;
  #handle;
  #local;
  #counters;
  /** Read up to here. */
  #position;
  /** The head: given back up to here. */
  #released;
  /** Our copy of the tail, refreshed only when there seems to be nothing. */
  #published;
  /** Where the record that peek() found ends. */
  #after = 0;
  /** Read and not released. */
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

  /** Look at the tail. @returns {number} OK if there is something behind our position */
  #refresh() {
    const position = this.#position;
    const closed = (Atomics.load(this.#words, STATE) & layout.CLOSED) !== 0;
    /* After the state: what was published before the close is seen. */
    const tail = Atomics.load(this.#words, TAIL);
    const used = (tail - position) >>> 0;

    if (used > this.#capacity || (tail & 7) !== 0) return CORRUPT;
    this.#published = tail;
    if (used > this.#counters[counter.HIGH_WATER]) this.#counters[counter.HIGH_WATER] = used;
    if (used !== 0) return OK;
    this.#counters[counter.STALLS]++;
    return closed ? SEALED : EMPTY;
  }

  /**
   * @returns {number} where the bytes of the next record are, `length` of them, or why
   *   there is none
   */
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

      /* Padding, too, is less than a record can be. */
      if (length < 0 || length > (capacity >> 1) - HEADER) return CORRUPT;

      const size = sizeOf(length);

      if (size > readable || size > capacity - offset) return CORRUPT;
      this.#after = (position + size) | 0;
      if (type !== PADDING) {
        this.length = length;
        return DATA + offset + HEADER;
      }
      /* Padding ends where the data area ends; anything else would let it be skipped
       * into. */
      if (size !== capacity - offset) return CORRUPT;
      this.#position = this.#after;
    }
  }

  /** The record that peek() found has been read. */
  #step() {
    this.#position = this.#after;
    /* From here on it does not come again, also if this thread is ended. */
    this.#local[POSITION] = this.#after;
    this.#records++;
    this.#payload += this.length;
  }

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

  /** Read and release the record that peek() found. */
  consume() {
    this.#step();
    this.#release();
  }

  /** Copy the next record. @returns {Buffer | number} or why there is none */
  read() {
    const at = this.peek();

    if (at < 0) return at;

    const { length } = this;
    const copy = Buffer.allocUnsafe(length);

    this.#copy(copy, at, length);
    this.consume();
    return copy;
  }

  /** Copy the record that peek() found. */
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
   * What was there when it began.
   * @returns {number} how many records, or why there is none
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

  /** Copy records one behind the other, as many as fit: see ringGather(). */
  gather(target) {
    binding.ringGather(this.#handle.slot, target);
    this.#position = this.#released = this.#published = this.#local[POSITION];
    return results[LENGTH];
  }
}

module.exports = { SpscReader };
