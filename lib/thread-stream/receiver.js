'use strict';

/*
 * receiver.js - the worker's half of a ThreadStream: reads the ring, and writes strings
 * to the destination.
 */

const { isAscii } = require('node:buffer');
const { Writable } = require('node:stream');
const { StringDecoder } = require('node:string_decoder');

const { Buffer } = require('../loading/builtins');
const { readError } = require('../ring-buffer/check');
const { Memory } = require('../ring-buffer/memory');
const { status } = require('../ring-buffer/native');
const { Roles } = require('../ring-buffer/roles');
const { DELIVERED, STATE, OPEN, FINISHED, FAILED, tell } = require('./shared');

const { CLOSED, EMPTY } = status;

/** Bytes for the destination at a time, at most; at least the longest record. */
const CHUNK = 512 * 1024;

const NONE = Buffer.alloc(0);

/**
 * Whether a destination would make bytes of a string before anything else, as Node's
 * streams do. Then it gets bytes.
 */
function wantsBytes({ write, writableObjectMode, _writableState: state }) {
  return write === Writable.prototype.write && !writableObjectMode &&
    state?.decodeStrings === true && state.defaultEncoding === 'utf8';
}

class Receiver {
  #memory;
  #roles;
  #reader;
  #words;
  /** Bytes on their way into a string, used again and again. */
  #chunk = null;
  #takesBytes = false;
  #decoder = new StringDecoder('utf8');
  /** The decoder holds the beginning of a character. */
  #isSplit = false;
  #read = 0;
  hasFailed = false;

  /** @param {Sender['shared']} shared */
  constructor({ ring, words }) {
    this.#memory = new Memory(ring, { closeOnDisconnect: true });
    this.#roles = new Roles(this, this.#memory);
    this.#reader = this.#roles.takeConsumer();
    this.#words = words;
    tell(words, STATE, OPEN);
  }

  /* What Roles asks a ring for. */

  get closed() {
    return this.#memory.closed;
  }

  get ended() {
    return this.#memory.closed && this.#memory.empty;
  }

  emit() {}

  get isEmpty() {
    return this.#memory.empty;
  }

  /** Bytes that the destination has accepted, modulo 2^32. */
  get delivered() {
    return Atomics.load(this.#words, DELIVERED) >>> 0;
  }

  /** @param {Writable} destination */
  set destination(destination) {
    this.#takesBytes = wantsBytes(destination);
  }

  /**
   * @returns {string | Buffer | null | undefined} the next part of the text, which may be
   *   empty; null: there is none yet; undefined: it has ended
   */
  read() {
    const chunk = this.#target();
    const length = this.#reader.gather(chunk);

    if (length === 0) return this.#nothing();
    this.#read += length;

    const bytes = chunk.subarray(0, length);

    if (!this.#isSplit && isAscii(bytes)) {
      return this.#takesBytes ? bytes : bytes.latin1Slice(0, length);
    }

    const text = this.#decoder.write(bytes);

    this.#isSplit = this.#decoder.lastNeed > 0;
    return text;
  }

  #target() {
    if (this.#takesBytes) {
      const most = Math.min(this.#memory.used, CHUNK);

      return most === 0 ? NONE : Buffer.allocUnsafe(most);
    }
    this.#chunk ??= Buffer.allocUnsafeSlow(Math.min(CHUNK, this.#memory.capacity));
    return this.#chunk;
  }

  #nothing() {
    const result = this.#reader.peek();

    if (result === EMPTY) return null;
    if (result === CLOSED) return undefined;
    if (result < 0) throw readError(result);
    if (this.#reader.length > CHUNK) throw readError(status.ECORRUPT);
    return this.read(); // a record that has come meanwhile
  }

  /** The end of the text: what is left of a character that was cut off. */
  rest() {
    return this.#decoder.end();
  }

  /** What has been read is delivered. */
  accept() {
    tell(this.#words, DELIVERED, this.#read | 0);
  }

  /** @returns {Promise<boolean>} when there is data, or the end */
  data() {
    return this.#roles.consumer.waiting.wait(0, Infinity);
  }

  finish() {
    tell(this.#words, STATE, FINISHED);
  }

  /** Read nothing any more. Wakes a sender that waits for room. */
  fail() {
    if (Atomics.load(this.#words, STATE) === FINISHED) return;
    this.hasFailed = true;
    tell(this.#words, STATE, FAILED);
    this.#memory.close();
  }
}

module.exports = { Receiver };
