'use strict';

/*
 * port.js - MessageChannel, MessagePort, receiveMessageOnPort.
 *
 * Behaviour, errors and their order are Node's (lib/internal/worker/io.js and
 * src/node_messaging.cc); ports inherit from the same NodeEventTarget as Node's own.
 */

const { inspect } = require('node:util');
const {
  MessageChannel: NodeChannel, MessagePort: NodePort, receiveMessageOnPort: nodeReceive,
  isMarkedAsUntransferable, markAsUncloneable, markAsUntransferable: nodeMark,
} = require('./threads');

const { binding, control, mark, STATUS } = require('./native');
const {
  NodeEventTarget, kCreateEvent, kCurrentlyReceivingPorts, kHybridDispatch, kNewListener, kOnClose,
  kRemoveListener,
} = require('./node-events');

/** What an endpoint calls on its owner, and asks it; see endpoint.js. */
const kMessage = Symbol('message');
const kMessages = Symbol('messages');
const kBatching = Symbol('batching');
const kMessageError = Symbol('messageerror');
const kClosed = Symbol('closed');
/** Makes something else of a port that has arrived; see companion.js. */
const kArrive = Symbol('arrive');

/** Where the port of a worker does more than others. */
const kStop = Symbol('stop');
const kReceive = Symbol('receive');

/** What a passport's one message is known by. */
const PASSPORT = mark('passport');

const onClose = NodePort.prototype[kOnClose];
const { apply } = Reflect;

/** What channels are made of, loaded with the first: a worker may have none for long. */
let companion;
let Endpoint;
let byNode;
let smallBuffers;

function load() {
  if (companion !== undefined) return;
  companion = require('./companion');
  byNode = require('./by-node');
  smallBuffers = require('./small-buffers');
  ({ Endpoint } = require('./endpoint'));
}

/** What a ringport MessagePort is and how one is made, for those that port.js does not load. */
const ports = {
  /** @returns {boolean} whether it is a ringport port */
  isOurs: undefined,
  /** @returns {import('./endpoint').Endpoint | undefined} of a ringport port */
  endpointOf: undefined,
  /** @returns a ringport port on this slot (-1: closed) whose companion is `end` */
  make,
  /** @returns {import('./endpoint').Endpoint | undefined} in this slot */
  endpointAt: undefined,
  /** receiveMessageOnPort for a port of ours */
  receive: undefined,
  /** @returns {import('./codec')} which is loaded on first need */
  codec: undefined,
  /** How many there have been in this thread, but for the one of its parent. */
  made: 0,
  /** Those that are marked as untransferable, on Node 20, which overlooks them in a transfer list. */
  marked: undefined,
  /** (id, sign) => void: have this thread's parent, if it has one, do what guard() does. */
  guardByParent: undefined,
};

/**
 * When `sign` closes, the half with this id has been lost, or has arrived: then nobody knows the id any more.
 * @param {bigint} id @param {import('node:worker_threads').MessagePort} sign
 */
function guard(id, sign) {
  sign.unref();
  sign.on('close', () => binding.lost(id));
}

/** Node's own error: what it throws when its counterpart is called like this. */
function throwAsNode(call) {
  const { port1 } = new NodeChannel();

  try {
    call(port1);
  } finally {
    port1.close();
  }
}

