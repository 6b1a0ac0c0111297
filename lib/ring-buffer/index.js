'use strict';

/*
 * index.js - RingBuffer: a lock-free ring of records in a SharedArrayBuffer. See
 * index.d.ts.
 *
 * A RingBuffer has the memory (memory.js), the roles that it has taken (roles.js), and a
 * writer and a reader that it opens on first use (spsc-*.js or crossing.js). This file
 * checks arguments and converts results.
 */

const { Buffer } = require('../loading/builtins');
const { RingEvents, kGather, kListeners } = require('./events');

const kInspect = Symbol.for('nodejs.util.inspect.custom');

/* Loaded by the first ring: importing ringport may load the class without using it. */
let codec, inspect;
let checkBytes, checkData, checkFunction, checkInteger, checkList;
let outOfRange, readError, ringError, writeError;
let status, OK, FULL, CLOSED, EMPTY;
let Memory, Roles, RecordIterator, RingReadStream, RingWriteStream, waitOptions;

function loadRest() {
  if (codec !== undefined) return;
  ({ inspect } = require('node:util'));
  ({
    checkBytes, checkData, checkFunction, checkInteger, checkList, outOfRange, readError, ringError,
    writeError,
  } = require('./check'));
  ({ Memory } = require('./memory'));
  ({ status } = require('./native'));
  ({ OK, FULL, CLOSED, EMPTY } = status);
  ({ Roles } = require('./roles'));
  ({ RecordIterator, RingReadStream, RingWriteStream } = require('./streams'));
  ({ waitOptions } = require('./waiting'));
  codec = require('../codec/index'); // the last one: all is here
}

/** deserialize() copies records up to this size itself before it decodes them. */
const COPIED = 4096;

class RingBuffer extends RingEvents {
  #memory;
  /** @type {import('./roles').Roles} */
  #roles;
  #writer = null;
  #reader = null;
  #claimed = false;
  #peeked = false;
  #draining = false;
  /** A read has found the end of the ring; later writes to the memory do not matter. */
  #sealed = false;
  /** Size in bytes of the last record that did not fit. */
  #refused = 0;

  constructor(source, options) {
    super();
    loadRest();
    this.#memory = new Memory(source, options);
    this.#roles = new Roles(this, this.#memory);
  }

