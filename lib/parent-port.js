'use strict';

/*
 * parent-port.js - what a worker has from its parent: parentPort and workerData. See worker.js.
 *
 * To take its half, to make the companion and to load what speaks by ring costs a thread more than a
 * dozen messages on Node's lane do. So a worker's port begins without any of it: the first few
 * messages of either go on Node's lane, and it connects to its parent with what comes behind them,
 * or when it is used for anything that Node's lane cannot do.
 */

const { AsyncResource } = require('node:async_hooks');

const { isForNode, mayBePort } = require('./by-node');
const { binding, mark } = require('./native');
const {
  kCreateEvent, kCurrentlyReceivingPorts, kHybridDispatch, kNewListener, kRemoveListener,
} = require('./node-events');
const {
  MessagePort, Port, load, ports, kBatching, kClosed, kMessage, kMessageError, kMessages, kReceive,
  kStop,
} = require('./port');
const threads = require('./threads');

const HELLO = mark('hello');
/** A message with ringport ports in it, on Node's lane. */
const ENVELOPE = mark('envelope');
/** A passport for the parent to guard, on Node's lane; see guard() in port.js. */
const GUARD = mark('guard');

/** How many messages, of both, go on Node's lane before a worker connects. */
const FIRST = 8;

/** How long a child looks for its half: in all, and at a time, because nothing ends a native call. */
const CLAIM_MS = 2000;
const CLAIM_SLICE_MS = 50;

const NONE = -1;

const { [kCreateEvent]: createEvent } = threads.MessagePort.prototype;
/* The engine looks up super[symbol] anew each time, for half of what a small message costs. */
const {
  [kMessage]: emitMessage, [kMessages]: emitMessages, [kReceive]: receiveByRing,
} = Port.prototype;

/** Whether it is not for Node: a port of ours may be in it that Node would not say the right thing of. */
function mayHoldPort(value) {
  if (typeof value !== 'object' || value === null) return false;
  return ports.made > 0 || !isForNode(value);
}

/** In the place of the endpoint of a worker's port, until that connects. */
class Waiting {
  /** What is asked of an endpoint; see endpoint.js. */
  refed = false;
  receiving = false;
  views = false;
  gone = false;
  #awaited = false;
  #ending = false;

  #node;
  #owner = null;
  #endpoint = null;
  #connected = false;
  /** Messages on Node's lane. */
  #count = 0;
  /** Node reads the getters of a message: what they post goes before it, on the same lane. */
  #posting = false;
  /** What the port is created in, which its listeners are called in: to connect may happen anywhere. */
  #scope = new AsyncResource('MESSAGEPORT', { requireManualDestroy: true });

  /** @param {threads.MessagePort} node Node's own parentPort */
  constructor(node) {
    this.#node = node;
  }

  get open() {
    return !this.#ending;
  }

  bind(owner) {
    this.#owner = owner;
  }

  /** Nothing can come on Node's lane any more: a message by ring is there, and what was before it is not. */
  get over() {
    return this.#connected && this.#endpoint.earlier === null;
  }

  /** Whether a message by ring waits. */
  get queued() {
    return this.#connected && this.#endpoint.queued;
  }

