'use strict';

/*
 * parent-receive.js - delivers messages, from Node's channel or the ring, to the
 * listeners of a worker's parentPort. A thread has at most one parentPort, so its state
 * is in module variables.
 */

const { callListener } = require('../ports/call-listener');
const { binding, findSymbol, owner, threads } = require('../loading/native');
const { isObject } = require('../ports/way');
const { NodeQueue } = require('./node-queue');

const { kBatching, kClosed, kMessage, kMessageError, kMessages } = owner;

const kHybridDispatch = Symbol.for('nodejs.internal.kHybridDispatch');
const kCurrentlyReceivingPorts = Symbol.for('nodejs.internal.kCurrentlyReceivingPorts');

const { prototype: nodePrototype } = threads.MessagePort;
const { [kHybridDispatch]: nodeDispatch } = nodePrototype;

const port = {
  /** Node's own parentPort; null unless a ringport Worker started this thread. */
  node: null,
  /** The slot of the endpoint that the parent opened for this worker. */
  slot: undefined,
  /** The Worker was given a mark. */
  hasMark: false,
  /**
   * null until the port has connected.
   * @type {import('../ports/endpoint').Endpoint | null}
   */
  endpoint: null,
  /**
   * The only 'message' listener, if on() added it and it can be called without an event.
   */
  sole: null,
  /** Whether 'message' has listeners. */
  heardOne: false,
  /** Whether 'messages' has listeners. */
  heardMany: false,
  /** Messages are delivered, or dropped if nobody listens. Valid once isHooked. */
  started: false,
  addingByOn: false,
  /** Requests are answered, which keeps the loop alive without a listener. */
  serves: false,
  /** Node is running a message's getters. Their own posts precede it, so by Node, too. */
  posting: false,
  /** The port switched to the ring while `posting`; CHANGE has yet to be sent. */
  changes: false,
  /** CHANGE has arrived, so every message from Node's channel has been delivered. */
  isDirect: false,
  /** Whether hook() has run. */
  isHooked: false,
  /** Whether messages from the ring are delivered; read by ports/dispatch.js. */
  ring: { receiving: true },
  /**
   * Takes messages of a pool, so that no listener gets them; null outside of its workers.
   * @type {((message: unknown) => boolean) | null}
   */
  intercept: null,
  /** Creates the port's Endpoint; see parent-port.js. @type {() => Endpoint} */
  connect: null,
};

/** The owner of the port's Endpoint; see ports/endpoint.js. */
const listening = {
  get [kBatching]() {
    return port.heardMany;
  },
  [kMessage](value, list) {
    if (port.intercept !== null && port.intercept(value)) return;
    if (port.sole !== null) {
      callListener(port.sole, port.node, value);
      return;
    }
    port.node[kCurrentlyReceivingPorts] = list ?? [];
    nodeDispatch.call(port.node, value, 'message', undefined);
  },
  [kMessages](all, list) {
    const values = port.intercept === null ? all : all.filter((value) => !port.intercept(value));

    if (values.length === 0) return;
    port.node[kCurrentlyReceivingPorts] = list ?? [];
    nodeDispatch.call(port.node, values, 'messages', undefined);
  },
  [kMessageError](error) {
    port.node[kCurrentlyReceivingPorts] = [];
    nodeDispatch.call(port.node, error, 'messageerror', undefined);
  },
  [kClosed]() {
    /* Node's port emits 'close' itself. */
  },
};

/** Start or stop receiving from the ring, in step with Node's port. */
function hear() {
  const { started } = port;

  port.ring.receiving = started;
  if (port.endpoint === null) binding.setReceiving(port.slot, started);
  else if (started) port.endpoint.start();
  else port.endpoint.stop();
}

/** Called before Node adds a listener. */
function listenerAdded(size, type, listener, once) {
  if (type === 'message') {
    port.sole = size === 1 && port.addingByOn && !once && typeof listener === 'function' ? listener : null;
    port.heardOne = port.started = true;
    hear();
  } else if (type === 'messages') {
    port.heardMany = port.started = true;
    port.connect();
    nodePrototype.ref.call(port.node);
    port.node.start();
  }
}

/** Called after a listener was removed. `removed` is Node's own hook. */
function listenerRemoved(size, type, removed) {
  if (type === 'message') {
    port.sole = null;
    port.heardOne = size > 0;
    if (size === 0) port.started = port.heardMany;
    if (port.heardMany && !port.heardOne) { // Node has stopped the port
      nodePrototype.ref.call(port.node);
      nodePrototype.start.call(port.node);
    } else if (port.serves && !port.heardOne) {
      nodePrototype.ref.call(port.node);
    }
    hear();
  } else if (type === 'messages' && size === 0) {
    port.heardMany = false;
    port.started = port.heardOne;
    if (!port.heardOne) removed.call(port.node, 0, 'message');
    if (port.serves) nodePrototype.ref.call(port.node);
    hear();
  }
}

/** The only 'message' listener added before hook(), if it needs no event; else null. */
function findSole(node) {
  const kEvents = findSymbol(node, 'kEvents');
  const first = kEvents === undefined ? undefined : node[kEvents].get('message')?.next;

  return first !== undefined && first.next === undefined && first.isNodeStyleListener === true &&
    first.once === false && typeof first.listener === 'function' ? first.listener : null;
}

/**
 * Track the port's listeners. Wraps the hooks by which Node starts and stops the port.
 */
function hook() {
  if (port.isHooked) return;
  port.isHooked = true;

  const { node } = port;
  const kNewListener = findSymbol(node, 'kNewListener');
  const kRemoveListener = findSymbol(node, 'kRemoveListener');
  const { [kNewListener]: added, [kRemoveListener]: removed } = node;
  const put = (key, value) =>
    Object.defineProperty(node, key, { __proto__: null, value, configurable: true });

  put(kNewListener, (size, type, listener, once, ...rest) => {
    listenerAdded(size, type, listener, once);
    return added.call(node, size, type, listener, once, ...rest);
  });
  put(kRemoveListener, (size, type, ...rest) => {
    const result = removed.call(node, size, type, ...rest);

    listenerRemoved(size, type, removed);
    return result;
  });
  if (node.listenerCount('message') > 0) {
    port.sole = findSole(node);
    port.heardOne = port.started = true;
  }
}

/** Node's queue; its port is `port.node`. */
const queue = new NodeQueue(dispatchPulled);

/** Dispatch a message that was taken from Node's queue, as Node would have. */
function dispatchPulled(message) {
  /* receiveMessageOnPort() does not return the ports, so look for them. */
  port.node[kCurrentlyReceivingPorts] = port.sole === null && isObject(message)
    ? require('../ports/transfer-list').portsIn(message) : undefined;
  port.node[kHybridDispatch](message, 'message', undefined);
}

module.exports = { port, listening, hear, hook, queue };
