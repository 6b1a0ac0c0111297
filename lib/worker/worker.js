'use strict';

/*
 * worker.js - Worker; the other side is parent-port.js.
 *
 * Node makes the thread, the isolate and the loop. Between parent and child lie two ways: Node's own
 * channel, which is there from the start, and a pair of ringport endpoints, of which the child attaches its
 * one when it loads ringport. Each side sends its first messages by Node; when they have cost as much as
 * the ring does to load, and the other side has attached its endpoint, it goes over to the ring with its
 * next message, also within a burst. The receiver of the first message by ring delivers what came by Node
 * first: all of it is there by then. So each message takes one way and arrives once, in order, and a worker
 * that never loads ringport works as with Node's Worker.
 */

const EventEmitter = require('node:events');

const { throwLater, watch } = require('../ports/call-listener');

const {
  binding, control, endpoints, findSymbol, line, define, local, owner, setImmediate, threads,
  STATUS,
} = require('../loading/native');
const { CHANNEL, ENVELOPE, GUARD, open } = require('./parent-port');
const { Way, isObject, located, postByC } = require('../ports/way');

const kHybridDispatch = Symbol.for('nodejs.internal.kHybridDispatch');

const kOnExit = findSymbol(threads.Worker.prototype, 'kOnExit');
let kPublicPort;

const NONE = -1;
/** A Worker never stops its port. */
const ALWAYS = { receiving: true };

/** What a Worker of Node's inherits to call its listeners with, if that is Node's own still. */
const { emit: nodeEmit } = threads.Worker.prototype;
const { prototype: nodePrototype } = threads.MessagePort;
const isNodes = Function.prototype.toString.call(nodeEmit).includes('kErrorMonitor');
/** Whether what listeners return is looked at. */
const kCapture = findSymbol(EventEmitter.prototype, 'kCapture');

/** How emit() calls a listener. */
const call = line >= 26 ? Reflect.apply : (listener, ...args) => listener.apply(...args);

const { kBatching, kClosed, kMessage, kMessageError, kMessages } = owner;

/**
 * Node's Worker with the fast lane; see https://nodejs.org/api/worker_threads.html#class-worker. All
 * options, methods, properties and events are Node's.
 */
class Worker extends threads.Worker {
  /** null until a message has gone or come by ring. */
  #endpoint = null;
  #slot;
  /** What async_hooks sees: a port that says whether it keeps the loop alive. */
  #resource;
  /** What messages by Node have cost. */
  #way = new Way(false);
  /** A message has gone by ring, so all must. */
  #byRing = false;
  /** All that came by Node before the first message by ring has been delivered. */
  #direct = false;
  /** Node reads the getters of a message: what they post goes before it, on the same way. */
  #posting = false;
  #thread;
  /** The worker runs without addons: it never has ports of ours. */
  #isBare;
  /** Node's port to the worker; null after its end. */
  #node;
  #receivesViews = false;
  #exiting = false;
  /** Listeners are being called for what came by Node, or by ring at the end. */
  #calling = false;
  #ended = false;

