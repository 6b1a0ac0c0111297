'use strict';

/*
 * worker.js - what the worker of a ThreadStream does: loads the destination, and writes
 * to it what comes by the ring.
 */

const { fileURLToPath } = require('node:url');

const { process, setImmediate } = require('../loading/builtins');
const { parentPort, workerData } = require('../loading/exports');
const { Receiver } = require('./receiver');

/**
 * Load the module of a destination.
 * @param {string} url
 * @param {(url: string) => Promise<object>} byImport
 * @param {(file: string) => object} byRequire loads what only a patched require() can:
 *   files in Yarn's archives, in executables of pkg, and TypeScript
 */
async function load(url, byImport, byRequire) {
  try {
    return await byImport(url);
  } catch (error) {
    const { code } = error;

    if (!url.startsWith('file://')) throw error;

    const file = fileURLToPath(url);

    if (code === 'ENOTDIR' || code === 'ERR_MODULE_NOT_FOUND') return byRequire(file);
    try {
      if (code === undefined || code === 'ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING') return byRequire(file);
      if (!/\.c?ts$/.test(file)) throw error;
      if (!process[Symbol.for('ts-node.register.instance')]) byRequire('ts-node/register');
      else if (process.env.TS_NODE_DEV) byRequire('ts-node-dev');
      return byRequire(file);
    } catch {
      throw error;
    }
  }
}

/** The function that a module exports; compilers wrap it in `default` up to twice. */
function functionOf(module) {
  let found = module;

  for (let i = 0; i < 2 && typeof found === 'object'; i++) found = found.default;
  return found;
}

/** Call the flush() of a destination, in whichever form it has one. */
async function flush(destination) {
  if (typeof destination.flush === 'function') {
    if (destination.flush.length === 0) {
      await destination.flush();
      return;
    }
    await new Promise((resolve, reject) => {
      const done = (error) => (error ? reject(error) : resolve());
      const result = destination.flush(done);

      if (typeof result?.then === 'function') result.then(() => resolve(), reject);
    });
  } else if (typeof destination.flushSync === 'function') {
    destination.flushSync();
  } else if (destination.writableNeedDrain && !destination.writableEnded) {
    await new Promise((resolve) => destination.once('drain', resolve));
  }
}

class StreamWorker {
  #receiver;
  #destination;
  #isReady = false;
  /** Requests to flush that are not answered yet. */
  #flushes = [];
  #isFlushing = false;

  constructor() {
    this.#receiver = new Receiver(workerData);
    process.on('unhandledRejection', (error) => this.#die(error));
    process.on('uncaughtException', (error) => this.#die(error));
    process.once('exit', (code) => this.#exit(code));
    parentPort.ref(); // keeps the thread alive while the destination loads
  }

  async start({ byImport, byRequire }) {
    const module = await load(workerData.filename, byImport, byRequire);

    this.#destination = await functionOf(module)(workerData.workerData);
    this.#receiver.destination = this.#destination;
    this.#destination.on('error', (error) => {
      this.#receiver.fail();
      this.#post({ code: 'ERROR', err: error });
    });
    this.#destination.on('close', () => {
      this.#receiver.finish();
      setImmediate(() => process.exit(0));
    });
    parentPort.on('message', (message) => this.#receive(message));
    this.#run();
  }

  #post(message) {
    parentPort.postMessage(message);
  }

  #die(error) {
    this.#receiver.fail();
    this.#post({ code: 'ERROR', err: error });
    process.exit(1);
  }

  #exit(code) {
    const destination = this.#destination;

    this.#receiver.fail();
    if (code === 0 && destination?.writableNeedDrain && !destination.writableEnded) {
      this.#post({ code: 'WARNING', err: new Error('ThreadStream: the worker exited before its destination ' +
        'was drained: the destination may write to a stream that does not exist') });
    }
  }

  // ---- data ----

  /** Read what there is, and wait for more. */
  async #run() {
    const receiver = this.#receiver;

    for (;;) {
      const text = receiver.read();

      if (text === undefined) break;
      if (text === null) {
        this.#tellReady();
        await receiver.data();
        if (receiver.hasFailed) return; // the sender terminates this thread
        continue;
      }

      /* The ring may be full all the time: let other events have their turn. */
      if (text.length > 0 && !this.#destination.write(text)) await this.#event('drain');
      else await this.#turn();
      if (receiver.hasFailed) return;
      /* Before a flushSync() returns: the stream may become idle then. */
      if (receiver.isEmpty) this.#tellReady();
      receiver.accept();
      this.#flushNext();
    }

    const rest = receiver.rest();

    this.#tellReady();
    if (rest !== '') this.#destination.write(rest);
    this.#destination.end();
  }

  #event(name) {
    return new Promise((resolve) => this.#destination.once(name, resolve));
  }

  #turn() {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** Once, when the data written so far is delivered. */
  #tellReady() {
    if (this.#isReady) return;
    this.#isReady = true;
    this.#post({ code: 'READY' });
  }

  // ---- flush ----

  #receive(message) {
    if (message?.code !== 'FLUSH' || message.context !== 'thread-stream') return;
    this.#flushes.push(message);
    this.#flushNext();
  }

  /** Answer the next request to flush, if the data before it is delivered. */
  async #flushNext() {
    if (this.#isFlushing || this.#flushes.length === 0) return;

    const [{ id, position }] = this.#flushes;

    if (((this.#receiver.delivered - position) | 0) < 0) return;
    this.#isFlushing = true;
    this.#flushes.shift();
    try {
      await flush(this.#destination);
      this.#post({ code: 'FLUSHED', context: 'thread-stream', id });
    } catch (error) {
      this.#post({ code: 'ERROR', err: error });
    }
    this.#isFlushing = false;
    this.#flushNext();
  }
}

/** Start the worker. @param {{ byImport: Function, byRequire: Function }} loaders */
function start(loaders) {
  return new StreamWorker().start(loaders);
}

module.exports = { start };
