'use strict';

/*
 * worker.js - Worker and parentPort.
 *
 * Node makes the thread, the isolate and the loop. Between parent and child lie two lanes: Node's own
 * channel, which is there from the start, and a pair of ringport halves, of which the child takes
 * its one when it first loads ringport (see spawn.h). So a worker that never loads ringport works as
 * with Node's Worker, and one that does is heard and served by ring from then on:
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

const companion = require('./companion');
const context = require('./context');
const {
  Endpoint, ALL, kBatching, kMessage, kMessages, kMessageError, kClosed,
} = require('./endpoint');
const { binding, control, mark, STATUS } = require('./native');
const {
  findSymbol, kCreateEvent, kCurrentlyReceivingPorts, kHybridDispatch, kNewListener,
  kRemoveListener, symbol,
} = require('./node-events');
const {
  MessagePort, Port, checkIterable, postWith, readTransfer, throwAsNode, throwLater, kReceive,
  kStop,
} = require('./port');
const launch = require('./launch');
const threads = require('./threads');

const kOnExit = symbol(threads.Worker.prototype, 'kOnExit');

const HELLO = mark('hello');
/** A message with ringport ports in it, on Node's lane. */
const ENVELOPE = mark('envelope');

/** How long a child looks for its half: in all, and at a time, because nothing ends a native call. */
const CLAIM_MS = 2000;
const CLAIM_SLICE_MS = 50;

const NONE = -1;

const tick = context.tick ?? (() => {});

/**
 * Node's Worker with the fast lane; see https://nodejs.org/api/worker_threads.html#class-worker. All
 * options, methods, properties and events are Node's.
 */
class Worker extends threads.Worker {
  #endpoint;
  #thread;
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
    envelope?.sent(thread);
    this.#thread = thread;
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

