'use strict';

/*
 * spsc-writer.js - the producer of an spsc ring; see spsc.js.
 *
 * Methods that return a number return a status if it is negative; see native.js.
 */

const { Buffer } = require('../loading/builtins');

const { binding, status, layout, counter, POSITION } = require('./native');
const {
  STATE, DATA_WANTED, TAIL, HEAD, DATA, HEADER, TYPE_BYTES, PADDING, FEW, sizeOf,
} = require('./spsc');

const { OK, FULL, ETOOBIG, ECORRUPT, ECLOSED } = status;
const { utf8Write } = Buffer.prototype;

class SpscWriter {
  #words;
  #bytes;
  #capacity;
  #largest;
  #handle;
  #local;
  #counters;
  /** End of the published records: the tail. */
  #position;
  /** End of the claimed records. */
  #end;
  /** A copy of the head, refreshed only when there seems to be no room. */
  #released;
  /** Records and bytes that are claimed but not published. */
  #records = 0;
  #payload = 0;
  /** Word index of the last claim's header. */
  #header = 0;

  /** @param {import('./native').RingHandle} handle @param {Uint8Array} memory */
  constructor(handle, memory, capacity) {
    this.#words = new Int32Array(memory.buffer, 0, (DATA + capacity) >> 2);
    this.#bytes = memory;
    this.#capacity = capacity;
    this.#largest = capacity / 2;
    this.#handle = handle;
    this.#local = handle.local;
    this.#counters = handle.counters;
    this.#position = handle.local[POSITION];
    this.#end = this.#position;
    /* As if the ring were full, so that the first claim loads the head. */
    this.#released = (this.#position - capacity) | 0;
  }

  /** Claim room for a record. @returns {number} the offset of its bytes, or a status */
  #claim(length) {
    const words = this.#words;

    if (length > this.#largest - HEADER) return ETOOBIG;
    if ((words[STATE] & layout.CLOSED) !== 0) return ECLOSED;

    const capacity = this.#capacity;
    const end = this.#end;
    const size = sizeOf(length);
    const offset = end & (capacity - 1);
    const contiguous = capacity - offset;
    const need = size > contiguous ? size + contiguous : size;

    if (need > capacity - ((end - this.#released) | 0)) {
      const result = this.#refresh(need);

      if (result !== OK) return result;
    }

    let header = (DATA + offset) >> 2;

    if (size > contiguous) {
      words[header] = contiguous - HEADER;
      words[header + 1] = PADDING;
      header = DATA >> 2;
    }
    words[header] = length;
    words[header + 1] = TYPE_BYTES;
    this.#header = header;
    this.#end = (end + need) | 0;
    this.#records++;
    this.#payload += length;
    return (header << 2) + HEADER;
  }

  /** Load the head. @returns {number} OK: `need` bytes are free; FULL or ECORRUPT */
  #refresh(need) {
    const head = Atomics.load(this.#words, HEAD);
    const moved = (head - this.#released) >>> 0;

    /* The head only moves forward, and not past the tail. */
    if (moved > ((this.#position - this.#released) >>> 0) || (head & 7) !== 0) return ECORRUPT;
    this.#released = head;
    if (need <= this.#capacity - ((this.#end - head) | 0)) return OK;
    this.#counters[counter.STALLS]++;
    this.#counters[counter.HIGH_WATER] = this.#capacity;
    return FULL;
  }

  /** Publish the claimed records, and wake the reader if it waits for data. */
  #publish() {
    const end = this.#end;
    const records = this.#records;

    this.#position = end;
    this.#local[POSITION] = end;
    this.#counters[counter.RECORDS] += records;
    this.#counters[counter.BYTES] += this.#payload;
    this.#records = 0;
    this.#payload = 0;
    Atomics.store(this.#words, TAIL, end);
    if (Atomics.load(this.#words, DATA_WANTED) !== 0) binding.ringWake(this.#handle.slot, records);
  }

  /** Claim a record and copy it there. @returns {number} OK, or a status */
  #append(data) {
    if (typeof data === 'string') return this.#appendString(data);

    const { length } = data;
    const at = this.#claim(length);

    if (at < 0) return at;
    if (length > FEW) {
      this.#bytes.set(data, at);
    } else {
      const bytes = this.#bytes;

      for (let i = 0; i < length; i++) bytes[at + i] = data[i];
    }
    return OK;
  }

  #appendString(text) {
    let most = text.length * 3;

    /* Most strings need only a third of that. Do not fail for lack of room that is not
     * needed. */
    if (!this.#surelyFits(most)) most = Buffer.byteLength(text);

    const at = this.#claim(most);

    if (at < 0) return at;

    const length = utf8Write.call(this.#bytes, text, at, most);

    this.#words[this.#header] = length;
    this.#end = (this.#end - sizeOf(most) + sizeOf(length)) | 0;
    this.#payload += length - most;
    return OK;
  }

  /** Whether a record of this length fits without loading the head. */
  #surelyFits(length) {
    const room = this.#capacity - ((this.#end - this.#released) | 0);

    /* Together with padding, a record takes less than twice its size. */
    return length <= this.#largest - HEADER && 2 * sizeOf(length) <= room;
  }

  /** @param {Uint8Array | string} data @returns {number} OK, or a status */
  write(data) {
    const result = this.#append(data);

    if (result === OK) this.#publish();
    return result;
  }

  /** Write the first `length` bytes of `bytes`. @returns {number} OK, or a status */
  writePart(bytes, length) {
    const at = this.#claim(length);

    if (at < 0) return at;
    this.#bytes.set(bytes.subarray(0, length), at);
    this.#publish();
    return OK;
  }

  /**
   * Write as many records as there is room for, and publish them at once.
   * @returns {{ count: number, result: number }} how many, and the last status
   */
  writeMany(list) {
    let result = OK;
    let count = 0;

    while (count < list.length && (result = this.#append(list[count])) === OK) count++;
    if (count > 0) this.#publish();
    return { count, result };
  }

  /** @returns {number} the offset of the record's bytes, or a status */
  claim(length) {
    return this.#claim(length);
  }

  /** Publish the claim. */
  commit() {
    this.#publish();
  }

  /** Drop the claim. */
  abort() {
    this.#end = this.#position;
    this.#records = 0;
    this.#payload = 0;
    this.#counters[counter.ABORTED]++;
  }
}

module.exports = { SpscWriter };
