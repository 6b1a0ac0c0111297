'use strict';

/*
 * worker.js - Worker; the other side is parent-port.js.
 *
 * Node makes the thread, the isolate and the loop. Between parent and child lie two ways:
 * Node's own channel, which is there from the start, and a pair of ringport endpoints, of
 * which the child attaches its one when it loads ringport. Each side sends its first
 * messages by Node; when they have cost as much as the ring does to load, and the other
 * side has attached its endpoint, it goes over to the ring with its next message, also
 * within a burst. Its last message by Node is CHANGE: there the receiver begins to
 * deliver what comes by ring. So each message takes one way and arrives once, in order,
 * and a worker that never loads ringport works as with Node's Worker.
 */

const {
  binding, control, endpoints, findSymbol, define, local, owner, threads, STATUS,
  FOR_CHANNELS, FOR_PORTS,
} = require('../loading/native');
const { FOR_PRIMITIVES, needOf } = require('../ports/is-flat');
const { Way, postByC } = require('../ports/way');
const { emitMessage, emitNow } = require('./emit');
const { FromNode } = require('./from-node');
const { EVENTS, Listening } = require('./listening');
const { CHANGE, CHANNEL, GUARD } = require('./marks');
const { hasNoAddons, nameIn } = require('./options');
const { postToWorker } = require('./post-to-worker');
const { prepare } = require('./prepare');

const [kOnExit, kOnErrorMessage, kOnCouldNotSerializeErr] =
  ['kOnExit', 'kOnErrorMessage', 'kOnCouldNotSerializeErr']
    .map((name) => findSymbol(threads.Worker.prototype, name));
let kPublicPort;

const NONE = -1;

const { prototype: nodePrototype } = threads.MessagePort;
const { postMessage: nodePost } = nodePrototype;
const { kBatching, kClosed, kMessage, kMessageError, kMessages } = owner;