  emit(name, ...args) {
    if (name === 'message' && args[0] !== null && typeof args[0] === 'object' &&
        args[0].kind === HELLO && args[0].id === this.#id) {
      this.#hello(args[0].end);
      return true;
    }
    if (name === 'message' && this[kBatching]) { // by Node's lane
      name = 'messages';
      args = [args];
    }
    if (name === 'online') binding.threadOnline(this.#thread);
    if (name === 'error') this.#drain();
    if (name === 'exit') this.#end();
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
    const node = this[findSymbol(this, 'kPublicPort')];
    let received;

    while (!this.#live && node && (received = threads.receiveMessageOnPort(node)) !== undefined) {
      try {
        this.emit('message', received.message);
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
    binding.spawnForget(this.#thread);
    this.#endpoint.close();
  }

  get [kBatching]() {
    return this.listenerCount('messages') > 0;
  }

  [kMessage](value) {
    this.#emitNow('message', value);
  }

  [kMessages](values) {
    this.#emitNow('messages', values);
  }

  [kMessageError](error) {
    this.#emitNow('messageerror', error);
  }

  #emitNow(name, value) {
    try {
      super.emit(name, value);
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

Object.defineProperty(Worker.prototype.postMessage, 'length', { value: 0, configurable: true });

/** The name in a worker's options, unless it is a getter, which has been read. */
function nameIn(options) {
  return Object.getOwnPropertyDescriptor(Object(options), 'name')?.value;
}

/** The port of a worker to its parent: both lanes in one. */
class ParentPort extends Port {
  #node;
  /** The first message by ring has come: nothing more comes on Node's lane. */
  #ring = false;
  #listening = false;
  /** What comes by ring is for those who listen on Node's port. */
  #given = false;

  /** @param {threads.MessagePort} node Node's own parentPort */
  constructor(endpoint, node) {
    super(endpoint);
    this.#node = node;
    node.on('close', () => this.close());
    context.twice = () => this.hasRef() && node.hasRef();
  }

  start() {
    if (!this.#listening && this.#node !== undefined) {
      this.#listening = true;
      this.#node.addEventListener('message', this.#forward);
      this.#node.addEventListener('messageerror', this.#forwardError);
      if (!this.hasRef()) this.#node.unref();
    }
    super.start();
  }

  [kStop]() {
    this.#listening = false;
    this.#node.removeEventListener('message', this.#forward);
    this.#node.removeEventListener('messageerror', this.#forwardError);
    if (!this.#given) super[kStop]();
  }

  /** The thread is to use Node's port again, which hears from now on what comes by ring, as we do from it. */
  static giveBack(port) {
    if (Object(port) === port && #node in port && !port.#given) port.#giveBack();
  }

  #giveBack() {
    const node = this.#node;
    const { [kNewListener]: added, [kRemoveListener]: removed, [kHybridDispatch]: dispatch } = node;
    const put = (key, value) => Object.defineProperty(node, key, { value, configurable: true });

    this.#given = true;
    put(kCreateEvent, this[kCreateEvent]); // which knows our ports
    put(kHybridDispatch, (value, type, event) => {
      if (value?.kind === ENVELOPE) [value, node[kCurrentlyReceivingPorts]] = this.#open(value);
      return dispatch.call(node, value, type, event);
    });
    put(kNewListener, (size, type, ...rest) => {
      if (type === 'message' && size === 1) super.start();
      return added.call(node, size, type, ...rest);
    });
    put(kRemoveListener, (size, type, ...rest) => {
      if (type === 'message' && size === 0) super[kStop]();
      return removed.call(node, size, type, ...rest);
    });
    if (node.listenerCount('message') > 0) super.start();
  }

  #toNode(value, type, ports = []) {
    this.#node[kCurrentlyReceivingPorts] = ports;
    this.#node[kHybridDispatch](value, type, undefined);
  }

  ref() {
    super.ref();
    this.#node?.ref();
  }

  unref() {
    super.unref();
    this.#node?.unref();
  }

  close(callback) {
    super.close(callback);
    this.#node.close();
  }

  #forward = (event) => this.#deliver(event.data, event.ports);

  #forwardError = (event) => super[kMessageError](event.data);

  /** @returns {[unknown, object[]]} the value in an envelope, and its ports */
  #open(envelope) {
    const received = companion.receive(envelope, this);

    return [Endpoint.open(envelope.bytes, received), received.ports];
  }

  #deliver(value, ports) {
    if (value?.kind === ENVELOPE) [value, ports] = this.#open(value);
    if (this[kBatching]) super[kMessages]([value], ports);
    else super[kMessage](value, ports);
  }

  [kMessage](value, ports) {
    if (!this.#ring) this.#changeOver();
    if (this.#given) this.#toNode(value, 'message', ports);
    else super[kMessage](value, ports);
  }

  [kMessages](values, ports) {
    if (!this.#ring) this.#changeOver();
    if (this.#given) for (const value of values) this.#toNode(value, 'message', ports);
    else super[kMessages](values, ports);
  }

  [kMessageError](error) {
    if (this.#given) this.#toNode(error, 'messageerror');
    else super[kMessageError](error);
  }

  #changeOver() {
    this.#ring = true;
    this.#drainNode();
  }

  /** What came on Node's lane and has not been dispatched: to all who listen there. */
  #drainNode() {
    let received;

    while ((received = threads.receiveMessageOnPort(this.#node)) !== undefined) {
      this.#node[kHybridDispatch](received.message, 'message', undefined);
      tick();
    }
  }

  [kReceive]() {
    if (!this.#ring) {
      const received = threads.receiveMessageOnPort(this.#node);

      if (received === undefined) return super[kReceive]();
      if (received.message?.kind !== ENVELOPE) return received;

      const { bytes } = received.message;

      return { message: Endpoint.open(bytes, companion.receive(received.message, this)) };
    }
    return super[kReceive]();
  }
}

/* As of any other port. */
Object.defineProperty(ParentPort.prototype, 'constructor', { value: MessagePort });

/**
 * The id of the half that our parent has made for us, undefined if there is none. A parent that
 * does not get to an end keeps Node's channel, which is as good and slower.
 */
function claim() {
  for (let waited = 0; waited < CLAIM_MS; waited += CLAIM_SLICE_MS) {
    const id = binding.spawnClaim(threads.threadId, CLAIM_SLICE_MS);

    if (id !== null) return id;
  }
  return undefined;
}

/** In a worker of ours: its port. In a worker of Node's: Node's port. Else null. */
function findParentPort() {
  const node = threads.parentPort;

  if (node === null || node === undefined) return node;

  const id = claim();
  const slot = id === undefined ? NONE : binding.attach(id);

  if (slot === NONE) return node;

  const { port1, port2 } = new threads.MessageChannel();
  const endpoint = new Endpoint(slot);
  const port = new ParentPort(endpoint, node);

  companion.adopt(endpoint, port1);
  node.postMessage({ kind: HELLO, id, end: port2 }, [port2]);
  return port;
}

function findWorkerData() {
  const { workerData } = threads;

  if (workerData?.kind !== ENVELOPE) return workerData;
  /* For good, and for whoever asks Node: a port can be taken out of its envelope once. */
  const opened = Endpoint.open(workerData.bytes, companion.receive(workerData));

  require('node:worker_threads').workerData = opened;
  return opened;
}

binding.threadRun(threads.threadId, threads.threadName);
module.exports = {
  Worker, giveBack: ParentPort.giveBack, parentPort: findParentPort(), workerData: findWorkerData(),
};
