'use strict';

/*
 * parent-receive.js - delivers what comes for a worker's parentPort, by Node or by ring,
 * to its listeners. A thread has at most one such port, so its state is in module
 * variables.
 */

const { callListener } = require('../ports/call-listener');
const { binding, findSymbol, owner, threads } = require('../loading/native');
const { isObject } = require('../ports/way');
const { TURNS_MAX } = require('./marks');

const { kBatching, kClosed, kMessage, kMessageError, kMessages } = owner;

const kHybridDispatch = Symbol.for('nodejs.internal.kHybridDispatch');
const kCurrentlyReceivingPorts = Symbol.for('nodejs.internal.kCurrentlyReceivingPorts');

const { prototype: nodePrototype } = threads.MessagePort;
const { [kHybridDispatch]: nodeDispatch } = nodePrototype;

/** The port. */
const port = {
  /** Node's own parentPort, null where there is none of ours. */
  node: null,
  /** Of the endpoint that the parent has made for us. */
  slot: undefined,
  /** @type {import('./endpoint').Endpoint | null} null until the port has connected */
  endpoint: null,
  /**
   * The only 'message' listener, if it is a function added by on(): called without an
   * event.
   */
  sole: null,
  /** Which of the events that messages arrive with have listeners. */
  heardOne: false,
  heardMany: false,
  /** Messages are delivered, or dropped if nobody listens; known once there are hooks. */
  started: false,
  addingByOn: false,
  /** Node reads the getters of a message: what they post goes before it, by Node too. */
  posting: false,
  /** The port has gone over to the ring meanwhile, of which the parent has to be told. */
  changes: false,
  /** All that came by Node before the first message by ring has been delivered. */
  isDirect: false,
  /** Whether it is known of listeners that come and go. */
  isHooked: false,
  /** Whether what comes by ring is delivered. */
  ring: { receiving: true },
  /** Has it send and receive by its ring; see parent-port.js. @type {() => Endpoint} */
  connect: null,
};

/** What an endpoint calls on its owner; see endpoint.js. */
const listening = {
  get [kBatching]() {
    return port.heardMany;
  },
  [kMessage](value, list) {
    if (port.sole !== null) {
      callListener(port.sole, port.node, value);
      return;
    }
    port.node[kCurrentlyReceivingPorts] = list ?? [];
    nodeDispatch.call(port.node, value, 'message', undefined);
  },
  [kMessages](values, list) {
    port.node[kCurrentlyReceivingPorts] = list ?? [];
    nodeDispatch.call(port.node, values, 'messages', undefined);
  },
  [kMessageError](error) {
    port.node[kCurrentlyReceivingPorts] = [];
    nodeDispatch.call(port.node, error, 'messageerror', undefined);
  },
  [kClosed]() {
    /* Node's port has its own 'close'. */
  },
};

/** Take messages by ring as Node's port takes its own. */
function hear() {
  const { started } = port;

  port.ring.receiving = started;
  if (port.endpoint === null) binding.setReceiving(port.slot, started);
  else if (started) port.endpoint.start();
  else port.endpoint.stop();
}

/** A listener has come. */
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

/** A listener has gone; `removed` is Node's own hook. */
function listenerRemoved(size, type, removed) {
  if (type === 'message') {
    port.sole = null;
    port.heardOne = size > 0;
    if (size === 0) port.started = port.heardMany;
    if (port.heardMany && !port.heardOne) { // Node has stopped the port
      nodePrototype.ref.call(port.node);
      nodePrototype.start.call(port.node);
    }
    hear();
  } else if (type === 'messages' && size === 0) {
    port.heardMany = false;
    port.started = port.heardOne;
    if (!port.heardOne) removed.call(port.node, 0, 'message');
    hear();
  }
}

/**
 * What a listener that was there before is, if it can be called without an event; null if
 * not.
 */
function findSole(node) {
  const kEvents = findSymbol(node, 'kEvents');
  const first = kEvents === undefined ? undefined : node[kEvents].get('message')?.next;

  return first !== undefined && first.next === undefined && first.isNodeStyleListener === true &&
    first.once === false && typeof first.listener === 'function' ? first.listener : null;
}

/**
 * Know of listeners. Node starts and stops its port by hooks of the port's own; ours go
 * around them.
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

/** What has been taken from Node's queue, but not delivered; see pull.js. */
const pulled = [];

/**
 * The oldest message that Node has brought.
 * @returns {{ message: unknown } | undefined}
 */
function takeFromNode() {
  return pulled.length > 0 ? pulled.shift() : threads.receiveMessageOnPort(port.node);
}

/** Take what Node has brought until the Node channel is among it. */
function pull() {
  require('./pull').pull(port.endpoint, port.node, pulled, dispatchPulled);
}

/** Turns in which the port has waited for CHANGE. */
let turns = 0;

/** CHANGE is on its way, and Node calls its port for it. */
function wait() {
  turns++;
  if (turns === TURNS_MAX) require('./pull').pullAll(port.connect(), port.node, pulled, dispatchPulled);
}

/** Node does not call the port for this any more. */
function dispatchPulled(message) {
  /* Node does not give the transfer list. */
  port.node[kCurrentlyReceivingPorts] = port.sole === null && isObject(message)
    ? require('../ports/transfer-list').portsIn(message) : undefined;
  port.node[kHybridDispatch](message, 'message', undefined);
}

module.exports = { port, listening, hear, hook, takeFromNode, pull, wait };
