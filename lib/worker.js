'use strict';

/*
 * worker.js - Worker; the other side is parent-port.js.
 *
 * Node makes the thread, the isolate and the loop. Between parent and child lie two lanes: Node's own
 * channel, which is there from the start, and a pair of ringport halves, of which the child takes
 * its one when it has loaded ringport and something to say (see parent-port.js and spawn.h). So a worker
 * that never does works as with Node's Worker, and one that does is heard and served by ring from then on:
 *
 *   child                                     parent
 *   claims its half, makes the companion
 *   posts HELLO with the companion's other    posts on Node's lane, and does not yet take
 *   end on Node's lane                        what comes by ring
 *                                             gets HELLO: all that the child posted before it on
 *   posts by ring                             Node's lane has been delivered; takes what came by
 *                                             ring, and posts by ring from now on
 *   gets the first message by ring: all that
 *   came on Node's lane before it is there
 *   and is delivered first
 *
 * Each message takes one lane and arrives once, and their order holds across the change.
 */

const EventEmitter = require('node:events');

const companion = require('./companion');
const { Endpoint, ALL } = require('./endpoint');
const launch = require('./launch');
const { binding, control, STATUS } = require('./native');
const { findSymbol, kHybridDispatch, line, symbol } = require('./node-events');
const { HELLO, ENVELOPE, GUARD } = require('./parent-port');
const {
  checkIterable, guard, ports, postWith, readTransfer, throwAsNode, throwLater, watch,
  kBatching, kClosed, kMessage, kMessageError, kMessages,
} = require('./port');
const threads = require('./threads');

const kOnExit = symbol(threads.Worker.prototype, 'kOnExit');

const NONE = -1;

/** What a Worker of Node's inherits to call its listeners with, if that is Node's own still. */
const { emit: nodeEmit } = threads.Worker.prototype;
const isNodes = Function.prototype.toString.call(nodeEmit).includes('kErrorMonitor');
/** Whether what listeners return is looked at. */
const kCapture = findSymbol(EventEmitter.prototype, 'kCapture');

/** How emit() calls a listener. */
const call = line >= 26 ? Reflect.apply : (listener, ...args) => listener.apply(...args);

/**
 * Node's Worker with the fast lane; see https://nodejs.org/api/worker_threads.html#class-worker. All
 * options, methods, properties and events are Node's.
 */
class Worker extends threads.Worker {
  #endpoint;
  #thread;
  /** Node's port to the worker; null after its end. */
  #node;
  #id;
  /** HELLO has come: messages go by ring. */
  #live = false;
  #exiting = false;
  #ended = false;

