'use strict';

/*
 * port.js - MessagePort. MessageChannel is in message-channel.js.
 *
 * Behaviour, errors and their order are Node's (lib/internal/worker/io.js and
 * src/node_messaging.cc). Ports inherit from the same NodeEventTarget as Node's.
 */

const { inspect } = require('node:util');
const { callListener } = require('./call-listener');
const { note } = require('./diagnostics');
const { addKind, announce } = require('./kinds');
const { addMethods } = require('../request/methods');
const { withFlowAndDispose } = require('../flow/members');
const { control, threads, local, owner, FLOW } = require('../loading/native');
const {
  NodeEventTarget, kCreateEvent, kCurrentlyReceivingPorts, kHybridDispatch, kNewListener, kOnClose,
  kRemoveListener,
} = require('./node-events');

const { kBatching, kClosed, kMessage, kMessageError, kMessages } = owner;
const kStop = Symbol('stop');
/** Method of every ringport port, including those of other copies of the package. */
const kReceive = Symbol.for('ringport.receive');

const { MessagePort: NodePort, markAsUncloneable } = threads;

const { [kOnClose]: onClose, [kHybridDispatch]: nodeDispatch } = NodePort.prototype;
const { apply } = Reflect;

/** Loaded with the first port. */
let Endpoint;