/**
 * Node's Worker with the ring; see
 * https://nodejs.org/api/worker_threads.html#class-worker. All options, methods,
 * properties and events are Node's.
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
  #isDirect = false;
  #listening = new Listening();
  /**
   * Node reads the getters of a message: what they post goes before it, on the same way.
   */
  #posting = false;
  #thread;
  /** The worker runs without addons: it never has ports of ours. */
  #isBare;
  /** Node's port to the worker; null after its end. */
  #node;
  #fromNode; // what comes by it
  #receivesViews = false;
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

    const isBare = hasNoAddons(options);
    let parcel = null;

    if (local.portsMade > 0 && Object(options) === options) {
      const { BareParcel, Parcel } = require('./parcels');

      parcel = isBare ? new BareParcel(options) : new Parcel(options);
    }

    define(FOR_CHANNELS);
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
    binding.setReceiving(slot, true);
    parcel?.sent(thread);
    this.#thread = thread;
    this.#isBare = isBare;
    kPublicPort ??= findSymbol(this, 'kPublicPort');
    this.#node = this[kPublicPort];
    this.#fromNode = new FromNode(this.#node, this.#way, (message) => this.#takes(message));
    this.#slot = slot;
    /* With nothing queued the child's endpoint has ended, of which 'exit' tells. */
    endpoints[slot] = (queued) => (queued > 0 ? this.#arrive(queued) : this.#sealed());
    /* Beside Node's own, which do this for its port. */
    super.on('newListener', (name) => EVENTS.includes(name) && this.#listen(true, name));
    super.on('removeListener', (name) => EVENTS.includes(name) &&
      this.#listen(EVENTS.some((event) => this.listenerCount(event) > 0)));
    this.#resource = Object.create(threads.MessagePort.prototype,
      {
        __proto__: null,
        hasRef: { __proto__: null, value: () => this.#node !== null && this.#node.hasRef() },
      });
    binding.bind(slot, this.#resource); // which does not keep it
    /* Withdrawn, it is lost with this thread, should that end before it commits. */
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
      if (!this.#byRing && !this.#pays(value, transfer)) {
        const nears = this.#way.nears && binding.peerDeclared(this.#slot);

        this.#postByNode(value, transfer);
        if (nears && !this.#ended) prepare(this.#way.prepares(needOf(value)));
        return undefined;
      }
      if (!this.#byRing) this.#changeWay(needOf(value));
      if (!local.watchesPosts) require('../ports/posts').watchPosts();
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
      postToWorker(this.#node, this.#thread, this.#isBare, value, transfer);
    } finally {
      this.#posting = outer;
    }
  }

  /**
   * Send the values of an iterable, in order; see MessagePort's. To a worker that has not
   * loaded ringport yet, or never does, they go one by one.
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
    define(FOR_PORTS);
    this.#receivesViews = Boolean(wanted);
    if (this.#endpoint !== null) this.#endpoint.wantViews(this.#receivesViews);
    else if (!this.#ended) binding.wantViews(this.#slot, this.#receivesViews);
  }

  /** From now on all goes by ring. */
  #changeWay(need) {
    if (this.#byRing) return;
    nodePost.call(this.#node, { kind: CHANGE, need });
    this.#byRing = true;
  }

  /** @returns {boolean} whether this message was for us */
  #takes({ kind, id, end, sign, need }) {
    if (kind === CHANGE) {
      prepare(need);
      this.#way.isLed = this.#isDirect = true;
      if (this.#endpoint !== null) this.#endpoint.wait = null;
      require('../ports/dispatch').deliverQueued(this.#endpoint?.slot ?? this.#slot);
      return true;
    }
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

  /**
   * Messages have come by ring.
   * @returns {boolean} whether endpoint.js is to deal with them
   */
  #arrive(queued) {
    if (!this.#listening.receiving) return this.#listening.stop(this.#slot);
    if (!this.#isDirect) return this.#wait();
    if (this[kBatching]) return this.#connect();
    return !require('../ports/dispatch').deliver(this.#slot, this, this.#listening, queued) &&
      this.#connect();
  }

  /** Node's port has a message for us. @returns {false} */
  #wait() {
    this.#fromNode.wait(() => this.#connect() && this.#endpoint);
    return false;
  }

  /**
   * Nothing is queued: the child may have closed its end, which leaves nothing to come.
   * @returns {false}
   */
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
    this.#changeWay(FOR_PRIMITIVES);

    const { Endpoint } = require('../ports/endpoint');
    const endpoint = new Endpoint(this.#slot);

    endpoint.owner = this;
    endpoint.wait = this.#isDirect ? null : () => this.#wait();
    endpoint.offer = (end) => {
      if (this.#node === null) return;
      nodePost.call(this.#node, { kind: CHANNEL, end }, [end]);
    };
    endpoint.pull = () => this.#fromNode.pull(endpoint);
    this.#endpoint = endpoint;
    endpoint.receiving = this.#listening.receiving;
    if (this.#receivesViews) endpoint.wantViews(true);
    return true;
  }

  emit(name, ...args) {
    if (name === 'message' && this[kBatching]) { // by Node's channel
      name = 'messages';
      args = [args];
    }
    if (name === 'online') binding.threadOnline(this.#thread);
    if (name === 'exit' && this.#exiting) this.#end(); // and not by hand
    return super.emit(name, ...args);
  }

  /** @param {string} [added] the event of a listener that comes */
  #listen(wanted, added) {
    /* Node starts and stops its port by 'message' alone. */
    if (wanted && this.#node !== null && (added === 'messages' || this[kBatching])) {
      nodePrototype.start.call(this.#node);
    }
    this.#listening.change(wanted, this.#slot, this.#endpoint);
  }

  /**
   * Node's handler of the end: it drains its own channel, then removes the 'message'
   * listeners.
   */
  [kOnExit](...args) {
    this.#exiting = true;
    return super[kOnExit](...args);
  }

  [kOnErrorMessage](...args) {
    this.#drain();
    super[kOnErrorMessage](...args);
  }

  [kOnCouldNotSerializeErr]() {
    this.#drain();
    super[kOnCouldNotSerializeErr]();
  }

  removeAllListeners(...args) {
    /* Not if a listener does it, which these messages have: they go to those that it
     * leaves. */
    if (this.#exiting && !this.#fromNode.calling && args[0] === 'message') this.#drain();
    return super.removeAllListeners(...args);
  }

  /**
   * Whatever the worker posted comes before its 'error' and its 'exit': first what came
   * by Node, then the ring.
   */
  #drain() {
    this.#fromNode.dispatchAll();
    if (this.#endpoint === null && binding.queued(this.#slot) > 0) this.#connect();
    if (this.#endpoint === null) return;

    const { ALL, drain } = require('../ports/drain');
    const outer = this.#fromNode.calling;

    this.#fromNode.calling = true;
    drain(this.#endpoint, ALL);
    this.#fromNode.calling = outer;
  }

  #end() {
    this.#ended = true;
    this.#node = null;
    this.#fromNode.end();
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
      emitNow(this, emit, 'messages', [value]);
      return;
    }
    emitMessage(this, emit, value);
  }

  [kMessages](values) {
    emitNow(this, emit, 'messages', values);
  }

  [kMessageError](error) {
    emitNow(this, emit, 'messageerror', error);
  }

  [kClosed]() {
    /* The worker closed its port, or ended: 'exit' tells. */
  }
}

const { emit } = Worker.prototype;

Object.defineProperty(Worker.prototype.postMessage, 'length',
  { __proto__: null, value: 0, configurable: true });

module.exports = { Worker };
