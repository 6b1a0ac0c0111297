'use strict';

/*
 * port.js - MessageChannel, MessagePort, receiveMessageOnPort.
 *
 * Behaviour, errors and their order are Node's (lib/internal/worker/io.js and
 * src/node_messaging.cc); ports inherit from the same NodeEventTarget as Node's own.
 */

const { inspect } = require('node:util');
const { callListener } = require('./call-listener');
const { binding, control, threads, local, define, owner, STATUS } = require('../loading/native');
const {
  NodeEventTarget, kCreateEvent, kCurrentlyReceivingPorts, kHybridDispatch, kNewListener, kOnClose,
  kRemoveListener,
} = require('./node-events');

const { kBatching, kClosed, kMessage, kMessageError, kMessages } = owner;
/** Makes something else of a port that has arrived; see node-channel.js. */
const kArrive = Symbol('arrive');

/** Where the port of a worker does more than others. */
const kStop = Symbol('stop');
/** What every port of ringport has, also one of another copy of the package. */
const kReceive = Symbol.for('ringport.receive');

const {
  MessageChannel: NodeChannel, MessagePort: NodePort, receiveMessageOnPort: nodeReceive,
  isMarkedAsUntransferable, markAsUncloneable, markAsUntransferable: nodeMark,
} = threads;

const { [kOnClose]: onClose, [kHybridDispatch]: nodeDispatch } = NodePort.prototype;
const { apply } = Reflect;
const { getPrototypeOf } = Object;

/** Those of the ports of each copy of ringport in this thread. */
const kPrototypes = Symbol.for('ringport.prototypes');

/** The class, from the first port on: it is not needed to import ours. */
let Endpoint;

/** What a ringport MessagePort is and how one is made, for those that port.js does not load. */
const ports = {
  /** @returns {boolean} whether it is a ringport port */
  isOurs: undefined,
  /** @returns {import('./endpoint').Endpoint | undefined} of a ringport port */
  endpointOf: undefined,
  /** @returns {boolean} whether it is a port of another copy of ringport, which we cannot send */
  isOthers: (object) => prototypes.length > 1 && getPrototypeOf(object) !== Port.prototype &&
    prototypes.includes(getPrototypeOf(object)),
  /** @returns a ringport port on this slot (-1: closed) whose companion is `end` */
  make,
  /** receiveMessageOnPort for a port of ours */
  receive: undefined,
  /** Those that are marked as untransferable, on Node 20, which overlooks them in a transfer list. */
  marked: undefined,
};

