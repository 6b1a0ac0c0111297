'use strict';

/*
 * worker.js - Worker; the child's side is parent-port.js.
 *
 * Node creates the thread, the isolate and the loop. Two channels connect parent and
 * child: Node's own, and a ringport channel whose other endpoint the child attaches when
 * it loads ringport. Each side sends its first messages over Node's channel. Once they
 * have cost as much as loading the ring would, and the peer has attached, the side posts
 * CHANGE over Node and sends everything else by ring. The receiver delivers from the ring
 * after CHANGE, so each message arrives once and in order. A worker that never loads
 * ringport works as with Node's Worker.
 */

const {
  binding, endpoints, findSymbol, define, local, owner, threads, FOR_PORTS,
} = require('../loading/native');
const { FOR_PRIMITIVES, needOf } = require('../ports/is-plain');
const Base = require('../flow/members').withFlow(threads.Worker);
const { limitsIn } = require('../ports/limits');
const { ENOUGH, Way, isObject, located, postByC } = require('../ports/way');
const { emitMessage, emitNow } = require('./emit');
const { FromNode } = require('./from-node');
const { EVENTS, Listening } = require('./listening');
const { CHANGE, CHANNEL, GUARD } = require('./marks');
const { hasNoAddons, nameIn } = require('./options');
const { nudges, postToWorker } = require('./post-to-worker');
const { prepare } = require('./prepare');
const { Spawn } = require('./spawn');
const { addMethods } = require('../request/methods');

const [kOnExit, kOnErrorMessage, kOnCouldNotSerializeErr] = [
  'kOnExit', 'kOnErrorMessage', 'kOnCouldNotSerializeErr',
].map((name) => findSymbol(threads.Worker.prototype, name));
let kPublicPort;

const NONE = -1;
const kInside = Symbol.for('ringport.inside');

const { postMessage: nodePost, start: nodeStart } = threads.MessagePort.prototype;
const { kBatching, kClosed, kMessage, kMessageError, kMessages } = owner;

/**
 * Node's Worker, over rings: all of its options, methods, properties and events, see
 * https://nodejs.org/api/worker_threads.html#class-worker. index.d.ts has what it adds.
 */
class Worker extends Base {
  /** null until connect(), which most messages of primitives do not need. */
  #endpoint = null;
  #slot;
  #way = new Way(false);
  /** True once a message has gone by ring: all later ones must follow it. */
  #byRing = false;
  /** CHANGE has arrived, so every message from Node's channel has been delivered. */
  #isDirect = false;
  #listening = new Listening();
  /** Node is running a message's getters. Their own posts precede it, so by Node, too. */
  #posting = false;
  #thread;
  /** The worker runs without addons, so it cannot receive ringport ports. */
  #isBare;
  /** Node's port to the worker; null after its exit. */
  #node;
  #fromNode;
  #receivesViews = false;
  /** @type {import('../flow/worker-flow').WorkerFlow | null} null without a mark */
  #flow = null;
  #exiting = false;
  #ended = false;

