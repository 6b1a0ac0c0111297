'use strict';

/*
 * streams.js - a ring as Node streams, built on RingBuffer's public methods.
 *
 * The reader's stream waits for records only while it is read, and the writer's for room
 * only while it has something to write, so backpressure goes through the ring. Destroying
 * either stream closes the ring, which tells the other one.
 */

const { Readable, Writable, addAbortSignal } = require('node:stream');

const { checkKnown } = require('../loading/check-options');
const { setImmediate } = require('../loading/native');
const { checkOptions } = require('./check');
const { Stop } = require('./waiting');

/** %AsyncIteratorPrototype%, which is not a global. */
function AsyncIterator() {}

AsyncIterator.prototype = Object.getPrototypeOf(
  Object.getPrototypeOf(Object.getPrototypeOf((async function* () {})())));

/**
 * Combine records of a byte stream into chunks of up to this size, because a chunk costs
 * a file or a socket more than a record costs the ring.
 */
const CHUNK = 256 * 1024;

/** Key of the method that reads several records as one Buffer; see index.js. */
const { kGather } = require('./events');

/**
 * Limit of bytes read per turn of the event loop. Each record also counts for some bytes.
 */
const TURN = 1 << 19;
const EACH = 512;

class RingReadStream extends Readable {
  #ring;
  #waiting = false;
  #stop = new Stop();
  /** The rest of this turn's limit, in bytes. */
  #left = TURN;

  constructor(ring, given = {}) {
    checkOptions(given);
    checkKnown('options', given, ['highWaterMark', 'objectMode', 'encoding', 'signal']);

    const { signal, ...options } = given;
    const { highWaterMark = options.objectMode ? undefined : CHUNK } = options;

    super({ ...options, highWaterMark, autoDestroy: true });
    this.#ring = ring;
    /* Not passed to super(): an aborted signal would destroy the stream too early. */
    if (signal !== undefined) addAbortSignal(signal, this);
  }

  /** The next chunk: a record in objectMode, else several. @returns {Buffer | null} */
  #next() {
    const ring = this.#ring;

    if (this.readableObjectMode) return ring.read();

    return ring[kGather](this.readableHighWaterMark) ?? ring.read();
  }

  _read() {
    const ring = this.#ring;

    /* The pushed chunks may be consumed while this waits for more. */
    if (this.#waiting) return;

    for (let chunk; this.#left > 0 && (chunk = this.#next()) !== null;) {
      this.#left -= chunk.length + EACH;
      /* A byte stream has no empty chunks. */
      if (chunk.length === 0 && !this.readableObjectMode) continue;
      if (!this.push(chunk) || this.destroyed) return;
    }
    if (ring.ended) {
      this.push(null);
      return;
    }
    this.#wait();
  }

  async #wait() {
    this.#waiting = true;
    try {
      /* Yield to the event loop, even if there is always something to read. */
      if (this.#left <= 0) await new Promise(setImmediate);
      else await this.#ring.readable({ signal: this.#stop });
      this.#waiting = false;
      this.#left = TURN;
      if (!this.destroyed) this._read();
    } catch (error) {
      this.destroy(error);
    }
  }

  _destroy(error, callback) {
    this.#stop.abort();
    end(this.#ring, error, callback);
  }
}

class RingWriteStream extends Writable {
  #ring;
  #stop = new Stop();

  constructor(ring, given = {}) {
    checkOptions(given);
    checkKnown('options', given, ['highWaterMark', 'defaultEncoding', 'signal']);

    const { signal, ...options } = given;

    super({ ...options, decodeStrings: true, objectMode: false, autoDestroy: true });
    this.#ring = ring;
    if (signal !== undefined) addAbortSignal(signal, this);
  }

  _write(chunk, encoding, callback) {
    this.#put(this.#split([chunk]), callback);
  }

  _writev(chunks, callback) {
    this.#put(this.#split(chunks.map(({ chunk }) => chunk)), callback);
  }

  /** Split into chunks no larger than the maximum record. */
  #split(chunks) {
    const { maxLength } = this.#ring;

    if (chunks.every(({ length }) => length <= maxLength)) return chunks;
    return chunks.flatMap((chunk) => {
      const parts = [];

      for (let at = 0; at < chunk.length; at += maxLength) {
        parts.push(chunk.subarray(at, at + maxLength));
      }
      return parts;
    });
  }

  #put(records, callback) {
    this.#putAll(records).then(() => callback(), callback);
  }

  async #putAll(records) {
    const signal = this.#stop;

    for (let rest = records; ;) {
      rest = rest.slice(this.#ring.writeMany(rest));
      if (rest.length === 0) return;
      await this.#ring.writable({ length: rest[0].length, signal });
    }
  }

  _final(callback) {
    this.#ring.close();
    callback();
  }

  _destroy(error, callback) {
    this.#stop.abort();
    end(this.#ring, error, callback);
  }
}

/** Close the ring, which tells the other end that the stream was destroyed. */
function end(ring, error, callback) {
  try {
    ring.close();
  } catch (fault) {
    callback(error ?? fault);
    return;
  }
  callback(error);
}

/** The async iterator of a ring. Returns a queued record without waiting. */
class RecordIterator extends AsyncIterator {
  #ring;
  #stop = new Stop();
  /** The rest of this turn's limit, in bytes. */
  #left = TURN;
  /** The last pending next(). */
  #pending = null;

  constructor(ring) {
    super();
    this.#ring = ring;
  }

  next() {
    if (this.#pending !== null || this.#left <= 0) return this.#queue();

    let record;

    try {
      record = this.#ring?.read() ?? null;
    } catch (error) {
      return Promise.reject(error);
    }
    return record === null ? this.#queue() : Promise.resolve(this.#result(record));
  }

  #result(record) {
    this.#left -= record.length + EACH;
    return { value: record, done: false };
  }

  /** Requests are answered in order: a later one gets a later record. */
  #queue() {
    const turn = () => this.#later();
    const result = this.#pending === null ? turn() : this.#pending.then(turn, turn);
    const settled = () => {
      if (this.#pending === result) this.#pending = null;
    };

    this.#pending = result;
    result.then(settled, settled);
    return result;
  }

  async #later() {
    const signal = this.#stop;

    /* Yield to the event loop, even if there is always a record. */
    if (this.#left <= 0) {
      await new Promise(setImmediate);
      this.#left = TURN;
    }
    try {
      while (this.#ring !== null) {
        const record = this.#ring.read();

        if (record !== null) return this.#result(record);
        if (!await this.#ring.readable({ signal })) break;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    this.#ring = null;
    return { value: undefined, done: true };
  }

  /** Called when the loop ends early. Ends its waits; the ring stays open. */
  return(value) {
    this.#ring = null;
    this.#stop.abort();
    return Promise.resolve({ value, done: true });
  }
}

module.exports = { RecordIterator, RingReadStream, RingWriteStream };
