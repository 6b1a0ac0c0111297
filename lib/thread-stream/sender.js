'use strict';

/*
 * sender.js - the application's half of a ThreadStream: writes to the ring, keeps what
 * does not fit until there is room, and waits for the worker.
 */

const { Buffer, process } = require('../loading/builtins');
const { constants } = require('node:buffer');

const { RingportError } = require('../codec/errors');
const { readError } = require('../ring-buffer/check');
const { Memory } = require('../ring-buffer/memory');
const { binding, counter, status } = require('../ring-buffer/native');
const { Roles } = require('../ring-buffer/roles');
const { DELIVERED, STATE, SIGNAL, WORDS, OPEN, FINISHED } = require('./shared');

const { OK, FULL, ECLOSED, ETOOBIG } = status;
const { utf8Write } = Buffer.prototype;

/** Sizes of a ring in bytes. */
const SMALLEST = 1024;
const LARGEST = 2 ** 30;
/** Data becomes records of at most this size, or a quarter of the ring. */
const RECORD = 64 * 1024;
/** Data that waits for room is kept in pieces of this size. */
const PIECE = 64 * 1024;
/** While data waits, look for room once for so many more bytes. */
const OFTEN = 64 * 1024;
/** More than this must not wait for room. */
const MOST = constants.MAX_STRING_LENGTH;
/** Milliseconds without progress of the worker after which a blocking call gives up. */
const LIMIT = 10_000;
/** A blocked thread looks this often, in milliseconds, whether the worker still runs. */
const SLICE = 50;

/** The time in milliseconds. Not performance.now(), which fake clocks replace. */
const now = () => process.uptime() * 1000;

class Sender {
  /** What the worker needs: see Receiver. */
  shared;

  #memory;
  #roles;
  #writer;
  #counters;
  #words = new Int32Array(new SharedArrayBuffer(4 * WORDS));
  #bufferSize;
  /** Bytes of a record at most. */
  #record;
  /**
   * Data that waits for room.
   * @type {{ bytes: Uint8Array, start: number, end: number }[]}
   */
  #pieces = [];
  /** Its bytes. */
  #kept = 0;
  /** Look for room when so many bytes wait. */
  #again = 0;

  /** @param {number} bufferSize see leftSince() */
  constructor(bufferSize) {
    this.#bufferSize = bufferSize;
    this.#memory = new Memory(Math.min(Math.max(bufferSize, SMALLEST), LARGEST),
      { closeOnDisconnect: true });
    this.#roles = new Roles(this, this.#memory);
    this.#writer = this.#roles.takeProducer();
    this.#counters = this.#roles.producer.handle.counters;
    this.#record = Math.min(RECORD, this.#memory.capacity / 4);
    this.shared = { ring: this.#memory.buffer, words: this.#words };
  }

  /* What Roles asks a ring for. */

  get closed() {
    return this.#memory.closed;
  }

  emit() {}