  /** @returns {import('./endpoint').Endpoint} the real one; a closed one after the end of either, or without
   * memory for it: then values go on by Node's lane */
  connected() {
    if (this.#endpoint !== null) return this.#endpoint;

    load();

    const companion = require('./companion');
    const context = require('./context');
    const { Endpoint } = require('./endpoint');

    if (this.#ending) return this.#endpoint = new Endpoint(NONE);

    const { port1, port2 } = new threads.MessageChannel();

    if (this.#endpoint !== null) { // by an async hook
      port1.close();
      return this.#endpoint;
    }

    const id = binding.spawnClaim(threads.threadId, 0);
    const endpoint = new Endpoint(id ? binding.attach(id) : NONE);

    this.#endpoint = endpoint;
    if (endpoint.gone) {
      port1.close();
      return endpoint;
    }
    this.#connected = true;
    binding.place(endpoint.slot, true); // where Node's port stands, as far as can be told
    companion.adopt(endpoint, port1);
    Port.connect(this.#owner, endpoint);
    endpoint.earlier = this.#earlier;
    this.#scope.runInAsyncScope(() => endpoint.bind(this.#owner, true));
    context.twice = () => endpoint.refed && this.#node.hasRef();
    if (this.#awaited) endpoint.await(true);
    if (this.refed) endpoint.ref();
    if (this.receiving) endpoint.start();
    this.#node.postMessage({ kind: HELLO, id, end: port2 }, [port2]);
    return endpoint;
  }

  /** A message has come on Node's lane, and has been dispatched. */
  heard() {
    if (this.#endpoint !== null || ++this.#count <= FIRST) return;
    if (!this.#posting && !this.#ending) this.connected();
  }

  /** Dispatch a message of Node's lane, to all who listen there. @returns {boolean} false: there is none */
  #earlier = () => {
    const received = threads.receiveMessageOnPort(this.#node);

    if (received === undefined) return false;
    this.#node[kCurrentlyReceivingPorts] = undefined; // of the message before
    this.#node[kHybridDispatch](received.message, 'message', undefined);
    return true;
  };

  post(value, transfer) {
    const isFirst = this.#endpoint === null && (this.#posting
      ? !(transfer?.ports.length > 0) : transfer === null && ++this.#count <= FIRST);

    if (!isFirst || mayHoldPort(value)) {
      const endpoint = this.connected();

      if (!endpoint.gone || transfer?.ports.length > 0) return endpoint.post(value, transfer);
    }
    return this.#postToNode(value, transfer?.list);
  }

  postByNode(value, list, bytes) {
    if (this.#posting && this.#endpoint === null) return this.#postToNode(value, list);

    const endpoint = this.connected();

    return endpoint.gone ? this.#postToNode(value, list) : endpoint.postByNode(value, list, bytes);
  }

  #postToNode(value, list) {
    const outer = this.#posting;

    this.#posting = true;
    try {
      return this.#node.postMessage(value, list);
    } catch (error) {
      /* Of a port of ours Node says something else. */
      if (mayBePort(error)) {
        load();
        require('./companion').checkPorts(value);
      }
      throw error;
    } finally {
      this.#posting = outer;
    }
  }

  postMany(values) {
    if (this.#posting || this.connected().gone) for (const value of values) this.post(value, null);
    else this.#endpoint.postMany(values);
  }

  wantViews(wanted) {
    this.connected().wantViews(wanted);
  }

  /** Nothing has come by ring. */
  receive() {
    return undefined;
  }

  start() {
    if (!this.#ending) this.receiving = true;
  }

  stop() {
    this.receiving = false;
  }

  ref() {
    this.refed = !this.gone;
  }

  unref() {
    this.refed = false;
  }

  await(awaited) {
    this.#awaited = awaited;
  }

  /** Node's port closes with it, and tells. */
  close() {
    this.#ending = true;
  }

  /** Node's port has closed. */
  closed() {
    if (this.#connected || this.gone) return;
    this.#ending = true;
    this.gone = true;
    this.refed = false;
    this.receiving = false;
    this.#owner[kClosed]();
  }
}

/** The port of a worker to its parent: both lanes in one. */
class ParentPort extends Port {
  #node;
  #waiting;
  #listening = false;
  /** The ports of a message on Node's lane that another listener there has had made an event of. */
  #list = undefined;
  /** What comes by ring is for those who listen on Node's port. */
  #given = false;

  /** @param {threads.MessagePort} node Node's own parentPort */
  constructor(node) {
    const waiting = new Waiting(node);

    super(waiting);
    this.#node = node;
    this.#waiting = waiting;
    Object.defineProperty(node, kCreateEvent, { value: (...args) => {
      this.#list = node[kCurrentlyReceivingPorts];
      return createEvent.apply(node, args);
    }, configurable: true });
    node.on('close', () => {
      this.close();
      waiting.closed();
    });
    ports.guardByParent = (id, sign) => node.postMessage({ kind: GUARD, id, sign }, [sign]);
  }

  start() {
    if (!this.#listening && this.#node !== undefined) {
      const wasRefed = this.#node.hasRef(); // by who listens there

      this.#listening = true;
      this.#node.on('message', this.#forward);
      this.#node.addEventListener('messageerror', this.#forwardError);
      if (!wasRefed && !this.hasRef()) this.#node.unref();
    }
    super.start();
  }

  [kStop]() {
    this.#listening = false;
    this.#node.off('message', this.#forward);
    this.#node.removeEventListener('messageerror', this.#forwardError);
    if (!this.#given) super[kStop]();
  }

  /** The thread is to use Node's port again, which hears from now on what comes by ring, as we do from it. */
  static giveBack(port) {
    if (Object(port) === port && #node in port && !port.#given) port.#giveBack();
  }

  #giveBack() {
    this.#waiting.connected();

    const node = this.#node;
    const { [kNewListener]: added, [kRemoveListener]: removed, [kHybridDispatch]: dispatch } = node;
    const put = (key, value) => Object.defineProperty(node, key, { value, configurable: true });

    this.#given = true;
    put(kCreateEvent, this[kCreateEvent]); // which knows our ports
    put(kHybridDispatch, (value, type, event) => {
      if (value?.kind === ENVELOPE) [value, node[kCurrentlyReceivingPorts]] = open(value, this);
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

  #toNode(value, type, list = []) {
    this.#node[kCurrentlyReceivingPorts] = list;
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

  /* As one of Node's own kind: for an event Node loads 16 ms of modules from Node 22 on. */
  #forward = (value) => {
    const list = this.#node[kCurrentlyReceivingPorts] ?? this.#list;

    this.#list = undefined;
    this.#deliver(value, list);
  };

  #forwardError = (event) => super[kMessageError](event.data);

  #deliver(value, list) {
    if (value?.kind === ENVELOPE) [value, list] = open(value, this);
    if (this[kBatching]) emitMessages.call(this, [value], list);
    else emitMessage.call(this, value, list);
    this.#waiting.heard();
  }

  [kMessage](value, list) {
    if (this.#given) this.#toNode(value, 'message', list);
    else emitMessage.call(this, value, list);
  }

  [kMessages](values, list) {
    if (this.#given) for (const value of values) this.#toNode(value, 'message', list);
    else emitMessages.call(this, values, list);
  }

  [kMessageError](error) {
    if (this.#given) this.#toNode(error, 'messageerror');
    else super[kMessageError](error);
  }

  [kReceive]() {
    if (this.#waiting.over) return receiveByRing.call(this);

    /* Asked first: what came before it on Node's lane is there by then. */
    const { queued } = this.#waiting;
    const received = threads.receiveMessageOnPort(this.#node);

    if (received === undefined) return queued ? receiveByRing.call(this) : undefined;
    this.#waiting.heard();
    if (received.message?.kind !== ENVELOPE) return received;
    return { message: open(received.message, this)[0] };
  }
}

/* As of any other port. */
Object.defineProperty(ParentPort.prototype, 'constructor', { value: MessagePort });

/** The message in an envelope. @returns {[unknown, object[]]} the value and its ports */
function open(envelope, owner) {
  const received = require('./companion').receive(envelope, owner);

  return [require('./endpoint').Endpoint.open(envelope.bytes, received), received.ports];
}

/**
 * Whether our parent has made a half for us. A parent that does not get to an end keeps Node's channel,
 * which is as good and slower.
 */
function hasHalf() {
  for (let waited = 0; waited < CLAIM_MS; waited += CLAIM_SLICE_MS) {
    const id = binding.spawnLook(threads.threadId, CLAIM_SLICE_MS);

    if (id !== null) return id !== undefined;
  }
  return false;
}

/** In a worker of ours: its port. In a worker of Node's: Node's port. Else null. */
function findParentPort() {
  const node = threads.parentPort;

  return node !== null && node !== undefined && hasHalf() ? new ParentPort(node) : node;
}

function findWorkerData() {
  const { workerData } = threads;

  if (workerData?.kind !== ENVELOPE) return workerData;
  /* For good, and for whoever asks Node: a port can be taken out of its envelope once. */
  const [opened] = open(workerData);

  require('node:worker_threads').workerData = opened;
  return opened;
}

binding.threadRun(threads.threadId, threads.threadName);
module.exports = {
  HELLO, ENVELOPE, GUARD, giveBack: ParentPort.giveBack, parentPort: findParentPort(),
  workerData: findWorkerData(),
};