  /**
   * @param {string | URL} filename
   * @param {import('node:worker_threads').WorkerOptions} [options]
   */
  constructor(filename, options = undefined) {
    const isBare = hasNoAddons(options);
    const limits = limitsIn(options);
    const spawn = new Spawn(options, isBare, limits);

    try {
      super(filename, local.launch.begin(spawn.options));
    } catch (error) {
      throw spawn.abort(error);
    } finally {
      local.launch.end();
    }

    const { slot } = spawn;

    binding.place(slot, false); // after the handles that Node has just created
    binding.setReceiving(slot, true);
    this.#thread = this.threadId;
    spawn.parcel?.sent(this.#thread);
    this.#isBare = isBare;
    kPublicPort ??= findSymbol(this, 'kPublicPort');
    this.#node = this[kPublicPort];
    this.#fromNode = new FromNode(this.#node, this.#way, (message) => this.#takes(message));
    this.#slot = slot;
    if (limits !== null) this.#flow = this.#begin(slot);
    /* Zero queued: the child's endpoint may have closed. 'exit' reports that. */
    endpoints[slot] = (queued) => (queued > 0 ? this.#arrive(queued) : this.#closeIfDrained());
    /* In addition to Node's own listeners, which start and stop its port. */
    super.on('newListener', (name) => EVENTS.includes(name) && this.#listen(true, name));
    super.on('removeListener', (name) => EVENTS.includes(name) &&
      this.#listen(EVENTS.some((event) => this.listenerCount(event) > 0)));
    binding.bind(slot, this.#fromNode.resource); // a weak reference
    spawn.commit(this.#thread, this.threadName ?? nameIn(options));
  }

  /**
   * @param {unknown} value
   * @param {Iterable<object> | {transfer?: Iterable<object>}} [transfer]
   * @throws {DOMException} DataCloneError; nothing has been sent or detached
   */
  postMessage(value, transfer) {
    const way = this.#way;

    if (way.left >= ENOUGH && transfer === undefined && local.portsMade === 0 &&
      arguments.length !== 0) {
      way.spend(value, !isObject(value));
      return this.#postByNode(value, undefined);
    }
    if (this.#flow !== null) return this.#flow.post(arguments);
    if (this.#ended) return undefined;
    if (this.#endpoint !== null && transfer === undefined && arguments.length !== 0) {
      this.#endpoint.post(value, null);
      return undefined;
    }
    if (arguments.length === 0) return super.postMessage(); // throws
    if (this.#endpoint === null) {
      if (!this.#byRing && !this.#pays(value, transfer)) {
        const nears = way.nears && binding.peerDeclared(this.#slot);

        this.#postByNode(value, transfer);
        if (!nears || this.#ended) return undefined;
        way.prepared();
        return prepare(needOf(value));
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

  /** Start to count what is sent. */
  #begin(slot) {
    this.#way.left = -1;
    return new (require('../flow/worker-flow').WorkerFlow)(this, slot, {
      connect: () => (this.#connect() ? this.#endpoint : null),
      postByNode: (value, transfer) => this.#postByNode(value, transfer),
      isPosting: () => this.#posting,
      isByRing: () => this.#byRing,
    });
  }

  #pays(value, transfer) {
    return !this.#posting && this.#way.pays(value, transfer) && binding.peerDeclared(this.#slot);
  }

  #postByNode(value, transfer) {
    const outer = this.#posting;

    this.#posting = true;
    try {
      if (transfer === undefined && local.portsMade === 0) this.#node.postMessage(value);
      else postToWorker(this.#node, this.#thread, this.#isBare, value, transfer);
      if (nudges.wanted[0] !== 0) binding.nudge(this.#slot);
    } catch (error) {
      throw located(error, value, transfer);
    } finally {
      this.#posting = outer;
    }
  }

  /**
   * Send the values of an iterable in order; see MessagePort. To a worker that has not
   * loaded ringport, they are posted one by one.
   * @param {Iterable<unknown>} values
   * @throws {DOMException} DataCloneError
   * @throws {TypeError} ERR_INVALID_ARG_TYPE: not an iterable
   */
  postMessages(values) {
    if (this.#flow !== null) return this.#flow.postMany(values);
    if (this.#ended) return undefined;
    require('../ports/transfer-list').checkIterable(values);
    if (!this.#posting && binding.peerDeclared(this.#slot)) this.#connect();
    if (this.#endpoint !== null) this.#endpoint.postMany(values);
    else for (const value of values) this.postMessage(value);
    return undefined;
  }

  static {
    addMethods(this.prototype, (it) => () =>
      it.#isBare ? undefined : it.#connect() ? it.#endpoint : null);
  }

  /** See MessagePort; applies to messages from the worker. */
  get receiveViews() {
    return this.#receivesViews;
  }

  set receiveViews(wanted) {
    define(FOR_PORTS);
    this.#receivesViews = Boolean(wanted);
    if (this.#endpoint !== null) this.#endpoint.wantViews(this.#receivesViews);
    else if (!this.#ended) binding.wantViews(this.#slot, this.#receivesViews);
  }

  /** Send everything by ring from now on. */
  #changeWay(need) {
    if (this.#byRing) return;
    nodePost.call(this.#node, { kind: CHANGE, need, passed: this.#flow?.byNode });
    this.#byRing = true;
    this.#way.left = -1;
  }

  /** Handle a control message. @returns {boolean} false: it was none */
  #takes({ kind, id, end, sign, need }) {
    if (kind === CHANGE) {
      prepare(need, false);
      this.#way.lead();
      this.#isDirect = true;
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
      require('../ports/transfer-handle').guardHere(id, sign);
      return true;
    }
    return false;
  }

  /** Handle a wake-up for the ring. @returns {boolean} true: endpoint.js must deliver */
  #arrive(queued) {
    if (!this.#listening.receiving) return this.#listening.stop(this.#slot);
    if (!this.#isDirect) return this.#wait();
    if (this[kBatching]) return this.#connect();
    return !require('../ports/dispatch').deliver(this.#slot, this, this.#listening, queued) &&
      this.#connect();
  }

  /** Wait another turn for CHANGE. @returns {false} */
  #wait() {
    this.#fromNode.wait(() => this.#connect() && this.#endpoint);
    return false;
  }

  /** Close the slot if the child has closed and the inbox is drained. @returns {false} */
  #closeIfDrained() {
    if (!binding.peerClosed(this.#slot) || binding.queued(this.#slot) > 0) return false;
    binding.close(this.#slot);
    this.#slot = NONE;
    return false;
  }

  /** Create the Endpoint if needed. @returns {boolean} false: the worker has exited */
  #connect() {
    if (this.#endpoint !== null || this.#ended) return !this.#ended;
    this.#changeWay(FOR_PRIMITIVES);

    const { Endpoint } = require('../ports/endpoint');
    const endpoint = this.#flow?.connected(this.#slot) ?? new Endpoint(this.#slot);

    endpoint.owner = this;
    endpoint.wait = this.#isDirect ? null : () => this.#wait();
    endpoint.offer = (end) =>
      this.#node !== null && nodePost.call(this.#node, { kind: CHANNEL, end }, [end]);
    endpoint.pull = () => this.#fromNode.pull(endpoint);
    this.#endpoint = endpoint;
    endpoint.receiving = this.#listening.receiving;
    if (this.#receivesViews) endpoint.wantViews(true);
    return true;
  }

  /** For lib/flow. `endpoint` is null until messages may be taken from the ring. */
  [kInside]() {
    return { slot: this.#slot,
      endpoint: this.#isDirect && this.#connect() ? this.#endpoint : null };
  }

  emit(name, ...args) {
    if (name === 'message' && this[kBatching]) { // a message from Node's channel
      name = 'messages';
      args = [args];
    }
    if (name === 'online') binding.threadOnline(this.#thread);
    if (name === 'exit' && this.#exiting) this.#end(); // ignore an application's emit()
    return super.emit(name, ...args);
  }

  /** @param {string} [added] the event whose listener is being added */
  #listen(wanted, added) {
    /* Node starts its port only for 'message' listeners. */
    if (wanted && this.#node !== null && (added === 'messages' || this[kBatching])) {
      nodeStart.call(this.#node);
    }
    this.#listening.change(wanted, this.#slot, this.#endpoint);
  }

  /** Node's exit handler. Drains Node's channel, then removes the 'message' listeners. */
  [kOnExit](...args) {
    this.#exiting = true;
    local.beforeExit?.(this);
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
    /* Deliver before Node's exit handler removes the listeners, but not when a listener
     * calls this while messages are being delivered. */
    if (this.#exiting && !this.#fromNode.calling && args[0] === 'message') this.#drain();
    return super.removeAllListeners(...args);
  }

  /** Deliver all that the worker posted, first by Node, then by ring, before it ends. */
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
    this.#way.left = -1;
    this.#node = null;
    this.#fromNode.end();
    this.#flow?.end();
    binding.spawnForget(this.#thread);
    if (this.#endpoint !== null) this.#endpoint.close();
    else binding.close(this.#slot);
  }

  get [kBatching]() {
    return this._events?.messages !== undefined; // cheaper than listenerCount()
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

  [kClosed]() { /* The worker closed its port or exited. 'exit' reports that. */ }
}

Object.setPrototypeOf(Worker, threads.Worker); // not Base, which only has members

const { emit } = Worker.prototype;

Object.defineProperty(Worker.prototype.postMessage, 'length',
  { __proto__: null, value: 0, configurable: true });

module.exports = { Worker };