  /** Bytes that have been written, modulo 2^32. */
  get position() {
    return (this.#counters[counter.BYTES] + this.#kept) >>> 0;
  }

  /**
   * Bytes until `bufferSize` of them have been written since `start`, a position, or are
   * not delivered yet. Zero or less: the writer should wait.
   */
  leftSince(start) {
    return this.#bufferSize - Math.max((this.position - start) >>> 0, this.#undelivered);
  }

  /** Whether data waits for room in the ring. */
  get waits() {
    return this.#kept > 0;
  }

  get #undelivered() {
    return (this.position - Atomics.load(this.#words, DELIVERED)) >>> 0;
  }

  set refed(refed) {
    this.#roles.setRef(refed);
  }

  /**
   * Write without waiting, unless too much waits already.
   * @param {string | Uint8Array} data
   */
  write(data) {
    if (this.#kept === 0 && data.length <= this.#record) {
      const result = this.#writer.write(data);

      if (result === OK) return;
      if (result !== FULL && result !== ETOOBIG && result !== ECLOSED) throw readError(result);
    }
    this.#keep(data);
    if (this.#kept < this.#again) return;
    if (this.#kept < MOST) this.push();
    else this.pushAll();
  }

  /** Keep data until there is room. */
  #keep(data) {
    const isText = typeof data === 'string';
    const most = isText ? data.length * 3 : data.length;

    if (most > PIECE) {
      const bytes = Buffer.from(data); // a copy: the caller may use its buffer again

      this.#pieces.push({ bytes, start: 0, end: bytes.length });
      this.#kept += bytes.length;
      return;
    }

    let piece = this.#pieces.at(-1);

    if (piece === undefined || piece.bytes.length - piece.end < most) {
      piece = { bytes: Buffer.allocUnsafeSlow(PIECE), start: 0, end: 0 };
      this.#pieces.push(piece);
    }

    const length = isText ? utf8Write.call(piece.bytes, data, piece.end, most) : most;

    if (!isText) piece.bytes.set(data, piece.end);
    piece.end += length;
    this.#kept += length;
  }

  /** Move data that waits into the ring. @returns {boolean} whether all of it */
  push() {
    while (this.#kept > 0) {
      const piece = this.#pieces[0];
      const end = Math.min(piece.start + this.#record, piece.end);
      const result = this.#writer.write(piece.bytes.subarray(piece.start, end));

      if (result === FULL || result === ECLOSED) {
        this.#again = this.#kept + OFTEN;
        return false;
      }
      if (result !== OK) throw readError(result);
      this.#kept -= end - piece.start;
      piece.start = end;
      if (end === piece.end) this.#pieces.shift();
    }
    this.#again = 0;
    return true;
  }

  /** Resolve when push() may have success. @returns {Promise<boolean>} */
  room() {
    return this.#roles.producer.waiting.wait(this.#record, Infinity);
  }

  /** Block until all data is in the ring. @throws {RingportError} */
  pushAll() {
    const { waiting } = this.#roles.producer;
    let end = now() + LIMIT;

    while (!this.push()) {
      if (waiting.block(this.#record, SLICE)) end = now() + LIMIT;
      else if (this.closed || this.#worker.hasEnded || now() > end) throw this.#lost();
    }
  }

  /** Block until the destination has accepted all data. @throws {RingportError} */
  flush() {
    this.pushAll();
    this.#waitUntil(() => this.#undelivered === 0);
  }

  /** End the data, and block until the destination is closed. @throws {RingportError} */
  finish() {
    this.flush();
    this.#memory.close();
    this.#waitUntil((state) => state === FINISHED);
  }

  /** @param {(state: number) => boolean} isDone */
  #waitUntil(isDone) {
    const words = this.#words;
    let end = now() + LIMIT;

    for (;;) {
      const signal = Atomics.load(words, SIGNAL);
      const { state, hasEnded } = this.#worker;

      if (isDone(state)) return;
      if (hasEnded) throw this.#lost();
      if (Atomics.wait(words, SIGNAL, signal, SLICE) === 'timed-out') {
        if (now() > end) throw this.#lost();
      } else {
        end = now() + LIMIT;
      }
    }
  }

  /**
   * Its STATE, and whether it has ended. The ring alone does not tell: a worker may end
   * before it has read something, or this thread has waited for it.
   */
  get #worker() {
    const isAlone = binding.ringOthers(this.#roles.producer.handle.slot) === 0;
    /* Loaded after that: a worker that exits sets it before its handle ends. */
    const state = Atomics.load(this.#words, STATE);

    return { state, hasEnded: state > OPEN || (state === OPEN && isAlone) };
  }

  #lost() {
    return new RingportError('ERR_RINGPORT_NOT_DELIVERED',
      `${this.#undelivered} bytes were not delivered: the worker ` +
      (this.#worker.hasEnded ? 'has ended' : `has made no progress for ${LIMIT / 1000} s`));
  }

  /** Give up the ring; nothing is written any more. */
  end() {
    this.#pieces = [];
    this.#kept = 0;
    this.#roles.end();
  }
}

module.exports = { Sender };