  /**
   * @param {string | URL} filename
   * @param {import('node:worker_threads').WorkerOptions} [options]
   */
  constructor(filename, options = undefined) {
    let slot = NONE;
    let childSlot = NONE;
    let thread;

    let envelope = null;

    launch.prepare();
    binding.spawnBegin();
    try {
      slot = binding.open();
      childSlot = control[STATUS];
      envelope = envelopeFor(options);
      super(filename, launch.begin(envelope === null ? options : {
        ...options, workerData: envelope.message, transferList: envelope.list,
      }));
      thread = this.threadId;
    } catch (error) {
      binding.spawnAbort();
      binding.close(slot);
      binding.close(childSlot);
      envelope?.takeBack();
      throw error;
    } finally {
      launch.end();
    }
    binding.place(slot, false); // behind the handles that Node has just made
    envelope?.sent(thread);
    this.#thread = thread;
    this.#node = this[findSymbol(this, 'kPublicPort')];
    this.#listen();
    this.#endpoint = new Endpoint(slot);
    this.#endpoint.bind(this, false);
    /* Withdrawn, it is lost with this thread, which may be terminated before it commits. */
    this.#id = binding.withdraw(childSlot);
    binding.spawnCommit(thread, this.#id, this.threadName ?? nameIn(options));
    binding.detach(childSlot);
  }

  /**
   * @param {unknown} value
   * @param {Iterable<object> | {transfer?: Iterable<object>}} [transfer]
   * @throws {DOMException} DataCloneError; nothing is sent and nothing detached
   */
  postMessage(value, transfer) {
    if (this.#ended) return undefined;
    if (arguments.length === 0) throwAsNode((port) => port.postMessage());
    if (this.#live) {
      if (transfer === undefined) this.#endpoint.post(value, null);
      else postWith(this.#endpoint, value, transfer);
      return undefined;
    }

    const read = transfer === undefined ? null : readTransfer(transfer);

    if (read === null || read.ports.length === 0) return super.postMessage(...arguments);

    const envelope = companion.Envelope.seal(ENVELOPE, value, read);

    try {
      super.postMessage(envelope.message, envelope.list);
    } catch (error) {
      envelope.takeBack();
      throw error;
    }
    envelope.sent(this.#thread);
    return undefined;
  }

  /**
   * Send the values of an iterable, in order; see MessagePort's. To a worker that has not loaded ringport
   * yet, or never does, they go one by one.
   * @param {Iterable<unknown>} values
   * @throws {DOMException} DataCloneError; {TypeError} ERR_INVALID_ARG_TYPE: no iterable
   */
  postMessages(values) {
    if (this.#ended) return;
    checkIterable(values);
    if (this.#live) this.#endpoint.postMany(values);
    else for (const value of values) this.postMessage(value);
  }

  /** See MessagePort's: what the worker sends. */
  get receiveViews() {
    return this.#endpoint.views;
  }

  set receiveViews(wanted) {
    this.#endpoint.wantViews(Boolean(wanted));
  }

  /** What ringport in the worker has to say comes on Node's lane, and is not for the application. */
  #listen() {
    const node = this.#node;
    const { [kHybridDispatch]: dispatch } = node;

    Object.defineProperty(node, kHybridDispatch, { value: (value, type, event) => {
      if (!this.#takes(value)) dispatch.call(node, value, type, event);
    }, configurable: true });
  }

  /** @returns {boolean} whether it was for us */
  #takes(message) {
    if (message === null || typeof message !== 'object') return false;

    const { kind, id } = message;

    if (kind === HELLO && id === this.#id) {
      this.#hello(message.end);
      return true;
    }
    if (kind === GUARD) { // whose own parent lives longer still
      (ports.guardByParent ?? guard)(id, message.sign);
      return true;
    }
    return false;
  }

  emit(name, ...args) {
    if (name === 'message' && this[kBatching]) { // by Node's lane
      name = 'messages';
      args = [args];
    }
    if (name === 'online') binding.threadOnline(this.#thread);
    if (name === 'error') this.#drain();
    if (name === 'exit' && this.#exiting) this.#end(); // and not by hand
    return super.emit(name, ...args);
  }

  /** Node's handler of the end: it drains its own lane, then removes the 'message' listeners. */
  [kOnExit](...args) {
    this.#exiting = true;
    return super[kOnExit](...args);
  }

  removeAllListeners(...args) {
    if (this.#exiting && args[0] === 'message') this.#drain();
    return super.removeAllListeners(...args);
  }

  /** Whatever the worker posted comes before its 'error' and its 'exit': Node's lane, then the ring. */
  #drain() {
    const node = this.#node;

    while (!this.#live && node !== null) {
      const received = threads.receiveMessageOnPort(node);

      if (received === undefined) break;
      try {
        if (!this.#takes(received.message)) this.emit('message', received.message);
      } catch (error) {
        throwLater(error); // what comes after it comes all the same
      }
    }
    if (this.#live) this.#endpoint.drain(ALL);
  }

  #hello(end) {
    this.#live = true;
    companion.adopt(this.#endpoint, end);
    this.#endpoint.start();
  }

  #end() {
    this.#ended = true;
    this.#node = null;
    binding.spawnForget(this.#thread);
    this.#endpoint.close();
  }

  get [kBatching]() {
    return this._events?.messages !== undefined; // a call of listenerCount() costs more
  }

  [kMessage](value) {
    const listener = this._events?.message;

    if (typeof listener !== 'function' || !isNodes || kCapture === undefined || this[kCapture] ||
        this.emit !== emit || threads.Worker.prototype.emit !== nodeEmit) {
      this.#emitNow('message', value);
      return;
    }
    /* The only one: what emit() would do, at a fraction of its cost. */
    try {
      call(listener, this, [value]);
    } catch (error) {
      throwLater(error);
    }
  }

  [kMessages](values) {
    this.#emitNow('messages', values);
  }

  [kMessageError](error) {
    this.#emitNow('messageerror', error);
  }

  #emitNow(name, value) {
    try {
      if (this.emit === emit) {
        super.emit(name, value);
        return;
      }

      const result = this.emit(name, value); // the application's own

      if (line < 24) watch(result);
    } catch (error) {
      throwLater(error);
    }
  }

  [kClosed]() {
    /* The worker closed its port, or ended: 'exit' tells. */
  }
}

/** What carries workerData that has our ports in it; null: Node can take the options as they are. */
function envelopeFor(options) {
  /* Anything that is no list is Node's to refuse, or not. */
  const transfer = Array.isArray(options?.transferList) ? readTransfer(options.transferList) : null;

  if (transfer !== null && transfer.ports.length > 0) {
    return companion.Envelope.seal(ENVELOPE, options.workerData, transfer);
  }
  companion.refusePorts(options?.workerData);
  return null;
}

const { emit } = Worker.prototype;

Object.defineProperty(Worker.prototype.postMessage, 'length', { value: 0, configurable: true });

/** The name in a worker's options, unless it is a getter, which has been read. */
function nameIn(options) {
  return Object.getOwnPropertyDescriptor(Object(options), 'name')?.value;
}

module.exports = { Worker };
