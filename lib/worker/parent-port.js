'use strict';

/*
 * parent-port.js - a worker's parentPort and workerData; worker.js is the parent's side.
 *
 * parentPort is Node's own port with methods of ours before Node's. Its first messages go by Node and cost
 * what they cost with Node; nothing of the ring is loaded for them. Once they have cost as much as the ring
 * does to load, the port connects: what it sends goes by ring from then on (parent-endpoint.js). The parent
 * goes over by itself in the same way, and the first message that comes by ring connects the port, too.
 */

const { callListener } = require('../ports/call-listener');
const {
  binding, define, endpoints, findSymbol, listen, local, mark, owner, setImmediate, threads,
} = require('../loading/native');
const { Way, isObject, located, postByC } = require('../ports/way');

const { kBatching, kClosed, kMessage, kMessageError, kMessages } = owner;

/** A message with ringport ports in it, sent by Node. */
const ENVELOPE = mark('envelope');
/** The other end of a Node channel for what comes by ring, sent by Node; see node-channel.js. */
const CHANNEL = mark('channel');
/** A transfer handle for the parent to guard, sent by Node; see guard() in transfer-handle.js. */
const GUARD = mark('guard');

/** How long a child looks for its endpoint: in all, and at a time, because nothing ends a native call. */
const JOIN_MS = 2000;
const JOIN_SLICE_MS = 50;

const kHybridDispatch = Symbol.for('nodejs.internal.kHybridDispatch');
const kCurrentlyReceivingPorts = Symbol.for('nodejs.internal.kCurrentlyReceivingPorts');

const kInspect = Symbol.for('nodejs.util.inspect.custom');
/** See port.js. */
const kReceive = Symbol.for('ringport.receive');

const { prototype: nodePrototype } = threads.MessagePort;
const {
  postMessage: nodePost, on: nodeOn, once: nodeOnce, addEventListener: nodeListen,
  [kHybridDispatch]: nodeDispatch,
} = nodePrototype;
const { apply } = Reflect;

/** No slot. */
const NONE = -1;

/** What messages by Node have cost. */
const way = new Way(true);
/** A message has gone by ring, so all must. */
let byRing = false;
/** All that came by Node before the first message by ring has been delivered. */
let direct = false;
/** Whether what comes by ring is delivered. */
const ring = { receiving: true };
/** The port has been closed. */
let closed = false;
/** The first message by ring is there; and since then the loop has called Node's port. */
let isComing = false;
let isNodeDone = false;

/** What parent-endpoint.js needs of the port, and adds to it. */
const port = {
  /** Node's own parentPort, null where there is none of ours. */
  node: null,
  /** Of the endpoint that the parent has made for us. */
  slot: undefined,
  /** @type {import('./endpoint').Endpoint | null} null until the port has connected */
  endpoint: null,
  /** The only 'message' listener, if it is a function added by on(): called without an event. */
  sole: null,
  /** Which of the events that messages arrive with have listeners. */
  heardOne: false,
  heardMany: false,
  /** Messages are delivered, or dropped if nobody listens; known once there are hooks. */
  started: false,
  addingByOn: false,
  /** Node reads the getters of a message: what they post goes before it, on the same way. */
  posting: false,
};

/** Have all of the ring. @returns {import('./endpoint').Endpoint} */
function connect() {
  if (port.endpoint === null) {
    byRing = true;
    require('./parent-endpoint').connect(direct);
    if (closed) port.endpoint.close();
  }
  return port.endpoint;
}

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

  ring.receiving = started;
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
    connect();
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

/** What a listener that was there before is, if it can be called without an event; null if not. */
function findSole(node) {
  const kEvents = findSymbol(node, 'kEvents');
  const first = kEvents === undefined ? undefined : node[kEvents].get('message')?.next;

  return first !== undefined && first.next === undefined && first.isNodeStyleListener === true &&
    first.once === false && typeof first.listener === 'function' ? first.listener : null;
}

let hooked = false;