function isObject(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** Node's ports listen to these on themselves, which shows in eventNames() and the like. */
function onListener() {}

/** A method of ours on what is no port of ours: a port of Node's, or a parentPort, has its own. */
function callTheirs(port, name, args) {
  const method = port instanceof NodePort ? Object.getPrototypeOf(port)[name] : undefined;

  if (method === undefined || method === Port.prototype[name]) throw new TypeError('Illegal invocation');
  return apply(method, port, args);
}

/**
 * One end of a channel; see https://nodejs.org/api/worker_threads.html#class-messageport. Made by
 * `new MessageChannel()`, received in a message, or made of a passport.
 *
 * Its prototype inherits from that of Node's MessagePort, so that `instanceof` holds for either class
 * and MessageEvent takes it as a port; what would need Node's native half is replaced here.
 */
class Port extends NodePort {
  /** @type {import('./endpoint').Endpoint} */
  #endpoint;
  /** The only 'message' listener, if it is a function added by on(): called without an event. */
  #sole = null;
  /** Which of the events that messages arrive with have listeners. */
  #heard = { message: false, messages: false };
  #addingByOn = false;
  #made = false;

  constructor(endpoint) {
    super();
    super.on('newListener', onListener);
    super.on('removeListener', onListener);
    this[kCurrentlyReceivingPorts] = undefined;
    this.#endpoint = endpoint;
    if (endpoint.open) endpoint.bind(this, true);
    this.#made = true;
    markAsUncloneable?.(this);
  }

  static isPort(object) {
    return isObject(object) && #endpoint in object;
  }

  static endpointOf(object) {
    if (Port.isPort(object)) return object.#endpoint;
    return object === local.parentPort && object !== null
      ? require('../worker/parent-port').connect() ?? undefined : undefined;
  }

  /** The endpoint of what a method was called on. */
  static #of(port) {
    if (!Port.isPort(port)) throw new TypeError('Illegal invocation');
    return port.#endpoint;
  }

  /**
   * Leave this thread: the port closes here, and what was queued for it stays with it.
   * @returns {import('node:worker_threads').MessagePort} a passport, which can be sent over anything
   *   that carries a MessagePort of Node's; a passport that gets lost closes the channel
   * @throws {DOMException} DataCloneError: the port is closed or was sent away
   */
  detach() {
    return require('./transfer-handle').detach(Port.#of(this));
  }

  /**
   * @param {unknown} value anything that structured clone takes
   * @param {Iterable<object> | {transfer?: Iterable<object>}} [transfer]
   * @returns {true | undefined} undefined once the port is closed
   * @throws {DOMException} DataCloneError; nothing is sent and nothing detached
   */
  postMessage(value, transfer) {
    if (!Port.isPort(this)) return callTheirs(this, 'postMessage', arguments);
    const endpoint = this.#endpoint;

    if (arguments.length === 0) require('./transfer-list').throwAsNode((port) => port.postMessage());
    if (transfer === undefined) return endpoint.post(value, null);
    return require('./transfer-list').postWith(endpoint, value, transfer);
  }

  /**
   * Send the values of an iterable, in order: what a loop with postMessage does, with one wake-up of the
   * receiver for all of them and, for small ones, a fraction of the cost. They are sent at
   * the latest when this returns. If a value cannot be cloned or the iterable throws, what came
   * before is sent, nothing after it.
   * @param {Iterable<unknown>} values
   * @returns {true | undefined} undefined once the port is closed
   * @throws {DOMException} DataCloneError; {TypeError} ERR_INVALID_ARG_TYPE: no iterable
   */
  postMessages(values) {
    const endpoint = Port.#of(this);

    endpoint.postMany(require('./transfer-list').checkIterable(values));
    return endpoint.open ? true : undefined;
  }

  /**
   * Whether large binary data in messages (ArrayBuffers of 128 KiB and more) is handed to listeners where it
   * lies instead of in memory of its own: it is copied only once, by the sender, and the memory is used
   * again. Such an ArrayBuffer is valid until the listener returns; then it is detached. It cannot be
   * transferred, and nothing that Node does in the background (fs, zlib, sockets) may use it any longer:
   * detaching does not stop that, and the memory is somebody else's then. Elsewhere (receiveMessageOnPort,
   * smaller data, other kinds) nothing is different.
   */
  get receiveViews() {
    return Port.#of(this).views;
  }

  set receiveViews(wanted) {
    Port.#of(this).wantViews(Boolean(wanted));
  }

  /** Deliver messages, without keeping the loop alive. */
  start() {
    if (!Port.isPort(this)) return callTheirs(this, 'start', arguments);
    this.#endpoint.start();
  }

  /** @param {Function} [callback] called on 'close' */
  close(callback) {
    if (!Port.isPort(this)) return callTheirs(this, 'close', arguments);
    if (typeof callback === 'function') this.once('close', callback);
    this.#endpoint.close();
  }

  ref() {
    if (!Port.isPort(this)) return callTheirs(this, 'ref', arguments);
    this.#endpoint.ref();
  }

  unref() {
    if (!Port.isPort(this)) return callTheirs(this, 'unref', arguments);
    this.#endpoint.unref();
  }

  /** @returns {boolean} whether the port keeps the loop alive */
  hasRef() {
    if (!Port.isPort(this)) return callTheirs(this, 'hasRef', arguments);
    const endpoint = this.#endpoint;

    return !endpoint.gone && endpoint.refed;
  }

  on(type, listener) {
    this.#addingByOn = true;
    try {
      return super.on(type, listener);
    } finally {
      this.#addingByOn = false;
    }
  }

  addListener(type, listener) {
    return this.on(type, listener);
  }

  removeAllListeners(type) {
    this.#sole = null;
    for (const event of ['message', 'messages']) {
      /* And no stop, as in Node. */
      if (type === undefined || type === event) this.#heard[event] = false;
    }
    if (type === undefined || type === 'close') this.#endpoint.await(false);
    return super.removeAllListeners(...arguments);
  }

  [kNewListener](size, type, listener, once, ...rest) {
    if (type === 'message' || type === 'messages') {
      const sole = size === 1 && this.#addingByOn && !once && typeof listener === 'function';

      if (type === 'message') this.#sole = sole ? listener : null;
      if (size === 1) this.#hear(type, true);
    }
    if (type === 'close' && size === 1) this.#endpoint.await(true);
    return super[kNewListener](size, type, listener, once, ...rest);
  }

  [kRemoveListener](size, type, ...rest) {
    if (type === 'message' || type === 'messages') {
      if (type === 'message') this.#sole = null;
      if (size === 0) this.#hear(type, false);
    }
    if (type === 'close' && size === 0) this.#endpoint.await(false);
    return super[kRemoveListener](size, type, ...rest);
  }

  /** The first listener of an event has come, or the last one gone. */
  #hear(type, heard) {
    const before = this.#heard.message || this.#heard.messages;

    this.#heard[type] = heard;
    if (heard && !before) {
      this.ref();
      this.start();
    } else if (before && !this.#heard.message && !this.#heard.messages) {
      this.#endpoint.unref();
      this[kStop]();
    }
  }

  [kStop]() {
    this.#endpoint.stop();
  }

  [kReceive]() {
    return this.#endpoint.receive();
  }

  /** Whether messages come as arrays. */
  get [kBatching]() {
    return this.#heard.messages;
  }

  [kMessage](value, list) {
    const sole = this.#sole;

    if (sole === null) {
      this[kCurrentlyReceivingPorts] = list ?? [];
      nodeDispatch.call(this, value, 'message', undefined);
      return;
    }
    callListener(sole, this, value);
  }

  [kMessages](values, list) {
    this[kCurrentlyReceivingPorts] = list ?? [];
    nodeDispatch.call(this, values, 'messages', undefined);
  }

  [kMessageError](error) {
    this[kCurrentlyReceivingPorts] = [];
    nodeDispatch.call(this, error, 'messageerror', undefined);
  }

  /** Node's MessageEvent takes only Node's own ports. */
  [kCreateEvent](data, type) {
    const list = this[kCurrentlyReceivingPorts];
    const ours = list !== undefined && list.length > 0 && list.some((port) => Port.isPort(port));

    if (type !== 'messages' && !ours) return super[kCreateEvent](data, type);
    this[kCurrentlyReceivingPorts] = [];

    let event = super[kCreateEvent](data, type === 'messages' ? 'message' : type);

    /* Not the global, which may be another's. */
    if (type === 'messages') event = new event.constructor(type, { __proto__: null, data });

    if (Object.isFrozen(event.ports)) Object.freeze(list); // as on this Node line
    return Object.defineProperty(event, 'ports',
      { __proto__: null, value: list, enumerable: true, configurable: true });
  }

  [kClosed]() {
    onClose.call(this);
  }

  [inspect.custom]() {
    if (!(#endpoint in this)) return this; // what we returned comes back here

    const { gone, refed } = this.#endpoint;
    const state = gone ? { active: false } : { active: true, refed };

    /* An async hook sees it before it is made, without what it is made of. */
    return Object.assign({ __proto__: Port.prototype }, state, this.#made ? this : null);
  }
}

/* super() makes a NodeEventTarget: Node's MessagePort itself cannot be made by us. */
Object.setPrototypeOf(Port, NodeEventTarget);

/** The class as users see it; it only ever throws, as Node's does. */
function MessagePort() {
  require('./transfer-list').throwAsNode(() => new NodePort());
}

Object.setPrototypeOf(MessagePort, NodeEventTarget);
MessagePort.prototype = Port.prototype;
Object.defineProperty(MessagePort.prototype, 'constructor', { __proto__: null, value: MessagePort });
Object.defineProperty(MessagePort, 'from', {
  __proto__: null,
  value: { from(passport) { return require('./transfer-handle').from(passport); } }.from,
  writable: true,
  configurable: true,
});

if (local.isPort !== null) {
  Object.defineProperty(MessagePort, Symbol.hasInstance,
    { __proto__: null, value: local.isPort, configurable: true });
}

const prototypes = NodePort[kPrototypes] ?? [];

prototypes.push(Port.prototype);
if (prototypes.length === 1) {
  Reflect.defineProperty(NodePort, kPrototypes, { __proto__: null, value: prototypes });
}

/* Until somebody had the class, the port of a worker could do without it. */
if (local.parentPort !== null) {
  Object.setPrototypeOf(Object.getPrototypeOf(local.parentPort), Port.prototype);
}

/* As on Node's prototype, to the name and the length. */
for (const name of ['onmessage', 'onmessageerror']) {
  Object.defineProperty(Port.prototype, name,
    { __proto__: null, ...Object.getOwnPropertyDescriptor(NodePort.prototype, name) });
}
for (const name of ['postMessage', 'start', 'close', 'ref', 'unref', 'hasRef']) {
  const theirs = Object.getOwnPropertyDescriptor(NodePort.prototype, name);
  const { value } = Object.getOwnPropertyDescriptor(Port.prototype, name);

  for (const key of ['name', 'length']) {
    if (value[key] === theirs.value[key]) continue;
    Object.defineProperty(value, key,
      { __proto__: null, value: theirs.value[key], configurable: true });
  }
  Object.defineProperty(Port.prototype, name, { __proto__: null, ...theirs, value });
}

/** A port on this slot (-1: closed), whose companion is `end`. */
function make(slot, end) {
  Endpoint ??= require('./endpoint').Endpoint;

  const endpoint = new Endpoint(slot);
  const port = new Port(endpoint);

  local.portsMade++;
  if (slot === -1) end?.close();
  else if (end !== undefined) endpoint.adopt(end);
  return port;
}

ports.isOurs = Port.isPort;
ports.endpointOf = Port.endpointOf;
ports.receive = (port) => port[kReceive]();

/** Two entangled ports; see https://nodejs.org/api/worker_threads.html#class-messagechannel. */
function MessageChannel() {
  if (new.target === undefined) return NodeChannel(); // throws ERR_CONSTRUCT_CALL_REQUIRED

  define(0);

  const slot = binding.open();

  this.port1 = make(slot);
  this.port2 = make(control[STATUS]);
}

/* Node 26 has come to have one. */
const tag = Object.getOwnPropertyDescriptor(NodeChannel.prototype, Symbol.toStringTag);

if (tag !== undefined) {
  Object.defineProperty(MessageChannel.prototype, Symbol.toStringTag, { __proto__: null, ...tag });
}

/**
 * The oldest message that waits, started or not.
 * @param {MessagePort | import('node:worker_threads').MessagePort | BroadcastChannel} port
 * @returns {{message: unknown} | undefined}
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
function receiveMessageOnPort(port) {
  if (port === null || typeof port !== 'object') return nodeReceive(port);
  if (ports.isOurs(port)) return ports.receive(port);
  if ((port === threads.parentPort && kReceive in port) || ports.isOthers(port)) {
    return port[kReceive]();
  }
  return nodeReceive(port);
}

/**
 * Node's markAsUntransferable, which also knows our ports.
 * @param {unknown} object
 */
function markAsUntransferable(object) {
  const endpoint = ports.endpointOf(object);

  nodeMark(object);
  /* In a transfer list its companion's end stands for the port. */
  if (endpoint === undefined) return;
  if (isMarkedAsUntransferable !== undefined) nodeMark(require('./node-channel').ensure(endpoint));
  else (ports.marked ??= new WeakSet()).add(object);
}

module.exports = {
  MessageChannel, MessagePort, Port, markAsUntransferable, receiveMessageOnPort, ports,
  kArrive, kBatching, kClosed, kMessage, kMessageError, kMessages, kReceive, kStop,
};
