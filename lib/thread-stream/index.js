'use strict';

/*
 * index.js - `ringport/thread-stream`: a stream whose destination runs in a worker, with
 * the interface of thread-stream (https://github.com/pinojs/thread-stream).
 *
 * Data goes through a ring (sender.js, receiver.js). Messages between the two threads are
 * objects with a `code`, as transports post them by `parentPort`; worker.js has the other
 * end.
 */

const EventEmitter = require('node:events');
const path = require('node:path');
const { types } = require('node:util');
const { pathToFileURL } = require('node:url');

const { Buffer, process, setImmediate } = require('../loading/builtins');
const { folder } = require('../folder');
const { Worker } = require('../worker/worker');
const { Link, unreachable } = require('./link');
const { Sender } = require('./sender');

/** The version of thread-stream with this interface; destinations can ask for it. */
const VERSION = '4.2.1';
const BUFFER_SIZE = 4 * 1024 * 1024;
/** Strings are collected up to this length. */
const MOST_TEXT = 32 * 1024;

const workerFile = path.join(folder, 'stream-worker.js');

const exited = () => new Error('the worker has exited');

/** @returns {string} the URL of a destination's module */
function urlOf(filename) {
  const text = String(filename);

  return filename instanceof URL || text.startsWith('file://') ? text : pathToFileURL(text).href;
}

/** The file of the worker: bundlers put it elsewhere. */
function fileOf() {
  const { __bundlerPathsOverrides: places } = globalThis;

  return places?.['ringport-stream-worker'] ?? places?.['thread-stream-worker'] ?? workerFile;
}

class ThreadStream extends EventEmitter {
  #sender;
  #link = new Link(this);
  #isSync;
  #isReady = false;
  /** An immediate, or room in the ring, is going to call #next(). */
  #isFlushing = false;
  #needDrain = false;
  /** Strings of this turn, and their length from which on they are sent. */
  #text = '';
  #most = MOST_TEXT;
  /** An immediate is going to send what write() collects in #text. */
  #collects = false;
  /** Where the sender was when the first write of this turn of the event loop began. */
  #turnStart = 0;
  #isEnding = false;
  #hasEnded = false;
  #hasFinished = false;
  #isDestroyed = false;
  #isClosed = false;
  #error = null;
  /** Callbacks of flush(), by number. */
  #flushes = new Map();
  /** The last number. */
  #flushed = 0;
  #refed = true;

