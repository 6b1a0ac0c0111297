'use strict';

/*
 * parent-port.js - a worker's parentPort and workerData; worker.js is the parent's side.
 *
 * parentPort is Node's own port with methods of ours before Node's. Its first messages go
 * by Node and cost what they cost with Node; nothing of the ring is loaded for them. Once
 * they have cost as much as the ring does to load, the port connects: what it sends goes
 * by ring from then on (parent-endpoint.js). The parent goes over by itself in the same
 * way, and the first message that comes by ring connects the port, too.
 */

const { binding, define, endpoints, listen, local, setImmediate, threads, FOR_CHANNELS } = require('../loading/native');
const { CHANNEL, ENVELOPE } = require('./marks');
const { Way, mayHavePorts, postByC } = require('../ports/way');
const {
  port, listening, awaitNode, dispatchReceived, endNode, hear, hook, unwrap,
} = require('./parent-receive');
const { postByNode, postManyByNode } = require('./post-by-node');
const { prepare } = require('./prepare');

/**
 * How long a child looks for its endpoint: in all, and at a time, because nothing ends a
 * native call.
 */
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

const NOTHING = Symbol('nothing');
/** No slot. */
const NONE = -1;

/** What messages by Node have cost. */
const way = new Way(true);
/** The last message by Node, when the next ones may go by ring. */
let heard = NOTHING;
/** A message has gone by ring, so all must. */
let byRing = false;
/** All that came by Node before the first message by ring has been delivered. */
let direct = false;
/** Listeners are being called for a message by Node. */
let isDelivering = false;
/** The port has been closed. */
let closed = false;

/** Have all of the ring. @returns {import('./endpoint').Endpoint} */
function connect() {
  if (port.endpoint === null) {
    byRing = true;
    require('./parent-endpoint').connect(direct);
    if (closed) port.endpoint.close();
  }
  return port.endpoint;
}

port.connect = connect;

/**
 * Messages have come by ring.
 * @returns {boolean} whether endpoint.js is to deal with them
 */
function arrive(queued) {
  if (queued === 0) return false;
  way.isLed = true;
  hook();
  if (!direct && !awaitNode()) return false;
  if (!port.heardOne || port.heardMany) return connect() !== null;

  const { deliver, deliverEarlier } = require('../ports/dispatch');

  if (!direct) {
    direct = deliverEarlier(dispatchEarlier, port.ring);
    if (!direct) return false;
  }
  return !deliver(port.slot, listening, port.ring, queued) && connect() !== null;
}

const dispatchEarlier = () => dispatchReceived(threads.receiveMessageOnPort(port.node));

/** What Node calls for each message that comes. */
function dispatch(value, type, event) {
  if (typeof value === 'object' && value !== null) {
    if (value.kind === CHANNEL) {
      connect().adopt(value.end);
      return;
    }
    if (value.kind === ENVELOPE) {
      [value, this[kCurrentlyReceivingPorts]] = require('./open-envelope').open(value, this);
    }
  }
  way.heard = true;
  if (way.nears) heard = value;
  isDelivering = true;
  if (type === 'message' && port.heardMany) nodeDispatch.call(this, [value], 'messages', event);
  else nodeDispatch.call(this, value, type, event);
  isDelivering = false;
}

/** Whether a message is to go by ring. */
function pays(value, transfer) {
  if (port.posting) return false;
  return closed ? mayHavePorts(value, transfer) : byRing || way.pays(value, transfer);
}

/**
 * The port has been closed before the first message by ring has been delivered. Node has
 * delivered what came by it in this turn of the loop, and the closing phase is next.
 */
function deliverLast() {
  const { endpoint, slot } = port;

  endNode();
  if (!endpoint.gone) local.dispatch(slot, binding.queued(slot));
}

/**
 * The methods of the port until it connects. Those that Node's port does not have connect
 * it.
 */
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

    const { nears } = way;
    const result = postByNode(arguments);

    if (nears && heard !== NOTHING && !closed) {
      prepare(way, value, heard);
      heard = NOTHING;
    }
    return result;
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
      define(FOR_CHANNELS);
      if (port.isHooked || byRing || binding.queued(port.slot) > 0) {
        hook();
        connect(); // what is queued can be read until the closing phase
        /* Node does the same with what is in its queue in this wake-up. */
        if (!direct && isDelivering) setImmediate(deliverLast);
      } else {
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
    if (port.posting) return postManyByNode(values, !closed);
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
 * Attach the endpoint that our parent has made for us. A parent that does not get to an
 * end keeps Node's channel, which is as good and slower.
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
  local.connectParent = connect;
  endpoints[port.slot] = arrive;
  binding.bind(port.slot, parentPort);
  binding.place(port.slot, true); // where Node's port stands, as far as can be told
  binding.setReceiving(port.slot, true);

  /* What is not ours here is Node's own, also when port.js is loaded and goes between the
   * two. */
  const own = { __proto__: null };
  const take = (object, name, enumerable) => {
    own[name] = { __proto__: null, ...Object.getOwnPropertyDescriptor(object, name), enumerable };
  };

  for (const name of Object.keys(methods)) {
    take(methods, name, Object.hasOwn(nodePrototype, name));
  }
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
  const [opened] = require('./open-envelope').open(workerData);

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
    if (binding.queued === undefined) define(FOR_CHANNELS);
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

module.exports = { connect, receive, findParentPort, findWorkerData };
