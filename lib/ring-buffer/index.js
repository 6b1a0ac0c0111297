'use strict';

/*
 * index.js - RingBuffer: a lock-free ring of records in a SharedArrayBuffer. See index.d.ts.
 *
 * What it is made of: the memory (memory.js), a writer and a reader that are opened when they are first
 * needed (spsc-*.js or crossing.js), and for each a Waiting. This file checks what users give, and turns
 * results into what they get.
 */

const { Buffer, process } = require('../loading/builtins');
const { RingEvents, kGather, kListeners } = require('./events');

const kInspect = Symbol.for('nodejs.util.inspect.custom');

/* What rings are made of. The class is loaded by whoever imports it; these are by the first ring. */
let codec, setImmediate, inspect;
let checkBytes, checkData, checkFunction, checkInteger, checkList;
let outOfRange, readError, ringError, takeError, writeError;
let binding, Side, status, counter, words, STATUS, PRODUCER, CONSUMER;
let OK, FULL, SEALED, EMPTY;
let Memory, CrossingReader, CrossingWriter, SpscReader, SpscWriter;
let RecordIterator, RingReadStream, RingWriteStream, Waiting, waitOptions;

function loadRest() {
  if (codec !== undefined) return;
  ({ setImmediate } = require('node:timers'));
  ({ inspect } = require('node:util'));
  ({
    checkBytes, checkData, checkFunction, checkInteger, checkList, outOfRange, readError, ringError,
    takeError, writeError,
  } = require('./check'));
  ({ CrossingReader, CrossingWriter } = require('./crossing'));
  ({ Memory } = require('./memory'));
  ({ binding, Side, status, counter, words, STATUS, PRODUCER, CONSUMER } = require('./native'));
  ({ OK, FULL, SEALED, EMPTY } = status);
  ({ SpscReader } = require('./spsc-reader'));
  ({ SpscWriter } = require('./spsc-writer'));
  ({ RecordIterator, RingReadStream, RingWriteStream } = require('./streams'));
  ({ Waiting, waitOptions } = require('./waiting'));
  codec = require('../codec/index'); // the last one: all is here
}

/** Records up to here deserialize() copies itself before it looks at them. */
const COPIED = 4096;

class RingBuffer extends RingEvents {
  #memory;
  #writer = null;
  #reader = null;
  /** Of each role that is taken: its side, and its waits. */
  #producer = null;
  #consumer = null;
  #detached = false;
  #claimed = false;
  #peeked = false;
  #draining = false;
  #closeTold = false;
  /** A read has found the end, whatever is written to the memory afterwards. */
  #sealed = false;
  #refed = true;
  /** Somebody wants to know when all of the other role have ended. */
  #watches = false;
  /** Bytes of the record that did not fit last. */
  #refused = 0;