  /**
   * @param {string | URL} filename
   * @param {import('node:worker_threads').WorkerOptions} [options]
   */
  constructor(filename, options = undefined) {
    let slot = NONE;
    let childSlot = NONE;
    let thread;

    const isBare = hasNoAddons(options);
    let parcel = null;

    if (local.portsMade > 0 && Object(options) === options) {
      parcel = isBare ? new BareParcel(options) : new Parcel(options);
    }

    define(0);
    binding.spawnBegin();
    try {
      slot = binding.open();
      childSlot = control[STATUS];
      super(filename, local.launch.begin(parcel === null ? options : parcel.options));
      thread = this.threadId;
    } catch (error) {
      binding.spawnAbort();
      binding.close(slot);
      binding.close(childSlot);
      throw parcel === null ? error : parcel.takeBack(error);
    } finally {
      local.launch.end();
    }
    binding.place(slot, false); // behind the handles that Node has just made
    /* From the first message by ring on, which waits until Node has called those. */
    binding.setReceiving(slot, true);
    parcel?.sent(thread);
    this.#thread = thread;
    this.#isBare = isBare;
    kPublicPort ??= findSymbol(this, 'kPublicPort');
    this.#node = this[kPublicPort];
    this.#listen();
    this.#slot = slot;
    /* With nothing queued it is the end of the child's half, of which 'exit' tells. */
    endpoints[slot] = (queued) => (queued > 0 ? this.#arrive(queued) : this.#sealed());
    this.#resource = Object.create(threads.MessagePort.prototype,
      {
        __proto__: null,
        hasRef: { __proto__: null, value: () => this.#node !== null && this.#node.hasRef() },
      });
    binding.bind(slot, this.#resource); // which does not keep it
    /* Withdrawn, it is lost with this thread, which may be terminated before it commits. */
    binding.spawnCommit(thread, binding.withdraw(childSlot), this.threadName ?? nameIn(options));
    binding.detach(childSlot);
  }

  /**
   * @param {unknown} value
   * @param {Iterable<object> | {transfer?: Iterable<object>}} [transfer]
   * @throws {DOMException} DataCloneError; nothing is sent and nothing detached
   */
  postMessage(value, transfer) {
    if (this.#ended) return undefined;
    if (this.#endpoint !== null && transfer === undefined && arguments.length !== 0) {
      this.#endpoint.post(value, null);
      return undefined;
    }
    if (arguments.length === 0) return super.postMessage(); // which throws
    if (this.#endpoint === null) {
      if (!this.#byRing && !this.#pays(value, transfer)) return this.#postByNode(value, transfer);
      if (!this.#byRing) require('../ports/posts').watchPosts();
      this.#byRing = true;
      if (transfer === undefined) {
        const rest = postByC(this.#slot, value);

        if (rest === undefined) return undefined;
        if (rest !== value) {
          if (this.#connect()) require('../ports/send').sendCopy(this.#endpoint, rest, value);
          return undefined;
        }
      }
      this.#connect();
    }
    if (transfer === undefined) this.#endpoint.post(value, null);
    else require('../ports/transfer-list').postWith(this.#endpoint, value, transfer);
    return undefined;
  }

  /** Whether a message is to go by ring, and can. */
  #pays(value, transfer) {
    return !this.#posting && this.#way.pays(value, transfer) && binding.peerDeclared(this.#slot);
  }

  #postByNode(value, transfer) {
    const outer = this.#posting;

    this.#posting = true;
    try {
      if (transfer === undefined && !isObject(value)) this.#node.postMessage(value);
      else if (local.portsMade > 0) this.#postWithPorts(value, transfer);
      else this.#node.postMessage(value, transfer);
    } catch (error) {
      throw located(error, value, transfer);
    } finally {
      this.#posting = outer;
    }
  }

  /** To a child that has not attached its endpoint: there may be ports of ours in the list. */
  #postWithPorts(value, transfer) {
    if (this.#isBare) {
      this.#node.postMessage(...require('../ports/over-node').asNode(value, transfer));
      return;
    }

    require('./post-with-ports').postWithPorts(
      this.#node, this.#node.postMessage, value, transfer, this.#thread);
  }

  /**
   * Send the values of an iterable, in order; see MessagePort's. To a worker that has not loaded ringport
   * yet, or never does, they go one by one.
   * @param {Iterable<unknown>} values
   * @throws {DOMException} DataCloneError; {TypeError} ERR_INVALID_ARG_TYPE: no iterable
   */
  postMessages(values) {
    if (this.#ended) return;
    require('../ports/transfer-list').checkIterable(values);
    if (!this.#posting && binding.peerDeclared(this.#slot)) this.#connect();
    if (this.#endpoint !== null) this.#endpoint.postMany(values);
    else for (const value of values) this.postMessage(value);
  }

  /** See MessagePort's: what the worker sends. */
  get receiveViews() {
    return this.#receivesViews;
  }

  set receiveViews(wanted) {
    define(1);
    this.#receivesViews = Boolean(wanted);
    if (this.#endpoint !== null) this.#endpoint.wantViews(this.#receivesViews);
    else if (!this.#ended) binding.wantViews(this.#slot, this.#receivesViews);
  }

  /** What ringport in the worker has to say comes by Node, and is not for the application. */
  #listen() {
    const node = this.#node;
    const { [kHybridDispatch]: dispatch } = node;

    Object.defineProperty(node, kHybridDispatch, { __proto__: null, value: (value, type, event) => {
      this.#way.heard = true;
      if (typeof value !== 'object' || value === null || !this.#takes(value)) {
        if (value?.kind === ENVELOPE) [value] = open(value);

        const outer = this.#calling;

        this.#calling = true;
        try {
          dispatch.call(node, value, type, event);
        } finally {
          this.#calling = outer;
        }
      }
    }, configurable: true });
  }

  /** @returns {boolean} whether this message was for us */
  #takes({ kind, id, end, sign }) {
    if (kind === CHANNEL) {
      this.#connect();
      this.#endpoint.adopt(end);
      return true;
    }
    if (kind === GUARD) {
      const { guard, guardByParent } = require('../ports/transfer-handle');

      (local.parentPort === null ? guard : guardByParent)(id, sign);
      return true;
    }
    return false;
  }

  /** Messages have come by ring. @returns {boolean} whether endpoint.js is to deal with them */
  #arrive(queued) {
    this.#way.isLed = true;
    if (this[kBatching]) return this.#connect();

    const { deliver, deliverEarlier } = require('../ports/dispatch');

    if (!this.#direct) {
      this.#direct = deliverEarlier(() => this.#dispatchEarlier(), ALWAYS);
      if (!this.#direct) return false;
    }
    return !deliver(this.#slot, this, ALWAYS, queued) && this.#connect();
  }

  /** Nothing is queued: the child may have closed its end, which leaves nothing to come. @returns {false} */
  #sealed() {
    if (binding.peerClosed(this.#slot) && binding.queued(this.#slot) === 0) {
      binding.close(this.#slot);
      this.#slot = NONE;
    }
    return false;
  }

  /** Have all of the ring. @returns {boolean} false: the worker has ended */
  #connect() {
    if (this.#endpoint !== null || this.#ended) return !this.#ended;
    this.#byRing = true;

    const { Endpoint } = require('../ports/endpoint');
    const endpoint = new Endpoint(this.#slot);

    endpoint.owner = this;
    endpoint.earlier = this.#direct ? null : () => this.#dispatchEarlier();
    endpoint.offer = (end) => {
      if (this.#node === null) return;
      nodePrototype.postMessage.call(this.#node, { kind: CHANNEL, end }, [end]);
    };
    endpoint.pull = () => this.#pull();
    this.#endpoint = endpoint;
    endpoint.receiving = true;
    if (this.#receivesViews) endpoint.wantViews(true);
    return true;
  }

  /** Messages that have been taken from Node's queue to find the Node channel among them. */
  #pulled = [];

  /** Take what Node has brought until the Node channel is among it. */
  #pull() {
    while (this.#node !== null && this.#endpoint.hold.companion === null) {
      const received = threads.receiveMessageOnPort(this.#node);

      if (received === undefined) break;
      if (!isObject(received.message) || !this.#takes(received.message)) {
        this.#pulled.push(received.message);
      }
    }
    /* Nothing may come by ring that would have these dispatched. */
    if (this.#pulled.length > 0) {
      setImmediate(() => { while (this.#pulled.length > 0) this.#dispatchEarlier(); });
    }
  }

  /**
   * Dispatch a message that came by Node before the first one by ring. @returns {boolean} false: there is
   * none
   */
  #dispatchEarlier() {
    const node = this.#node;

    if (node === null) return false;

    const received = this.#pulled.length > 0
      ? { message: this.#pulled.shift() } : threads.receiveMessageOnPort(node);

    if (received === undefined) return false;
    node[kHybridDispatch](received.message, 'message', undefined);
    return true;
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
    /* Not if a listener does it, which these messages have: they go to those that it leaves. */
    if (this.#exiting && !this.#calling && args[0] === 'message') this.#drain();
    return super.removeAllListeners(...args);
  }

  /**
   * Whatever the worker posted comes before its 'error' and its 'exit': first what came by Node, then the
   * ring.
   */
  #drain() {
    for (let more = true; more;) {
      try {
        more = this.#dispatchEarlier();
      } catch (error) {
        throwLater(error); // what comes after it comes all the same
      }
    }
    if (this.#endpoint === null && binding.queued(this.#slot) > 0) this.#connect();
    if (this.#endpoint === null) return;

    const outer = this.#calling;

    this.#calling = true;
    this.#endpoint.drain(require('../ports/endpoint').ALL);
    this.#calling = outer;
  }

  #end() {
    this.#ended = true;
    this.#node = null;
    binding.spawnForget(this.#thread);
    if (this.#endpoint !== null) this.#endpoint.close();
    else binding.close(this.#slot);
  }

  get [kBatching]() {
    return this._events?.messages !== undefined; // a call of listenerCount() costs more
  }

  [kMessage](value) {
    if (this[kBatching]) {
      this.#connect();
      this.#emitNow('messages', [value]);
      return;
    }

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

/**
 * The options of a Worker where there are ports of ours. Node reads them as it reads any options; if it finds
 * ports of ours in transferList, what it gets as workerData is an envelope.
 */
class Parcel {
  /** What Node has read of the list; null: nothing. @type {import('./companion').Transfer | null} */
  #transfer = null;
  #envelope = null;
  #data;

  constructor(options) {
    const { standFor } = require('../ports/transfer-list');

    this.options = standFor(options, (key) => {
      const { [key]: value } = options;

      if (key === 'workerData') return this.#pack(value);
      if (key !== 'transferList' || !isObject(value)) return value;
      /* Node takes its elements as those of an array, whatever it is. */
      return standFor(value, (index) => (index === 'length' ? value.length : this.#add(value[index])));
    });
  }

  #add(item) {
    this.#transfer ??= new (require('../ports/node-channel').Transfer)([]);
    return this.#transfer.add(item);
  }

  #pack(value) {
    this.#data = value;
    if (this.#envelope !== null) return this.#envelope.message;
    if (this.#transfer === null || this.#transfer.ports.length === 0) {
      require('../ports/node-channel').refuseUnlisted(value);
      return value;
    }
    this.#transfer.checkAlone();
    this.#envelope = require('../ports/node-channel').Envelope.seal(ENVELOPE, value, this.#transfer);
    return this.#envelope.message;
  }

  sent(thread) {
    this.#envelope?.sent(thread);
  }

  /** Nothing has been started. @returns what is to be thrown */
  takeBack(error) {
    this.#envelope?.takeBack();
    return this.#envelope !== null ? error : require('../ports/node-channel').explain(error, this.#data);
  }
}

/** The same for a worker without addons, to which ports go as ports of Node's. */
class BareParcel {
  #list = null;
  #data;

  constructor(options) {
    this.options = require('../ports/transfer-list').standFor(options, (key) => {
      if (key === 'workerData' && this.#list !== null) return this.#data;

      const { [key]: value } = options;

      if (key !== 'transferList' || !isObject(value)) return value;
      if (this.#list === null) {
        const items = Array.from({ length: value.length }, (_, i) => value[i]);

        [this.#data, this.#list] = require('../ports/over-node').asNode(options.workerData, items);
      }
      return this.#list;
    });
  }

  sent() {
    // by Node, whole
  }

  takeBack(error) {
    return error;
  }
}

const { emit } = Worker.prototype;

Object.defineProperty(Worker.prototype.postMessage, 'length',
  { __proto__: null, value: 0, configurable: true });

/** The name in a worker's options, unless it is a getter, which has been read. */
function nameIn(options) {
  return Object.getOwnPropertyDescriptor(Object(options), 'name')?.value;
}

/** Whether the worker is told to run without addons, by what can be seen without running a getter. */
function hasNoAddons(options) {
  const flags = Object.getOwnPropertyDescriptor(Object(options), 'execArgv')?.value;

  return Array.isArray(flags) && flags.some((flag) => flag === '--no-addons' || flag === '--no_addons');
}

module.exports = { Worker };