function isObject(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function readArray(array) {
  const { length } = array;
  const list = [];

  for (let i = 0; i < length; i++) list.push(array[i]);
  return list;
}

/** As Node reads a transfer list. @returns {unknown[] | null} null: it is no iterable */
function readIterable(object) {
  if (!isObject(object)) return null;
  if (Array.isArray(object)) return readArray(object);

  const method = object[Symbol.iterator];
  const iterator = typeof method === 'function' ? method.call(object) : null;
  const next = isObject(iterator) ? iterator.next : null;

  if (typeof next !== 'function') return null;
  for (const list = []; ;) {
    const result = next.call(iterator);

    if (!isObject(result)) return null;
    if (result.done) return list;
    list.push(result.value);
  }
}

/**
 * The second argument of postMessage: an iterable, or { transfer: iterable }.
 * @returns {unknown[] | null}
 */
function readList(argument) {
  if (argument === undefined || argument === null) return null;
  if (!isObject(argument)) throwAsNode((port) => port.postMessage(undefined, argument));

  let list = readIterable(argument);

  if (list === null) {
    const { transfer } = argument;

    if (transfer === undefined) return null;
    list = readIterable(transfer);
    if (list === null) throwAsNode((port) => port.postMessage(undefined, { transfer: null }));
  }
  return list;
}

/** @returns {companion.Transfer | null} */
function readTransfer(argument) {
  const list = readList(argument);

  load();
  return list === null ? null : new companion.Transfer(list);
}

/** postMessage(value, argument) for this endpoint. */
function postWith(endpoint, value, argument) {
  const list = readList(argument);

  if (list === null) return endpoint.post(value, null);
  load();
  if (smallBuffers.areSmall(list)) {
    const result = endpoint.post(value, null);

    smallBuffers.detach(list);
    return result;
  }

  const bytes = byNode.bytesOf(list);

  if (bytes >= 0 && byNode.isLight(value, list)) return endpoint.postByNode(value, list, bytes);
  return endpoint.post(value, new companion.Transfer(list));
}

/**
 * What postMessages takes.
 * @returns {Iterable<unknown>}
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
function checkIterable(values) {
  if (isObject(values) && typeof values[Symbol.iterator] === 'function') return values;

  throw require('./codec/errors').withCode(
    new TypeError('The "values" argument must be an iterable object'), 'ERR_INVALID_ARG_TYPE');
}

/** Node's ports listen to these on themselves, which shows in eventNames() and the like. */
function onListener() {}

/** What a listener has returned: if it is a promise, its rejection is an uncaught exception, as in Node. */
function watch(result) {
  if (result === undefined || result === null) return;

  const { then } = result;

  if (typeof then === 'function') then.call(result, undefined, throwLater);
}

/** Call a listener as Node does: its error is thrown in the next tick. */
function callListener(listener, receiver, value) {
  try {
    watch(apply(listener, receiver, [value])); // it may have a call() of its own
  } catch (error) {
    throwLater(error);
  }
}

function throwLater(error) {
  process.nextTick(() => { throw error; });
}

/**
 * One end of a channel; see https://nodejs.org/api/worker_threads.html#class-messageport. Made by
 * `new MessageChannel()`, received in a message, or made of a passport.
 *
 * Its prototype inherits from that of Node's MessagePort, so that `instanceof` holds for either class
 * and MessageEvent takes it as a port; what would need Node's native half is replaced here.
 */
class Port extends NodePort {
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
    return Port.isPort(object) ? object.#endpoint.connected() : undefined;
  }

  /** This is the endpoint of the port from now on. */
  static connect(port, endpoint) {
    port.#endpoint = endpoint;
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
    const endpoint = Port.#of(this).connected();

    if (!endpoint.open) throwAsNode((port) => port.postMessage(null, [companion.closedPort()]));

    const end = companion.ensure(endpoint);
    const id = binding.announce(endpoint.slot);
    const { port1, port2 } = new NodeChannel();
    const passport = { kind: PASSPORT, id, end };
    const list = [end];

    /* Who hears of a loss: the peer from the companion, unless it has closed before; this thread from port1,
     * until it ends; and its parent. */
    if (ports.guardByParent !== undefined) {
      const { port1: sign, port2: other } = new NodeChannel();

      passport.sign = sign;
      list.push(sign);
      ports.guardByParent(id, other);
    }
    port1.postMessage(passport, list);
    endpoint.depart();
    guard(id, port1);
    return port2;
  }

  /**
   * @param {unknown} value anything that structured clone takes
   * @param {Iterable<object> | {transfer?: Iterable<object>}} [transfer]
   * @returns {true | undefined} undefined once the port is closed
   * @throws {DOMException} DataCloneError; nothing is sent and nothing detached
   */
  postMessage(value, transfer) {
    const endpoint = Port.#of(this);

    if (arguments.length === 0) throwAsNode((port) => port.postMessage());
    if (transfer === undefined) return endpoint.post(value, null);
    return postWith(endpoint, value, transfer);
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

    endpoint.postMany(checkIterable(values));
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
    Port.#of(this).start();
  }

  /** @param {Function} [callback] called on 'close' */
  close(callback) {
    if (typeof callback === 'function') this.once('close', callback);
    Port.#of(this).close();
  }

  ref() {
    Port.#of(this).ref();
  }

  unref() {
    Port.#of(this).unref();
  }

  /** @returns {boolean} whether the port keeps the loop alive */
  hasRef() {
    const endpoint = Port.#of(this);

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
      this[kHybridDispatch](value, 'message', undefined);
      return;
    }
    callListener(sole, this, value);
  }

  [kMessages](values, list) {
    this[kCurrentlyReceivingPorts] = list ?? [];
    this[kHybridDispatch](values, 'messages', undefined);
  }

  [kMessageError](error) {
    this[kCurrentlyReceivingPorts] = [];
    this[kHybridDispatch](error, 'messageerror', undefined);
  }

  /** Node's MessageEvent takes only Node's own ports. */
  [kCreateEvent](data, type) {
    const list = this[kCurrentlyReceivingPorts];
    const ours = list?.some((port) => Port.isPort(port));

    if (type !== 'messages' && !ours) return super[kCreateEvent](data, type);
    this[kCurrentlyReceivingPorts] = [];

    const event = type === 'messages'
      ? new MessageEvent(type, { data }) : super[kCreateEvent](data, type);

    if (Object.isFrozen(event.ports)) Object.freeze(list); // as on this Node line
    return Object.defineProperty(event, 'ports',
      { value: list, enumerable: true, configurable: true });
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
  throwAsNode(() => new NodePort());
}

