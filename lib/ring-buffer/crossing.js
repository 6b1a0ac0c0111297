'use strict';

/*
 * crossing.js - reader and writer of rings with several handles of a role (mpsc, mpmc).
 *
 * Each step is a call into C, because terminate() cannot interrupt one; see
 * src/node/ring_records.c. The methods are those of spsc-writer.js and spsc-reader.js.
 */

const { Buffer } = require('../loading/builtins');

const {
  binding, words, inbox, status, STATUS, OFFSET, LENGTH, COUNT, RECORDS, TAKE_MAX, DELIVERED,
} = require('./native');

const { OK } = status;
const { utf8Write } = Buffer.prototype;

/** Records that are written by one call, one after the other, and their lengths. */
const batch = new Uint8Array(64 * 1024);
const lengths = new Uint32Array(1024);

class CrossingWriter {
  #slot;
  #maxLength;
  #claimed = 0;

  constructor(handle, memory, capacity, maxLength) {
    this.#slot = handle.slot;
    this.#maxLength = maxLength;
  }

  write(data) {
    if (typeof data === 'string') return this.#writeString(data);
    /* Checked here, because a larger number would be truncated to 32 bits. */
    if (data.length > this.#maxLength) return status.ETOOBIG;
    words[LENGTH] = data.length;
    binding.ringWrite(this.#slot, data);
    return words[STATUS];
  }

  #writeString(text) {
    if (text.length * 3 > batch.length) return this.write(Buffer.from(text));
    words[LENGTH] = utf8Write.call(batch, text, 0, text.length * 3);
    binding.ringWrite(this.#slot, batch);
    return words[STATUS];
  }

  writePart(bytes, length) {
    if (length > this.#maxLength) return status.ETOOBIG;
    words[LENGTH] = length;
    binding.ringWrite(this.#slot, bytes);
    return words[STATUS];
  }

  writeMany(list) {
    let count = 0;
    let result = OK;

    while (count < list.length && result === OK) {
      const some = this.#layOut(list, count);

      if (some === 0) {
        result = this.write(list[count]);
        if (result === OK) count++;
        continue;
      }
      binding.ringWriteMany(this.#slot, batch, lengths, some);
      result = words[STATUS];
      count += words[COUNT];
    }
    return { count, result };
  }

  /**
   * Copy the records from list[first] on into `batch`.
   * @returns {number} how many fit
   */
  #layOut(list, first) {
    let at = 0;
    let count = 0;

    for (let i = first; i < list.length && count < lengths.length; i++, count++) {
      const data = list[i];
      let { length } = data;

      if (typeof data === 'string') {
        if (length * 3 > batch.length - at) break;
        length = utf8Write.call(batch, data, at, length * 3);
      } else {
        if (length > batch.length - at) break;
        batch.set(data, at);
      }
      lengths[count] = length;
      at += length;
    }
    return count;
  }

  claim(length) {
    if (length > this.#maxLength) return status.ETOOBIG;
    binding.ringClaim(this.#slot, length);
    if (words[STATUS] !== OK) return words[STATUS];
    this.#claimed = length;
    return words[OFFSET];
  }

  commit() {
    binding.ringCommit(this.#slot, this.#claimed);
  }

  abort() {
    binding.ringAbort(this.#slot);
  }
}

class CrossingReader {
  /** Length in bytes of the record that peek() found. */
  length = 0;

  #slot;
  #local;
  #memory;
  /** Offset of the record that peek() found; -1 if none. */
  #at = -1;

  /** Maximum number of records taken by one call. */
  #most;

  constructor(handle, memory, mode) {
    this.#slot = handle.slot;
    /* Records that an mpmc consumer has taken are lost if its thread ends. */
    this.#most = mode === 'mpmc' ? 16 : TAKE_MAX;
    this.#local = handle.local;
    this.#memory = memory;
  }

  peek() {
    if (this.#at >= 0) return this.#at;
    binding.ringTake(this.#slot, 1);
    if (words[STATUS] !== OK) return words[STATUS];
    this.length = words[RECORDS + 1];
    return this.#at = words[RECORDS];
  }

  consume() {
    this.#at = -1;
    this.#local[DELIVERED] = 1;
    binding.ringRelease(this.#slot);
  }

  read() {
    if (this.#at < 0) {
      binding.ringRead(this.#slot);
      if (words[STATUS] !== OK) return words[STATUS];

      const length = words[LENGTH];

      if (length <= inbox.length) {
        const copy = Buffer.allocUnsafe(length);

        copy.set(length === inbox.length ? inbox : inbox.subarray(0, length));
        return copy;
      }
      /* Too large for the inbox: the addon has peeked instead. */
      this.length = length;
      this.#at = words[OFFSET];
    }

    const copy = Buffer.allocUnsafe(this.length);

    this.copyTo(copy, this.#at);
    return copy;
  }

  copyTo(target, at) {
    target.set(new Uint8Array(this.#memory.buffer, at, this.length));
    this.consume();
  }

  drain(callback, limit) {
    const { buffer } = this.#memory;
    const local = this.#local;
    let count = 0;
    let result = OK;

    if (this.#at >= 0 && limit > 0) {
      const bytes = new Uint8Array(buffer, this.#at, this.length);

      this.#at = -1;
      local[DELIVERED] = 1;
      count = 1;
      this.#deliver(callback, bytes);
    }
    while (count < limit) {
      binding.ringTake(this.#slot, Math.min(limit - count, this.#most));
      result = words[STATUS];
      if (result !== OK) break;

      const records = words.slice(RECORDS, RECORDS + 2 * words[COUNT]);

      try {
        for (let i = 0; i < records.length; i += 2) {
          local[DELIVERED]++;
          count++;
          callback(new Uint8Array(buffer, records[i], records[i + 1]), records[i + 1]);
        }
      } finally {
        binding.ringRelease(this.#slot);
      }
      if (records.length < 2 * this.#most) break;
    }
    return count === 0 ? result : count;
  }

  /** As SpscReader's. Includes the record that peek() found. */
  gather(target) {
    this.#at = -1;
    binding.ringGather(this.#slot, target);
    return words[LENGTH];
  }

  #deliver(callback, bytes) {
    try {
      callback(bytes, bytes.length);
    } finally {
      binding.ringRelease(this.#slot);
    }
  }
}

module.exports = { CrossingWriter, CrossingReader };