/** Know of listeners. Node starts and stops its port by hooks of the port's own; ours go around them. */
function hook() {
  if (hooked) return;
  hooked = true;

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

/**
 * Before the first message by ring Node delivers what came by it, with the ports of each message. In this
 * turn of the loop it may have been called already, so it takes another.
 * @returns {boolean} whether it has been called since; if not, the port has another turn
 */
function awaitNode() {
  if (!isComing) {
    isComing = true;
    setImmediate(() => setImmediate(() => { isNodeDone = true; }));
  }
  return isNodeDone;
}

/** Messages have come by ring. @returns {boolean} whether endpoint.js is to deal with them */
function arrive(queued) {
  if (queued === 0) return false;
  way.isLed = true;
  hook();
  if (!direct && !awaitNode()) return false;
  if (!port.heardOne || port.heardMany) return connect() !== null;

  const { deliver, deliverEarlier } = require('../ports/dispatch');

  if (!direct) {
    direct = deliverEarlier(dispatchEarlier, ring);
    if (!direct) return false;
  }
  return !deliver(port.slot, listening, ring, queued) && connect() !== null;
}

/**
 * Dispatch what Node has brought before the first message by ring.
 * @param {{ message: unknown } | undefined} received @returns {boolean} false: there was nothing
 */
function dispatchReceived(received) {
  if (received === undefined) return false;

  const { message } = received;

  /* Node does not give the transfer list. */
  port.node[kCurrentlyReceivingPorts] = port.sole === null && isObject(message)
    ? require('../ports/transfer-list').portsIn(message) : undefined;
  port.node[kHybridDispatch](message, 'message', undefined);
  return true;
}

const dispatchEarlier = () => dispatchReceived(threads.receiveMessageOnPort(port.node));

/** The message in an envelope. @returns {[unknown, object[]]} the value and its ports */
function open(envelope, by) {
  const received = require('../ports/node-channel').receive(envelope, by);

  return [require('../ports/receive').openEnvelope(envelope.bytes, received), received.ports];
}

/** What Node has brought, out of its envelope. @param {{ message: unknown }} received */
function unwrap(received) {
  if (received.message?.kind !== ENVELOPE) return received;
  return { message: open(received.message, port.node)[0] };
}

/** What Node calls for each message that comes. */
function dispatch(value, type, event) {
  if (typeof value === 'object' && value !== null) {
    if (value.kind === CHANNEL) {
      connect().adopt(value.end);
      return;
    }
    if (value.kind === ENVELOPE) [value, this[kCurrentlyReceivingPorts]] = open(value, this);
  }
  way.heard = true;
  if (type === 'message' && port.heardMany) nodeDispatch.call(this, [value], 'messages', event);
  else nodeDispatch.call(this, value, type, event);
}

/** Whether there may be ports of ours in a message. */
function mayHavePorts(value, transfer) {
  return local.portsMade > 0 && (isObject(value) || transfer !== undefined);
}

/** Whether a message is to go by ring. */
function pays(value, transfer) {
  if (port.posting) return false;
  return closed ? mayHavePorts(value, transfer) : byRing || way.pays(value, transfer);
}

/** @param {IArguments} args of postMessage @returns what postMessage returns */
function postByNode(args) {
  const { posting: outer } = port;
  const [value, transfer] = args;

  port.posting = true;
  try {
    if (outer && mayHavePorts(value, transfer)) {
      return require('./post-with-ports').postWithPorts(port.node, nodePost, value, transfer);
    }
    return apply(nodePost, port.node, args);
  } catch (error) {
    throw located(error, value, transfer);
  } finally {
    port.posting = outer;
  }
}

/** @param {Iterable<unknown>} values of postMessages, by Node @returns what postMessages returns */
function postManyByNode(values) {
  for (const value of require('../ports/transfer-list').checkIterable(values)) postByNode([value]);
  return closed ? undefined : true;
}

/** The methods of the port until it connects. Those that Node's port does not have connect it. */
const methods = {
  postMessage(value, transfer) {
    if (this !== port.node || arguments.length === 0) {
      return apply(nodePost, this, arguments); // Node says what is wrong
    }
    if (pays(value, transfer)) {
      if (!closed && transfer === undefined) {
        if (!byRing) require('../ports/posts').watchPosts();
        byRing = true;

        const rest = postByC(port.slot, value);

        if (rest === undefined) return true;
        if (rest !== value) return require('../ports/send').sendCopy(connect(), rest, value);
      }
      connect();
      /* Not this.postMessage, which may be the application's, around this one. */
      return apply(require('./parent-endpoint').methods.postMessage, this, arguments);
    }
    return postByNode(arguments);
  },
  on(type, listener) {
    if (type === 'messages') connect();
    port.addingByOn = true;
    try {
      return nodeOn.call(this, type, listener);
    } finally {
      port.addingByOn = false;
    }
  },
  addListener(type, listener) {
    return this.on(type, listener);
  },
  close(callback) {
    if (this === port.node && !closed) {
      closed = true;
      if (hooked || byRing) {
        connect(); // what is queued can be read until the closing phase
      } else {
        define(0);
        binding.close(port.slot);
        port.slot = NONE;
      }
    }
    return nodePrototype.close.call(this, callback);
  },
  start() {
    if (this === port.node) {
      hook();
      port.started = true;
      hear();
    }
    return nodePrototype.start.call(this);
  },
  removeAllListeners(type) {
    if (this === port.node) { // which goes on without listeners
      hook();
      port.sole = null;
      if (type === undefined || type === 'message') port.heardOne = false;
      if (type === undefined || type === 'messages') port.heardMany = false;
    }
    return apply(nodePrototype.removeAllListeners, this, arguments);
  },
  once(type, listener) {
    if (type === 'messages') connect();
    return nodeOnce.call(this, type, listener);
  },
  addEventListener(type) {
    if (type === 'messages') connect();
    return apply(nodeListen, this, arguments);
  },
  postMessages(values) {
    if (port.posting) return postManyByNode(values);
    connect();
    return require('./parent-endpoint').methods.postMessages.call(this, values);
  },
  detach() {
    connect();
    return require('./parent-endpoint').methods.detach.call(this);
  },
  get receiveViews() {
    return false;
  },
  set receiveViews(wanted) {
    connect();
    this.receiveViews = wanted;
  },
};

/**
 * Attach the endpoint that our parent has made for us. A parent that does not get to an end keeps Node's
 * channel, which is as good and slower.
 * @returns {number | undefined} its slot, undefined without
 */
function join() {
  for (let waited = 0; waited < JOIN_MS; waited += JOIN_SLICE_MS) {
    const joined = binding.join(threads.threadId, JOIN_SLICE_MS);

    if (joined !== null) return joined;
  }
  return undefined;
}

/** The parentPort of this worker, with our methods if its parent is ours. */
function findParentPort() {
  const { parentPort } = threads;

  listen();
  port.slot = join();
  if (port.slot === undefined) return parentPort;
  port.node = local.parentPort = parentPort;
  endpoints[port.slot] = arrive;
  binding.bind(port.slot, parentPort);
  binding.place(port.slot, true); // where Node's port stands, as far as can be told
  binding.setReceiving(port.slot, true);

  /* What is not ours here is Node's own, also when port.js is loaded and goes between the two. */
  const own = { __proto__: null };
  const take = (object, name, enumerable) => {
    own[name] = { __proto__: null, ...Object.getOwnPropertyDescriptor(object, name), enumerable };
  };

  for (const name of Object.keys(methods)) take(methods, name, Object.hasOwn(nodePrototype, name));
  for (const name of ['ref', 'unref', 'hasRef']) take(nodePrototype, name, true);
  take(nodePrototype, kInspect, false);
  own[kReceive] = { __proto__: null, value: receive, configurable: true };
  Object.setPrototypeOf(parentPort, Object.create(nodePrototype, own));
  Object.defineProperty(parentPort, kHybridDispatch,
    { __proto__: null, value: dispatch, writable: true, configurable: true });
  return parentPort;
}

function findWorkerData() {
  const { workerData } = threads;

  if (workerData?.kind !== ENVELOPE) return workerData;
  /* For good, and for whoever asks Node: a port can be taken out of its envelope once. */
  const [opened] = open(workerData);

  require('node:worker_threads').workerData = opened;
  return opened;
}

/** What receiveMessageOnPort() gives. @returns {{ message: unknown } | undefined} */
function receive() {
  if (port.endpoint !== null || byRing || direct) {
    connect();
    return require('./parent-endpoint').receive();
  }

  const received = threads.receiveMessageOnPort(port.node);

  if (received === undefined) { // the parent may have gone over to the ring
    if (binding.queued === undefined) define(0);
    if (binding.queued(port.slot) === 0) return undefined;
    connect();
    return require('./parent-endpoint').receive();
  }
  way.heard = true;
  if (received.message?.kind === CHANNEL) {
    connect().adopt(received.message.end);
    return require('./parent-endpoint').receive();
  }
  return unwrap(received);
}

module.exports = {
  CHANNEL, ENVELOPE, GUARD, port, listening,
  awaitNode, connect, dispatchReceived, open, unwrap, receive, hook, hear,
  postByNode, postManyByNode, findParentPort, findWorkerData,
};
