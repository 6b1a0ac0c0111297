'use strict';

/*
 * streams.js - ports and Workers as streams of messages, Web and Node.
 *
 * Readers take a message out of the queue when they have room for it. Writers wait for
 * drained() after each message that reaches the mark.
 */

const { Readable, Writable, addAbortSignal } = require('node:stream');

const { RingportError, withCode } = require('../codec/errors');
const { checkKnown } = require('../loading/check-options');
const { checkSignal, wrongType } = require('../loading/check-arguments');
const { threads } = require('../loading/native');
const { iterate } = require('./iterate');
const { drained } = require('./flow');

const { AbortController, ReadableStream, WritableStream } = globalThis;

/** @type {WeakMap<object, ReadableStream>} */
const readables = new WeakMap();
/** @type {WeakMap<object, WritableStream>} */
const writables = new WeakMap();

const isWorker = (target) => target instanceof threads.Worker;

/** Close a port; a Worker goes on. */
function closeTarget(target) {
  if (!isWorker(target)) target.close();
}

/**
 * Post a message and wait until there is room for another one.
 * @param {AbortSignal} signal
 * @throws {RingportError} ERR_RINGPORT_CLOSED
 */
async function send(target, value, signal) {
  const result = target.postMessage(value);
  const isClosed = isWorker(target) ? target.threadId === -1 : result === undefined;

  if (isClosed) {
    throw new RingportError('ERR_RINGPORT_CLOSED', 'The port is closed: nobody will receive this message');
  }
  if (result === false) await drained(target, { signal });
}

/** The messages of a port as a ReadableStream; the same one until it ends. */
function readableOf(target) {
  if (readables.has(target)) return readables.get(target);

  const messages = iterate(target);
  const end = () => { // after cancel() there may be another one
    if (readables.get(target) === stream) readables.delete(target);
  };
  const stream = new ReadableStream({
    async pull(controller) {
      try {
        const { value, done } = await messages.next();

        if (!done) {
          controller.enqueue(value);
          return;
        }
        end();
        controller.close();
      } catch (error) {
        end();
        throw error;
      }
    },
    cancel() {
      end();
      return messages.return();
    },
  }, { highWaterMark: 0 });

  readables.set(target, stream);
  return stream;
}

/** A port as a WritableStream of messages; the same one always. */
function writableOf(target) {
  if (writables.has(target)) return writables.get(target);

  const stream = new WritableStream({
    write: (value, { signal }) => send(target, value, signal),
    close: () => closeTarget(target),
    abort: () => closeTarget(target),
  });

  writables.set(target, stream);
  return stream;
}

function readOptions(options, known) {
  if (options === null || typeof options !== 'object') {
    throw wrongType('The "options" argument', 'of type object', options);
  }
  checkKnown('options', options, known);
  return checkSignal(options);
}

/** A Readable of the messages of a port, in object mode. */
class MessageReader extends Readable {
  #messages;

  constructor(target, { highWaterMark }) {
    super({ objectMode: true, highWaterMark });
    this.#messages = iterate(target);
  }

  async _read() {
    try {
      const { value, done } = await this.#messages.next();

      if (value === null) { // would end the stream
        throw withCode(new TypeError('May not read null values from a stream'), 'ERR_STREAM_NULL_VALUES');
      }
      this.push(done ? null : value);
    } catch (error) {
      this.destroy(error);
    }
  }

  _destroy(error, callback) {
    this.#messages.return().then(() => callback(error), callback);
  }
}

/** A Writable that posts what is written to it, in object mode. */
class MessageWriter extends Writable {
  #target;
  #stop = new AbortController();

  constructor(target, { highWaterMark }) {
    super({ objectMode: true, highWaterMark });
    this.#target = target;
  }

  _write(value, encoding, callback) {
    send(this.#target, value, this.#stop.signal).then(() => callback(), callback);
  }

  _final(callback) {
    closeTarget(this.#target);
    callback();
  }

  _destroy(error, callback) {
    this.#stop.abort();
    callback(error);
  }
}

/** Create a stream of Node's kind. */
function create(Stream, target, options = {}) {
  const signal = readOptions(options, ['highWaterMark', 'signal']);
  const stream = new Stream(target, options);

  if (signal !== undefined) addAbortSignal(signal, stream);
  return stream;
}

const createReadStream = (target, options) => create(MessageReader, target, options);
const createWriteStream = (target, options) => create(MessageWriter, target, options);

module.exports = { createReadStream, createWriteStream, readableOf, writableOf };