  get buffer() { return this.#memory.buffer; }
  get capacity() { return this.#memory.capacity; }
  get mode() { return this.#memory.mode; }
  get maxLength() { return this.#memory.maxLength; }
  get closed() { return this.#memory.closed; }

  get ended() {
    return this.#sealed || (this.#memory.closed && this.#memory.empty && !this.#peeked);
  }

  get stats() { return this.#memory.stats; }

  [kInspect](depth, options) {
    const { mode, capacity, closed } = this;

    return `RingBuffer ${inspect({ mode, capacity, closed }, options)}`;
  }

  // ---- roles ----

  /** The writer, for writing. @throws if a claim is open */
  #toWrite() {
    if (this.#claimed) throw ringError('CLAIM', 'A record is claimed: commit or abort it first');
    if (this.#writer === null) this.#writer = this.#roles.takeProducer();
    return this.#writer;
  }

  /** The reader, for reading. @throws within drain() */
  #toRead() {
    if (this.#draining) throw ringError('DRAINING');
    if (this.#reader === null) this.#reader = this.#roles.takeConsumer();
    return this.#reader;
  }

  close() {
    if (this.#claimed) this.abort();
    this.#memory.close();
    this.#roles.closed();
  }

  detach() {
    if (this.#draining) throw ringError('DRAINING');
    this.#roles.end();
    this.#writer = this.#reader = null;
    this.#claimed = this.#peeked = false;
  }

  ref() {
    this.#roles.setRef(true);
    return this;
  }

  unref() {
    this.#roles.setRef(false);
    return this;
  }

  // ---- write ----

  write(data) {
    checkData(data);

    const result = this.#toWrite().write(data);

    if (result !== OK) this.#notWritten(result, data, true);
  }

  tryWrite(data) {
    checkData(data);

    const result = this.#toWrite().write(data);

    return result === OK || this.#notWritten(result, data, false);
  }

  writeMany(list) {
    const all = checkList(list, this.maxLength);
    const { count, result } = this.#toWrite().writeMany(all);

    if (result !== OK && (count === 0 || result === FULL)) {
      this.#notWritten(result, all[count], false);
    }
    return count;
  }

  /** @param {Uint8Array | string | number} data the record, or its length */
  #notWritten(result, data, must) {
    if (result === FULL) {
      this.#refused = typeof data === 'number' ? data : Buffer.byteLength(data);
      if (this.#roles.watches) this.#roles.lookForOthers(this.#roles.producer);
      this.#roles.producer.waiting.again(this.#refused);
      if (!must) return false;
    }
    if (result === status.ECLOSED) this.#roles.tellClosed();
    throw writeError(result, this.maxLength);
  }

  claim(length) {
    const writer = this.#toWrite();

    checkInteger('length', length, 0, Number.MAX_SAFE_INTEGER);

    const at = writer.claim(length);

    if (at < 0) {
      this.#notWritten(at, length, false);
      return null;
    }
    this.#claimed = true;
    return new Uint8Array(this.#memory.buffer, at, length);
  }

  commit() {
    this.#claimEnds();
    this.#writer.commit();
  }

  abort() {
    this.#claimEnds();
    this.#writer.abort();
  }

  #claimEnds() {
    if (!this.#claimed) throw ringError('CLAIM', 'No record is claimed');
    this.#claimed = false;
  }

  postMessage(value) {
    if (!this.#post(value)) throw writeError(FULL, this.maxLength);
  }

  tryPostMessage(value) {
    return this.#post(value);
  }

  #post(value) {
    /* A getter that writes to a ring runs within another encoding. */
    if (codec.encoding) return this.tryWrite(codec.serialize(value));

    codec.encodeAlone(value);

    const { scratch, end } = codec;

    codec.release();

    const result = this.#toWrite().writePart(scratch, end);

    return result === OK || this.#notWritten(result, end, false);
  }

  // ---- read ----

  /** Handle a read without a record. @returns null @throws if the ring is corrupt */
  #nothing(result) {
    if (result === CLOSED) {
      this.#sealed = true;
      this.#roles.tellClosed();
    } else if (result !== EMPTY) {
      throw readError(result);
    } else if (this.#roles.watches) {
      this.#roles.lookForOthers(this.#roles.consumer);
    }
    this.#roles.consumer.waiting.dry();
    return null;
  }

  read() {
    const record = this.#toRead().read();

    if (typeof record === 'number') return this.#nothing(record);
    this.#peeked = false;
    return record;
  }

  readInto(target) {
    checkBytes('target', target);

    const reader = this.#toRead();
    const at = reader.peek();

    if (at < 0) {
      this.#nothing(at);
      return -1;
    }

    const { length } = reader;

    if (length > target.length) {
      this.#peeked = true;
      throw outOfRange('"target.length"', `>= ${length}, the length of the record`, target.length);
    }
    reader.copyTo(target, at);
    this.#peeked = false;
    return length;
  }

  /**
   * Read several records as one run of bytes.
   * @param {number} most bytes
   * @returns {Buffer | null} null: the next record is missing, larger or empty, which
   *   read() tells apart
   */
  [kGather](most) {
    const reader = this.#toRead();
    const target = Buffer.allocUnsafeSlow(Math.min(most, this.#memory.used));
    const length = target.length === 0 ? 0 : reader.gather(target);

    this.#peeked = false;
    return length === 0 ? null : target.subarray(0, length);
  }

  drain(callback, limit = Infinity) {
    checkFunction('callback', callback);
    if (limit !== Infinity) checkInteger('limit', limit, 0, Number.MAX_SAFE_INTEGER);

    const reader = this.#toRead();
    let count;

    if (limit === 0) return 0;
    this.#draining = true;
    this.#peeked = false;
    try {
      count = reader.drain(callback, limit);
    } finally {
      this.#draining = false;
    }
    if (count < 0) {
      this.#nothing(count);
      return 0;
    }
    if (count < limit) this.#roles.consumer.waiting.dry();
    return count;
  }

  peek() {
    const reader = this.#toRead();
    const at = reader.peek();

    if (at < 0) return this.#nothing(at);
    this.#peeked = true;
    return new Uint8Array(this.#memory.buffer, at, reader.length);
  }

  release() {
    const reader = this.#toRead();

    if (!this.#peeked) throw ringError('CLAIM', 'There is no record to release: call peek() first');
    this.#peeked = false;
    reader.consume();
  }

  receiveMessage() {
    const reader = this.#toRead();
    const at = reader.peek();

    if (at < 0) {
      this.#nothing(at);
      return undefined;
    }
    this.#peeked = false;
    if (reader.length > COPIED) return { message: codec.deserialize(reader.read()) };
    try {
      return { message: codec.deserialize(new Uint8Array(this.#memory.buffer, at, reader.length)) };
    } finally {
      reader.consume();
    }
  }

  // ---- wait ----

  waitReadable(options) {
    const { timeout } = waitOptions(options, ['timeout']);

    this.#toRead();
    return this.#peeked || this.#roles.consumer.waiting.block(0, timeout);
  }

  waitWritable(options) {
    const { timeout, length } = this.#roomOptions(options, ['timeout', 'length']);

    this.#toWrite();
    return this.#roles.producer.waiting.block(length, timeout);
  }

  async readable(options) {
    const { timeout, signal } = waitOptions(options, ['timeout', 'signal']);

    this.#toRead();
    return this.#peeked || this.#roles.consumer.waiting.wait(0, timeout, signal);
  }

  async writable(options) {
    const { timeout, signal, length } = this.#roomOptions(options, ['timeout', 'signal', 'length']);

    this.#toWrite();
    return this.#roles.producer.waiting.wait(length, timeout, signal);
  }

  #roomOptions(options, known) {
    const { length = this.#refused, ...others } = waitOptions(options, known);

    checkInteger('options.length', length, 0, this.maxLength);
    return { length, ...others };
  }

  [Symbol.asyncIterator]() {
    return new RecordIterator(this);
  }

  createReadStream(options) {
    return new RingReadStream(this, options);
  }

  createWriteStream(options) {
    return new RingWriteStream(this, options);
  }

  // ---- events ----

  /** Called when a listener is added or removed. */
  [kListeners](event) {
    const listening = (name) => this.listenerCount(name) > 0;

    if (event === 'readable' || event === undefined) {
      if (listening('readable')) this.#toRead();
      this.#roles.listen(this.#roles.consumer, listening('readable'));
    }
    if (event === 'writable' || event === undefined) {
      if (listening('writable')) this.#toWrite();
      this.#roles.listen(this.#roles.producer, listening('writable'));
    }
    if (event === 'disconnect' || event === undefined) this.#roles.watch(listening('disconnect'));
  }
}

module.exports = { RingBuffer };