  constructor(source, options) {
    super();
    loadRest();
    this.#memory = new Memory(source, options);
    this.#watches = this.#memory.closeOnDisconnect;
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

  // ---- its part in the ring ----

  /** Take a role. @throws ERR_RINGPORT_TAKEN, ERR_RINGPORT_DETACHED, ERR_RINGPORT_CORRUPT */
  #take(role) {
    const { bytes, capacity, maxLength, mode } = this.#memory;

    if (this.#detached) throw ringError('DETACHED');

    const side = new Side(bytes, role, this);

    if (side.slot === undefined) {
      throw takeError(words[STATUS], role === PRODUCER ? 'producer' : 'consumer');
    }

    if (role === PRODUCER) {
      const Writer = mode === 'spsc' ? SpscWriter : CrossingWriter;

      this.#writer = new Writer(side, bytes, capacity, maxLength);
      this.#producer = { side, others: false, seen: 0, waiting: new Waiting(side.slot, true, {
        over: () => this.closed,
        emit: () => this.#tellWritable(),
        alone: () => this.#watches && this.#lookForOthers(this.#producer, CONSUMER),
      }) };
    } else {
      const Reader = mode === 'spsc' ? SpscReader : CrossingReader;

      this.#reader = new Reader(side, bytes, mode === 'spsc' ? capacity : mode);
      this.#consumer = { side, others: false, seen: 0, waiting: new Waiting(side.slot, false, {
        over: () => this.ended,
        emit: () => this.#tellReadable(),
        alone: () => this.#watches && this.#lookForOthers(this.#consumer, PRODUCER),
      }) };
    }
    this.#waitings.forEach((waiting) => { waiting.refed = this.#refed; });
  }

  /**
   * Tell, once, that the last side of the other role has ended. One that has ended before we could see it
   * is known by what it wrote or read.
   * @param {{ side: Side, others: boolean, seen: number }} own `others`: there were some when we looked last;
   *   `seen`: how far they had come when it was told
   * @param {number} role of the others
   * @returns {boolean} whether the ring has been closed for it
   */
  #lookForOthers(own, role) {
    if (binding.ringOthers(own.side.slot) > 0) {
      own.others = true;
      return false;
    }

    const position = this.#memory.positionOf(role);

    if (this.closed || !(own.others || own.seen !== position)) return false;
    own.others = false;
    own.seen = position;
    process.nextTick(() => this.emit('disconnect', role === PRODUCER ? 'producer' : 'consumer'));
    if (!this.#memory.closeOnDisconnect) return false;
    this.#memory.close();
    return true;
  }

  /** To write with: no claim may be open. */
  #toWrite() {
    if (this.#claimed) throw ringError('CLAIM', 'A record is claimed: commit or abort it first');
    if (this.#writer === null) this.#take(PRODUCER);
    return this.#writer;
  }

  /** To read with: not from within drain(). */
  #toRead() {
    if (this.#draining) throw ringError('DRAINING');
    if (this.#reader === null) this.#take(CONSUMER);
    return this.#reader;
  }

  get #waitings() {
    return [this.#producer, this.#consumer].filter(Boolean).map(({ waiting }) => waiting);
  }

  close() {
    if (this.#claimed) this.abort();
    this.#memory.close();
    if (this.#consumer === null) this.#tellClosed();
    else this.#consumer.waiting.again(0);
  }

  detach() {
    if (this.#draining) throw ringError('DRAINING');
    for (const { side, waiting } of [this.#producer, this.#consumer].filter(Boolean)) {
      waiting.end();
      side.end();
    }
    this.#producer = this.#consumer = this.#writer = this.#reader = null;
    this.#claimed = this.#peeked = false;
    this.#detached = true;
  }

  ref() {
    this.#refed = true;
    this.#waitings.forEach((waiting) => { waiting.refed = true; });
    return this;
  }

  unref() {
    this.#refed = false;
    this.#waitings.forEach((waiting) => { waiting.refed = false; });
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
    const all = checkList(list);
    const { maxLength } = this;

    for (const data of all) {
      checkData(data);
      if (data.length * (typeof data === 'string' ? 3 : 1) > maxLength &&
          Buffer.byteLength(data) > maxLength) throw writeError(status.TOO_BIG, maxLength);
    }

    const { count, result } = this.#toWrite().writeMany(all);

    if (result !== OK && (count === 0 || result === FULL)) {
      this.#notWritten(result, all[count], false);
    }
    return count;
  }

  /** @param {Uint8Array | string | number} data what there was no room for, or its length */
  #notWritten(result, data, must) {
    if (result === FULL) {
      this.#refused = typeof data === 'number' ? data : Buffer.byteLength(data);
      if (this.#watches) this.#lookForOthers(this.#producer, CONSUMER);
      this.#producer.waiting.again(this.#refused);
      if (!must) return false;
    }
    if (result === status.CLOSED) this.#tellClosed();
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
    /* A getter that writes a message to a ring is in the middle of another one. */
    if (codec.encoding) return this.tryWrite(codec.serialize(value));

    codec.encodeAlone(value);

    const { scratch, end } = codec;

    codec.release();

    const result = this.#toWrite().writePart(scratch, end);

    return result === OK || this.#notWritten(result, end, false);
  }

  // ---- read ----

  /** What there is none of. @returns null @throws if the ring makes no sense */
  #nothing(result) {
    if (result === SEALED) {
      this.#sealed = true;
      this.#tellClosed();
    } else if (result !== EMPTY) {
      throw readError(result);
    } else if (this.#watches) {
      this.#lookForOthers(this.#consumer, PRODUCER);
    }
    this.#consumer.waiting.dry();
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
   * Several records, one behind the other: for who wants bytes, not records.
   * @param {number} most bytes
   * @returns {Buffer | null} null: there is no record, or a larger or an empty one, for read() to tell
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
    if (count < limit) this.#consumer.waiting.dry();
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

    if (!this.#peeked) throw ringError('CLAIM', 'There is no record to release: peek() gives one');
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
    return this.#peeked || this.#consumer.waiting.block(0, timeout);
  }

  waitWritable(options) {
    const { timeout, length } = this.#roomOptions(options, ['timeout', 'length']);

    this.#toWrite();
    return this.#producer.waiting.block(length, timeout);
  }

  async readable(options) {
    const { timeout, signal } = waitOptions(options, ['timeout', 'signal']);

    this.#toRead();
    return this.#peeked || this.#consumer.waiting.wait(0, timeout, signal);
  }

  async writable(options) {
    const { timeout, signal, length } = this.#roomOptions(options, ['timeout', 'signal', 'length']);

    this.#toWrite();
    return this.#producer.waiting.wait(length, timeout, signal);
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

  /** A listener has come or gone. */
  [kListeners](event) {
    if (event === 'readable' || event === undefined) {
      const listening = this.listenerCount('readable') > 0;

      if (listening) this.#toRead();
      if (this.#consumer !== null) this.#consumer.waiting.listening = listening;
    }
    if (event === 'writable' || event === undefined) {
      const listening = this.listenerCount('writable') > 0;

      if (listening) this.#toWrite();
      if (this.#producer !== null) this.#producer.waiting.listening = listening;
    }
    if (event === 'disconnect' || event === undefined) {
      this.#watches = this.#memory.closeOnDisconnect || this.listenerCount('disconnect') > 0;
    }
  }

  #tellReadable() {
    const { side, waiting } = this.#consumer;

    if (this.ended) {
      this.#tellClosed();
      return;
    }

    const before = side.counters[counter.RECORDS];
    const { session } = waiting;

    this.emit('readable');
    /* Who has taken something is told of the rest; who has not knows that there is something. */
    if (side.counters[counter.RECORDS] !== before) setImmediate(() => waiting.again(0, session));
  }

  #tellWritable() {
    if (this.closed) this.#tellClosed();
    else this.emit('writable');
  }

  /** Nothing more will come, or can be written: said once. */
  #tellClosed() {
    if (this.#closeTold) return;
    this.#closeTold = true;
    for (const waiting of this.#waitings) waiting.listening = false;
    process.nextTick(() => this.emit('close'));
  }
}

module.exports = { RingBuffer };
