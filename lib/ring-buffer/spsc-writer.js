'use strict';

/* spsc-writer.js - the producer of a ring that has one: see spsc.js. */

const { Buffer } = require('../loading/builtins');

const { binding, status, layout, counter, POSITION } = require('./native');
const {
  STATE, DATA_WANTED, TAIL, HEAD, DATA, HEADER, TYPE_BYTES, PADDING, FEW, sizeOf,
} = require('./spsc');

const { OK, FULL, TOO_BIG, CORRUPT, CLOSED } = status;
const { utf8Write } = Buffer.prototype;

class SpscWriter {
  #words;
  #bytes;
  #capacity;
  #largest;
  #handle;
  #local;
  #counters;
  /** Published up to here. */
  #position;
  /** Claimed up to here. */
  #end;
  /** Our copy of the head, refreshed only when there seems to be no room. */
  #released;
  /** Claimed and not published. */
  #records = 0;
  #payload = 0;
  /** Of the last claim: where its header is. */
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
    /* Full until the head proves otherwise: the first claim looks at it. */
    this.#released = (this.#position - capacity) | 0;
  }

  /**
   * Claim room for a record.
   * @returns {number} the offset for its bytes, or a negative status
   */
  #claim(length) {
    const words = this.#words;

    if (length > this.#largest - HEADER) return TOO_BIG;
    if ((words[STATE] & layout.CLOSED) !== 0) return CLOSED;

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

  /** Look at the head. Is there room for `need` bytes? */
  #refresh(need) {
    const head = Atomics.load(this.#words, HEAD);
    const moved = (head - this.#released) >>> 0;

    /* It only moves forward, and not past what was there to read. */
    if (moved > ((this.#position - this.#released) >>> 0) || (head & 7) !== 0) return CORRUPT;
    this.#released = head;
    if (need <= this.#capacity - ((this.#end - head) | 0)) return OK;
    this.#counters[counter.STALLS]++;
    this.#counters[counter.HIGH_WATER] = this.#capacity;
    return FULL;
  }

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

  /** Copy a record into the ring. @returns {number} OK, or a negative status */
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

    /* Most texts take a third of that: who asks for more than there may be would be told
     * that it is full. */
    if (!this.#surelyFits(most)) most = Buffer.byteLength(text);

    const at = this.#claim(most);

    if (at < 0) return at;

    const length = utf8Write.call(this.#bytes, text, at, most);

    this.#words[this.#header] = length;
    this.#end = (this.#end - sizeOf(most) + sizeOf(length)) | 0;
    this.#payload += length - most;
    return OK;
  }

  /** Without a look at the head. */
  #surelyFits(length) {
    const room = this.#capacity - ((this.#end - this.#released) | 0);

    /* A record with all the padding before it that there can be takes less than twice as
     * much. */
    return length <= this.#largest - HEADER && 2 * sizeOf(length) <= room;
  }

  /** @returns {number} OK, or why nothing was written */
  write(data) {
    const result = this.#append(data);

    if (result === OK) this.#publish();
    return result;
  }

  /** Write the first `length` bytes. */
  writePart(bytes, length) {
    const at = this.#claim(length);

    if (at < 0) return at;
    this.#bytes.set(bytes.subarray(0, length), at);
    this.#publish();
    return OK;
  }

  /** Publish as many of the list as there is room for. */
  writeMany(list) {
    let result = OK;
    let count = 0;

    while (count < list.length && (result = this.#append(list[count])) === OK) count++;
    if (count > 0) this.#publish();
    return { count, result };
  }

  claim(length) {
    return this.#claim(length);
  }

  commit() {
    this.#publish();
  }

  abort() {
    this.#end = this.#position;
    this.#records = 0;
    this.#payload = 0;
    this.#counters[counter.ABORTED]++;
  }
}

module.exports = { SpscWriter };
