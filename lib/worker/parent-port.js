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

const { binding, define, endpoints, listen, local, threads, FOR_CHANNELS } = require('../loading/native');
const { CHANGE, CHANNEL, ENVELOPE } = require('./marks');
const { FOR_PRIMITIVES, needOf } = require('../ports/is-flat');
const { Way, mayHavePorts, postByC } = require('../ports/way');
const { port, listening, hear, hook, takeFromNode, wait } = require('./parent-receive');
const { postByNode, postManyByNode, tellChange } = require('./post-by-node');
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
/** The port has been closed. */
let closed = false;

/** From now on all goes by ring. */
function changeWay(need) {
  if (byRing) return;
  tellChange(need);
  byRing = true;
}

/** Have all of the ring. @returns {import('./endpoint').Endpoint} */
function connect() {
  if (port.endpoint === null) {
    changeWay(FOR_PRIMITIVES);
    require('./parent-endpoint').connect();
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
  hook();
  if (!port.isDirect) {
    hear();
    wait();
    return false;
  }
  if (!port.heardOne || port.heardMany) return connect() !== null;
  return !require('../ports/dispatch').deliver(port.slot, listening, port.ring, queued) &&
    connect() !== null;
}

/** The parent has gone over to the ring; what it has sent by Node has been delivered. */
function followChange() {
  way.isLed = true;
  port.isDirect = true;
  if (port.endpoint !== null) port.endpoint.wait = null;
}

/** What Node calls for each message that comes. */
function dispatch(value, type, event) {
  if (typeof value === 'object' && value !== null) {
    if (value.kind === CHANGE) {
      followChange();
      prepare(value.need);
      require('../ports/dispatch').deliverQueued(port.endpoint?.slot ?? port.slot);
      return;
    }
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
  if (type === 'message' && port.heardMany) nodeDispatch.call(this, [value], 'messages', event);
  else nodeDispatch.call(this, value, type, event);
}

/** Whether a message is to go by ring. */
function pays(value, transfer) {
  if (port.posting) return false;
  return closed ? mayHavePorts(value, transfer) : byRing || way.pays(value, transfer);
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
        if (!byRing) changeWay(needOf(value));
        if (!local.watchesPosts) require('../ports/posts').watchPosts();

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
      prepare(way.prepares(Math.max(needOf(value), needOf(heard))));
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
  while (!port.isDirect) {
    const received = takeFromNode();

    if (received === undefined) return undefined;
    way.heard = true;
    switch (received.message?.kind) {
      case CHANGE:
        followChange();
        break;
      case CHANNEL:
        connect().adopt(received.message.end);
        break;
      case ENVELOPE:
        return { message: require('./open-envelope').open(received.message, port.node)[0] };
      default:
        return received;
    }
  }
  return connect().receive();
}

module.exports = { connect, receive, findParentPort, findWorkerData };
