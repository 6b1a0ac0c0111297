'use strict';

/*
 * message-channel.js - MessageChannel, receiveMessageOnPort and markAsUntransferable.
 */

const { binding, control, define, threads, STATUS, FOR_CHANNELS } = require('../loading/native');
const { kindOf, ports } = require('./kinds');
const { limitsIn } = require('./limits');
const { Port, make } = require('./port');

/** Method of every ringport port, including those of other copies of the package. */
const kReceive = Symbol.for('ringport.receive');

const {
  MessageChannel: NodeChannel, receiveMessageOnPort: nodeReceive, isMarkedAsUntransferable,
  markAsUntransferable: nodeMark,
} = threads;

/**
 * Two entangled ports; see
 * https://nodejs.org/api/worker_threads.html#class-messagechannel.
 */
function MessageChannel(options = undefined) {
  if (new.target === undefined) return NodeChannel(); // throws ERR_CONSTRUCT_CALL_REQUIRED

  const limits = limitsIn(options);

  define(FOR_CHANNELS);

  const slot = binding.open();
  const { [STATUS]: other } = control;

  if (limits !== null) require('../flow/flow').setMark(slot, limits);
  this.port1 = make(slot, undefined, limits !== null);
  this.port2 = make(other, undefined, limits !== null);
}

Object.defineProperty(MessageChannel.prototype, Symbol.dispose ?? Symbol('dispose'), {
  __proto__: null,
  value: { dispose() {
    this.port1.close();
    this.port2.close();
  } }.dispose,
  writable: true,
  configurable: true,
});

/* Since Node 26. */
const tag = Object.getOwnPropertyDescriptor(NodeChannel.prototype, Symbol.toStringTag);

if (tag !== undefined) {
  Object.defineProperty(MessageChannel.prototype, Symbol.toStringTag, { __proto__: null, ...tag });
}

/**
 * Take the oldest queued message, even if the port has not been started.
 * @param {MessagePort | import('node:worker_threads').MessagePort | BroadcastChannel}
 *   port
 * @param {{ timeout?: number }} [options] how long to wait for one, in milliseconds
 * @returns {{message: unknown} | undefined}
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
function receiveMessageOnPort(port, options = undefined) {
  /* Ignore anything else, as Node does: map() may call this with an index. */
  if (typeof options === 'object' && options !== null) {
    return require('../request/blocking').receive(port, () => receiveMessageOnPort(port), options);
  }
  if (port === null || typeof port !== 'object') return nodeReceive(port);
  if (Port.isPort(port)) return port[kReceive]();

  const kind = kindOf(port);

  if (kind !== undefined) return kind.receive(port);
  if ((port === threads.parentPort && kReceive in port) || ports.isOthers(port)) {
    return port[kReceive]();
  }
  return nodeReceive(port);
}

/**
 * Node's markAsUntransferable, extended to ringport ports.
 * @param {unknown} object
 */
function markAsUntransferable(object) {
  const endpoint = ports.endpointOf(object);

  nodeMark(object);
  /* In Node's transfer list the port is represented by its end of the Node channel. */
  if (endpoint === undefined) return;
  if (isMarkedAsUntransferable !== undefined) nodeMark(require('./node-channel').ensure(endpoint));
  else (ports.marked ??= new WeakSet()).add(object);
}

module.exports = { MessageChannel, markAsUntransferable, receiveMessageOnPort };
