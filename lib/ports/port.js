'use strict';

/*
 * port.js - MessagePort. MessageChannel is in message-channel.js.
 *
 * Behaviour, errors and their order are Node's (lib/internal/worker/io.js and
 * src/node_messaging.cc). Ports inherit from the same NodeEventTarget as Node's.
 */

const { inspect } = require('node:util');
const { callListener } = require('./call-listener');
const { addKind, announce } = require('./kinds');
const { threads, local, owner } = require('../loading/native');
const {
  NodeEventTarget, kCreateEvent, kCurrentlyReceivingPorts, kHybridDispatch, kNewListener, kOnClose,
  kRemoveListener,
} = require('./node-events');

const { kBatching, kClosed, kMessage, kMessageError, kMessages } = owner;
/** Where the port of a worker does more than others. */
const kStop = Symbol('stop');
/** What every port of ringport has, also one of another copy of the package. */
const kReceive = Symbol.for('ringport.receive');

const { MessagePort: NodePort, markAsUncloneable } = threads;

const { [kOnClose]: onClose, [kHybridDispatch]: nodeDispatch } = NodePort.prototype;
const { apply } = Reflect;

/** The class, from the first port on: it is not needed to import ours. */
let Endpoint;

function isObject(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** Node's ports listen to these events on themselves, which eventNames() shows. */
function onListener() {}

/**
 * One of our methods was called on another object: a port of Node's or a parentPort has
 * its own.
 */
function callTheirs(port, name, args) {
  const method = port instanceof NodePort ? Object.getPrototypeOf(port)[name] : undefined;

  if (method === undefined || method === Port.prototype[name]) throw new TypeError('Illegal invocation');
  return apply(method, port, args);
}

/**
 * One end of a channel; see https://nodejs.org/api/worker_threads.html#class-messageport.
 * Made by `new MessageChannel()`, received in a message, or made of a transfer handle.
 *
 * Its prototype inherits from that of Node's MessagePort, so that `instanceof` holds for
 * either class and MessageEvent takes it as a port; what would need the native part of
 * Node's ports is replaced here.
 */
class Port extends NodePort {
  /** @type {import('./endpoint').Endpoint} */
  #endpoint;
  /**
   * The only 'message' listener, if it is a function added by on(): called without an
   * event.
   */
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

  /**
   * @returns {import('./endpoint').Endpoint | undefined} undefined: it is no such port
   */
  static endpointOf(object) {
    return Port.isPort(object) ? object.#endpoint : undefined;
  }

  /** The endpoint of the port that a method was called on. */
  static #of(port) {
    if (!Port.isPort(port)) throw new TypeError('Illegal invocation');
    return port.#endpoint;
  }

  /**
   * Leave this thread: the port closes here, and what was queued for it stays with it.
   * @returns {import('node:worker_threads').MessagePort} a transfer handle, which can be
   *   sent over anything that carries a MessagePort of Node's; a transfer handle that
   *   gets lost closes the channel
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
   * Send the values of an iterable, in order: what a loop with postMessage does, with one
   * wake-up of the receiver for all of them and, for small ones, a fraction of the cost.
   * They are sent at the latest when this returns. If a value cannot be cloned or the
   * iterable throws, what came before is sent, nothing after it.
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
   * Whether large binary data in messages (ArrayBuffers of 128 KiB and more) is handed to
   * listeners where it lies instead of in memory of its own: it is copied only once, by
   * the sender, and the memory is used again. Such an ArrayBuffer is valid until the
   * listener returns; then it is detached. It cannot be transferred, and nothing that
   * Node does in the background (fs, zlib, sockets) may use it any longer: detaching does
   * not stop that, and the memory is somebody else's then. Elsewhere
   * (receiveMessageOnPort, smaller data, other kinds) nothing is different.
   */
  get receiveViews() {
    return Port.#of(this).views;
  }

  set receiveViews(wanted) {
    Port.#of(this).wantViews(Boolean(wanted));
  }

  /** Start delivery. This does not keep the loop alive. */
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

  /** The first listener of an event was added, or the last one removed. */
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

/** The public constructor. It always throws, as Node's does. */
function MessagePort() {
  require('./transfer-list').throwAsNode(() => new NodePort());
}

Object.setPrototypeOf(MessagePort, NodeEventTarget);
MessagePort.prototype = Port.prototype;
Object.defineProperty(MessagePort.prototype, 'constructor', { __proto__: null, value: MessagePort });
Object.defineProperty(MessagePort, 'from', {
  __proto__: null,
  value: { from(handle) { return require('./transfer-handle').from(handle); } }.from,
  writable: true,
  configurable: true,
});

if (local.isPort !== null) {
  Object.defineProperty(MessagePort, Symbol.hasInstance,
    { __proto__: null, value: local.isPort, configurable: true });
}

announce(Port.prototype);
addKind({ endpointOf: Port.endpointOf, receive: (port) => port[kReceive]() });

/* A worker's parentPort gets the class on its prototype chain once the class is
 * loaded. */
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

/** A port on this slot (-1: closed), whose Node channel is `end`. */
function make(slot, end) {
  Endpoint ??= require('./endpoint').Endpoint;

  const endpoint = new Endpoint(slot);
  const port = new Port(endpoint);

  local.portsMade++;
  if (slot === -1) end?.close();
  else if (end !== undefined) endpoint.adopt(end);
  return port;
}

module.exports = { MessagePort, Port, make };