  constructor(options = {}) {
    super();

    const { bufferSize, filename, sync, workerData, workerOpts } = options;

    if (bufferSize < 4) throw new Error('bufferSize must at least fit a 4-byte utf-8 char');
    this.#isSync = Boolean(sync);
    this.#sender = new Sender(bufferSize || BUFFER_SIZE);
    this.worker = this.#link.worker = new Worker(fileOf(), {
      ...workerOpts,
      name: workerOpts?.name || 'thread-stream',
      trackUnmanagedFds: false,
      workerData: {
        ...this.#sender.shared,
        filename: urlOf(filename),
        workerData: { $context: { threadStreamVersion: VERSION }, ...workerData },
      },
    });
    ThreadStream.#listen(this.#link);
    unreachable.register(this, this.#link, this.#link);
    this.on('message', (message, transferList) => this.worker.postMessage(message, transferList));
  }

  static #listen(link) {
    link.worker.on('message', (message) => {
      const { stream } = link;

      if (stream === undefined) link.worker.terminate();
      else stream.#receive(message);
    });
    link.worker.once('exit', (code) => {
      link.exited = true;
      link.stream?.#exit(code);
    });
  }

  // ---- state ----

  get ready() {
    return this.#isReady;
  }

  get destroyed() {
    return this.#isDestroyed;
  }

  get closed() {
    return this.#isClosed;
  }

  get writable() {
    return !this.#isDestroyed && !this.#isEnding;
  }

  get writableEnded() {
    return this.#isEnding;
  }

  get writableFinished() {
    return this.#hasFinished;
  }

  get writableNeedDrain() {
    return this.#needDrain;
  }

  get writableObjectMode() {
    return false;
  }

  get writableErrored() {
    return this.#error;
  }

  ref() {
    this.#refed = true;
    this.#setRef();
  }

  unref() {
    this.#refed = false;
    this.#setRef();
  }

  /** A callback of flush() keeps the event loop alive. */
  #setRef() {
    const refed = this.#refed || this.#flushes.size > 0;

    if (refed) this.worker.ref();
    else this.worker.unref();
    if (!this.#isDestroyed) this.#sender.refed = refed;
  }

  // ---- write ----

  write(data) {
    if (this.#collects && typeof data === 'string') {
      this.#text += data;
      if (this.#text.length < this.#most) return !this.#needDrain;
    } else if (!this.#writeOther(data)) {
      return false;
    }
    if (this.#isSync) return true;
    return this.#pushText() && !this.#needDrain;
  }

  /** The first write of a turn of the event loop, bytes, or a synchronous write. */
  #writeOther(data) {
    if (this.#isDestroyed || this.#isEnding) {
      this.#fail(this.#isDestroyed ? exited() : new Error('the worker is ending'));
      return false;
    }

    const isText = typeof data === 'string';
    const bytes = isText || types.isUint8Array(data) ? data : Buffer.from(data);

    if (!this.#isSync && !this.#isFlushing) {
      this.#isFlushing = this.#collects = true;
      this.#turnStart = this.#sender.position;
      setImmediate(next, this);
    }
    if (isText && !this.#isSync) this.#text += data;
    else return this.#pushText() && this.#send(bytes);
    return true;
  }

  /** Send the strings that this turn has collected. @returns {boolean} without error */
  #pushText() {
    if (this.#text === '') return true;

    const text = this.#text;

    this.#text = '';
    return this.#send(text);
  }

  #send(data) {
    try {
      this.#sender.write(data);
      if (this.#isSync && this.#sender.waits) this.#sender.pushAll();
    } catch (error) {
      this.#destroy(error);
      return false;
    }
    if (!this.#isSync) {
      const left = this.#sender.leftSince(this.#turnStart);

      this.#needDrain = left <= 0;
      this.#most = left <= 0 || left > MOST_TEXT ? MOST_TEXT : left;
    }
    return true;
  }

  /** The turn is over: move the data into the ring, now and when there is room. */
  static next(stream) {
    if (stream.#isDestroyed || !stream.#pushText()) return;
    try {
      if (stream.#sender.push()) stream.#pushed();
      else stream.#wait();
    } catch (error) {
      stream.#destroy(error);
    }
  }

  async #wait() {
    try {
      /* false: the worker ends, and is going to tell why. */
      if (await this.#sender.room()) next(this);
    } catch (error) {
      this.#destroy(error);
    }
  }

  /** All data is in the ring. */
  #pushed() {
    this.#isFlushing = this.#collects = false;
    if (this.#isEnding) this.#finish();
    else if (this.#needDrain) process.nextTick(drain, this);
  }

  static drain(stream) {
    if (!stream.#needDrain) return;
    stream.#needDrain = false;
    stream.emit('drain');
  }

  flushSync() {
    if (this.#isDestroyed || !this.#pushText()) return;
    this.#sender.pushAll();
    this.#pushed();
    if (!this.#isDestroyed && !this.#hasEnded) this.#sender.flush();
  }

  end() {
    if (this.#isDestroyed) return;
    this.#isEnding = true;
    this.#collects = false;
    this.#link.isStrong = true; // until the destination has closed
    if (!this.#isFlushing) this.#finish();
  }

  /** Block until the destination is closed. */
  #finish() {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    try {
      this.#sender.finish();
    } catch (error) {
      this.#destroy(error);
      return;
    }
    process.nextTick(() => {
      this.#hasFinished = true;
      this.emit('finish');
    });
  }

  // ---- flush ----

  flush(callback) {
    const done = typeof callback === 'function' ? callback : () => {};

    if (this.#isDestroyed || !this.#pushText()) {
      process.nextTick(done, exited());
      return;
    }

    const id = ++this.#flushed;

    this.#flushes.set(id, { done, position: this.#sender.position });
    if (done === callback) this.#setRef();
    if (this.#isReady) this.#askToFlush(id);
  }

  #askToFlush(id) {
    const { position } = this.#flushes.get(id);

    this.worker.postMessage({ code: 'FLUSH', context: 'thread-stream', id, position });
  }

  /** @param {number} id @param {Error} [error] */
  #flushEnds(id, error) {
    const flush = this.#flushes.get(id);

    if (flush === undefined) return;
    this.#flushes.delete(id);
    process.nextTick(() => {
      this.#setRef();
      flush.done(error);
    });
  }

  // ---- the worker ----

  #receive(message) {
    const { code } = message ?? {};

    if (code === 'READY') {
      if (!this.#isEnding) this.#link.isStrong = false;
      this.#isReady = true;
      for (const id of this.#flushes.keys()) this.#askToFlush(id);
      this.emit('ready');
    } else if (code === 'EVENT') {
      const { name, args } = message;

      if (Array.isArray(args)) this.emit(name, ...args);
      else this.emit(name, args);
    } else if (code === 'FLUSHED' && message.context === 'thread-stream') {
      this.#flushEnds(message.id);
    } else if (code === 'ERROR') {
      this.#destroy(message.err);
    } else if (code === 'WARNING') {
      process.emitWarning(message.err);
    } else if (code !== undefined && code !== null) {
      /* Messages without a code are not ours: Node's watch mode sends some. */
      this.#destroy(new Error(`this should not happen: ${code}`));
    }
  }

  #exit(code) {
    unreachable.unregister(this.#link);
    this.#destroy(code === 0 ? null : new Error('the worker thread exited'));
  }

  #fail(error) {
    setImmediate(() => this.emit('error', error));
  }

  /** @param {Error | null} error */
  #destroy(error) {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.#collects = false;
    this.#sender.end();
    for (const id of [...this.#flushes.keys()]) this.#flushEnds(id, error ?? exited());
    if (error) {
      this.#error = error;
      this.#fail(error);
    }

    const close = () => {
      this.#isClosed = true;
      this.emit('close');
    };

    if (this.#link.exited) setImmediate(close);
    else this.worker.terminate().catch(() => {}).then(close);
  }
}

const { next, drain } = ThreadStream;

delete ThreadStream.next;
delete ThreadStream.drain;

module.exports = { ThreadStream };