function isObject(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** Node's ports have listeners for these events, too; eventNames() shows them. */
function onListener() {}

/**
 * Call the method of another kind of port, because a method of ours was called on it.
 */
function callTheirs(port, name, args) {
  const method = port instanceof NodePort ? Object.getPrototypeOf(port)[name] : undefined;

  if (method === undefined || method === Port.prototype[name]) throw new TypeError('Illegal invocation');
  return apply(method, port, args);
}

/**
 * One end of a channel; see https://nodejs.org/api/worker_threads.html#class-messageport.
 * Created by `new MessageChannel()`, received in a message, or created from a transfer
 * handle.
 *
 * Its prototype inherits from Node's MessagePort.prototype, so that `instanceof` holds
 * for both classes and MessageEvent accepts it as a port. Overrides all methods that need
 * the native part of Node's ports.
 */
class Port extends withFlowAndDispose(NodePort) {
  /** @type {import('./endpoint').Endpoint} */
  #endpoint;
  /**
   * The only 'message' listener, if on() added it and it can be called without an event.
   */
  #sole = null;
  /** Which events have listeners. */
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
   * @returns {import('./endpoint').Endpoint | undefined} undefined: not a Port
   */
  static endpointOf(object) {
    return Port.isPort(object) ? object.#endpoint : undefined;
  }

  /** The receiver's endpoint. @throws {TypeError} the receiver is not a Port */
  static #of(port) {
    if (!Port.isPort(port)) throw new TypeError('Illegal invocation');
    return port.#endpoint;
  }

  static {
    addMethods(this.prototype, Port.#of);
  }

  /**
   * Detach the port from this thread. It closes here; its queued messages go to the port
   * that MessagePort.from() creates.
   * @returns {import('node:worker_threads').MessagePort} a transfer handle, to be sent
   * over
   *   anything that carries Node's MessagePorts. If it gets lost, the channel closes
   * @throws {DOMException} DataCloneError: the port is closed or was transferred
   */
  detach() {
    return require('./transfer-handle').detach(Port.#of(this));
  }

  /**
   * @param {unknown} value any value of the structured clone algorithm
   * @param {Iterable<object> | {transfer?: Iterable<object>}} [transfer]
   * @returns {boolean | undefined} undefined: the port is closed; false: only with a mark
   * @throws {DOMException} DataCloneError; nothing has been sent or detached
   */
  postMessage(value, transfer) {
    if (!Port.isPort(this)) return callTheirs(this, 'postMessage', arguments);
    const endpoint = this.#endpoint;

    if (arguments.length === 0) require('./transfer-list').throwAsNode((port) => port.postMessage());
    if (transfer === undefined) return endpoint.post(value, null);
    return require('./transfer-list').postWith(endpoint, value, transfer);
  }

  /**
   * Send the values of an iterable in order, like postMessage in a loop. Wakes the
   * receiver once, and costs a fraction for small values. All values have been sent when
   * it returns. If a value cannot be cloned or the iterable throws, only the values
   * before it are sent.
   * @param {Iterable<unknown>} values
   * @returns {boolean | undefined} as postMessage
   * @throws {DOMException} DataCloneError
   * @throws {TypeError} ERR_INVALID_ARG_TYPE: not an iterable
   */
  postMessages(values) {
    return Port.#of(this).postMany(require('./transfer-list').checkIterable(values));
  }

  /**
   * Whether listeners receive large ArrayBuffers (128 KiB or more) as views of the
   * sender's copy. Saves the receiver's copy, and reuses the memory. Such an ArrayBuffer
   * is detached when the listener returns, and cannot be transferred. Do not let Node's
   * background operations (fs, zlib, sockets) use it after that: detaching does not stop
   * them, and the memory may have a new owner. Has no effect on receiveMessageOnPort,
   * smaller data and other types.
   */
  get receiveViews() {
    return Port.#of(this).views;
  }

  set receiveViews(wanted) {
    Port.#of(this).wantViews(Boolean(wanted));
  }

  /** Wait for the next message; see lib/request/receive.js. */
  receive(options = undefined) {
    const endpoint = Port.#of(this);

    return require('../request/receive').receive(this, () => endpoint.receive(), () => endpoint.open, options);
  }

  /** Start delivery. Does not keep the loop alive. */
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
      /* Like Node, do not stop the port. */
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
      if (!this.#endpoint.calls?.serves) this.#endpoint.unref();
      this[kStop]();
    }
  }

  [kStop]() {
    this.#endpoint.stop();
  }

  [kReceive]() {
    return this.#endpoint.receive();
  }

  /** Whether to deliver messages as arrays, because 'messages' has a listener. */
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
    note('error', this, { error });
    nodeDispatch.call(this, error, 'messageerror', undefined);
  }

  /** Node's MessageEvent takes only Node's own ports. */
  [kCreateEvent](data, type) {
    const list = this[kCurrentlyReceivingPorts];
    const ours = list !== undefined && list.length > 0 && list.some((port) => Port.isPort(port));

    if (type !== 'messages' && !ours) return super[kCreateEvent](data, type);
    this[kCurrentlyReceivingPorts] = [];

    let event = super[kCreateEvent](data, type === 'messages' ? 'message' : type);

    /* Not the global MessageEvent, which an application may have replaced. */
    if (type === 'messages') event = new event.constructor(type, { __proto__: null, data });

    if (Object.isFrozen(event.ports)) Object.freeze(list); // depends on the Node line
    return Object.defineProperty(event, 'ports',
      { __proto__: null, value: list, enumerable: true, configurable: true });
  }

  [kClosed]() {
    note('close', this);
    onClose.call(this);
  }

  [inspect.custom]() {
    if (!(#endpoint in this)) return this; // the object returned below comes back here

    const { gone, refed } = this.#endpoint;
    const state = gone ? { active: false } : { active: true, refed };

    /* An async hook may inspect the port before its constructor is done. */
    return Object.assign({ __proto__: Port.prototype }, state, this.#made ? this : null);
  }
}

/* super() constructs a NodeEventTarget: Node's MessagePort cannot be constructed. */
Object.setPrototypeOf(Port, NodeEventTarget);

/** The public constructor. Always throws, as Node's does. */
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

/* Insert the class into the prototype chain of a worker's parentPort. */
if (local.parentPort !== null) {
  Object.setPrototypeOf(Object.getPrototypeOf(local.parentPort), Port.prototype);
}

/* Copy attributes, names and lengths of the properties from Node's prototype. */
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

/**
 * Create the port for a slot (-1: closed). `end` is its end of the Node channel. The
 * addon has just said whether the endpoint has a mark.
 */
function make(slot, end, hasMark = slot !== -1 && control[FLOW] !== 0) {
  Endpoint ??= require('./endpoint').Endpoint;

  const endpoint = hasMark
    ? new (require('../flow/flow-endpoint').FlowEndpoint)(slot) : new Endpoint(slot);
  const port = new Port(endpoint);

  local.portsMade++;
  if (slot === -1) end?.close();
  else if (end !== undefined) endpoint.adopt(end);
  if (slot !== -1) note('open', port);
  return port;
}

module.exports = { MessagePort, Port, make };