Object.setPrototypeOf(MessagePort, NodeEventTarget);
MessagePort.prototype = Port.prototype;
Object.defineProperty(MessagePort.prototype, 'constructor', { value: MessagePort });

/**
 * The port that a passport stands for. The passport's one message is taken and the passport closed.
 * @param {import('node:worker_threads').MessagePort} passport made by detach() in any thread
 * @returns {MessagePort} with everything that was queued for it, in order
 * @throws {TypeError} ERR_INVALID_ARG_TYPE: not a MessagePort of Node's
 * @throws {RingportError} ERR_RINGPORT_INVALID_PASSPORT: it is no passport, or it has been used
 */
function from(passport) {
  if (!(passport instanceof NodePort)) throwAsNode(() => nodeReceive(null));
  load();

  const received = nodeReceive(passport)?.message;
  const valid = received?.kind === PASSPORT && received.end instanceof NodePort;
  const slot = valid ? binding.attach(received.id) : -1;

  if (slot === -1) {
    /* It came here and goes no further: the other side must learn of it. */
    if (valid) {
      received.end.close();
      received.sign?.close();
    }

    const { RingportError } = require('./codec/errors');

    throw new RingportError('ERR_RINGPORT_INVALID_PASSPORT',
      'The port is no passport of a ringport MessagePort, or it has been used');
  }
  received.sign?.close();
  passport.close();
  return make(slot, received.end);
}

Object.defineProperty(MessagePort, 'from', { value: from, writable: true, configurable: true });

/* As on Node's prototype, to the name and the length. */
for (const name of ['onmessage', 'onmessageerror']) {
  Object.defineProperty(Port.prototype, name,
    Object.getOwnPropertyDescriptor(NodePort.prototype, name));
}
for (const name of ['postMessage', 'start', 'close', 'ref', 'unref', 'hasRef']) {
  const theirs = Object.getOwnPropertyDescriptor(NodePort.prototype, name);
  const { value } = Object.getOwnPropertyDescriptor(Port.prototype, name);

  for (const key of ['name', 'length']) {
    if (value[key] === theirs.value[key]) continue;
    Object.defineProperty(value, key, { value: theirs.value[key], configurable: true });
  }
  Object.defineProperty(Port.prototype, name, { ...theirs, value });
}

/** A port on this slot (-1: closed), whose companion is `end`. */
function make(slot, end) {
  load();

  const endpoint = new Endpoint(slot);
  const port = new Port(endpoint);

  ports.made++;
  if (slot === -1) end?.close();
  else if (end !== undefined) companion.adopt(endpoint, end);
  return port;
}

ports.isOurs = Port.isPort;
ports.endpointOf = Port.endpointOf;
ports.receive = (port) => port[kReceive]();

/** Two entangled ports; see https://nodejs.org/api/worker_threads.html#class-messagechannel. */
function MessageChannel() {
  if (new.target === undefined) return NodeChannel(); // throws ERR_CONSTRUCT_CALL_REQUIRED

  load();

  const slot = binding.open();

  this.port1 = make(slot);
  this.port2 = make(control[STATUS]);
}

/* Node 26 has come to have one. */
const tag = Object.getOwnPropertyDescriptor(NodeChannel.prototype, Symbol.toStringTag);

if (tag !== undefined) Object.defineProperty(MessageChannel.prototype, Symbol.toStringTag, tag);

/**
 * The oldest message that waits, started or not.
 * @param {MessagePort | import('node:worker_threads').MessagePort | BroadcastChannel} port
 * @returns {{message: unknown} | undefined}
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
function receiveMessageOnPort(port) {
  if (port !== null && typeof port === 'object' && ports.isOurs(port)) return ports.receive(port);
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
  if (isMarkedAsUntransferable !== undefined) nodeMark(companion.ensure(endpoint));
  else (ports.marked ??= new WeakSet()).add(object);
}

module.exports = {
  MessageChannel, MessagePort, Port, markAsUntransferable, receiveMessageOnPort,
  guard, load, ports, checkIterable, postWith, readIterable, readList, readTransfer, throwAsNode,
  throwLater, watch,
  kArrive, kBatching, kClosed, kMessage, kMessageError, kMessages, kReceive, kStop,
};
