'use strict';

/*
 * parent-port.js - a worker's parentPort and workerData; worker.js is the parent's side.
 *
 * parentPort is Node's own port; ringport overrides some of its methods. It sends its
 * first messages over Node's channel and loads none of the ring's code for them. Once
 * they have cost as much as loading the ring would, it switches to the ring (parent-
 * endpoint.js). The parent decides for its own direction in the same way.
 */

const {
  binding, control, define, endpoints, listen, local, threads, FLOW, FOR_CHANNELS, FOR_FLOW,
} = require('../loading/native');
const { CHANGE, CHANNEL, ENVELOPE } = require('./marks');
const { FOR_PRIMITIVES, needOf } = require('../ports/is-plain');
const { withFlowAndDispose } = require('../flow/members');
const { ENOUGH, Way, isObject, mayHavePorts, postByC } = require('../ports/way');
const { port, listening, hear, hook, queue } = require('./parent-receive');
const { postByNode, postManyByNode, tellChange } = require('./post-by-node');
const { prepare } = require('./prepare');
const { addMethods } = require('../request/methods');

/**
 * How long a child waits for its endpoint: in total, and per native call, because
 * terminate() cannot interrupt one.
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

/** The cost so far of messages sent over Node's channel. */
const way = new Way(true);
/** The last message received over Node's channel while the switch is near. */
let heard = NOTHING;
/** True once a message has gone by ring: all later ones must follow it. */
let byRing = false;
let closed = false;

/** Send everything by ring from now on. */
function changeWay(need) {
  if (byRing) return;
  tellChange(need);
  byRing = true;
  way.left = -1;
}

/**
 * Create the port's Endpoint if needed.
 * @returns {import('../ports/endpoint').Endpoint}
 */
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
 * Handle a wake-up for messages in the ring.
 * @returns {boolean} true: endpoint.js must deliver them
 */
function arrive(queued) {
  if (queued === 0) return false;
  hook();
  if (!port.isDirect) {
    hear();
    queue.wait(connect);
    return false;
  }
  if (!port.heardOne || port.heardMany) return connect() !== null;
  return !require('../ports/dispatch').deliver(port.slot, listening, port.ring, queued) &&
    connect() !== null;
}

/**
 * Handle CHANGE: every message that the parent sent over Node has been delivered.
 * @param {number} [passed] how many those were, if they count; see flow/worker-flow.js
 */
function followChange(passed) {
  if (passed > 0) {
    define(FOR_FLOW);
    binding.pass(port.slot, passed);
  }
  way.lead();
  port.isDirect = true;
  if (port.endpoint !== null) port.endpoint.wait = null;
}

/** Node calls this for each message from its channel. */
function dispatch(value, type, event) {
  if (isObject(value) && typeof value.kind === 'string') {
    if (value.kind === CHANGE) {
      followChange(value.passed);
      prepare(value.need, false);
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
  if (port.intercept !== null && type === 'message' && port.intercept(value)) return;
  if (type === 'message' && port.heardMany) nodeDispatch.call(this, [value], 'messages', event);
  else nodeDispatch.call(this, value, type, event);
}

/** Whether to send a message by ring. */
function pays(value, transfer) {
  if (port.posting) return false;
  return closed ? mayHavePorts(value, transfer) : byRing || way.pays(value, transfer);
}

/** The port's methods until it connects. Methods that Node's port lacks connect it. */
const methods = {
  postMessage(value, transfer) {
    if (this !== port.node || arguments.length === 0) {
      return apply(nodePost, this, arguments); // Node throws
    }
    if (way.left >= ENOUGH && transfer === undefined && local.portsMade === 0) {
      way.spend(value, !isObject(value));
      return postByNode(arguments);
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
      /* Not this.postMessage: an application may have wrapped it. */
      return apply(require('./parent-endpoint').methods.postMessage, this, arguments);
    }

    const { nears } = way;
    const result = postByNode(arguments);

    if (nears && heard !== NOTHING && !closed) {
      way.prepared();
      prepare(Math.max(needOf(value), needOf(heard)));
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
        connect(); // queued messages stay readable until the closing phase
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
    if (this === port.node) { // which keeps receiving without listeners
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
  receive(options = undefined) {
    return require('../request/receive').receive(this, receive, () => !closed, options);
  },
};
const receiveViews = {
  __proto__: null,
  get: () => false,
  set(wanted) {
    connect();
    this.receiveViews = wanted;
  },
  configurable: true,
};

/** A handler keeps the loop alive as a listener does. */
function serve() {
  port.serves = port.endpoint.calls.serves;
  if (port.serves) nodePrototype.ref.call(port.node);
  else if (!port.heardOne && !port.heardMany) nodePrototype.unref.call(port.node);
}

/**
 * Attach the endpoint that the parent opened for this worker. If the parent does not
 * commit it in time, the port keeps using Node's channel.
 * @returns {number | undefined} its slot; undefined if there is no endpoint
 */
function join() {
  for (let waited = 0; waited < JOIN_MS; waited += JOIN_SLICE_MS) {
    const joined = binding.join(threads.threadId, JOIN_SLICE_MS);

    if (joined !== null) return joined;
  }
  return undefined;
}

/** This worker's parentPort, with ringport's methods if a ringport Worker started it. */
function findParentPort() {
  const { parentPort } = threads;

  listen();
  port.slot = join();
  if (port.slot === undefined) return parentPort;
  port.hasMark = control[FLOW] !== 0;
  port.node = queue.port = local.parentPort = parentPort;
  local.connectParent = connect;
  endpoints[port.slot] = arrive;
  binding.bind(port.slot, parentPort);
  binding.place(port.slot, true); // approximates the position of Node's port
  binding.setReceiving(port.slot, true);

  const { prototype } = withFlowAndDispose(threads.MessagePort);
  const over = Object.create(prototype);
  const own = {
    __proto__: null, value: undefined, writable: true, enumerable: false, configurable: true,
  };
  const put = (name, value, enumerable) => {
    own.value = value;
    own.enumerable = enumerable;
    Object.defineProperty(over, name, own);
  };

  for (const name of Object.keys(methods)) {
    put(name, methods[name], Object.hasOwn(nodePrototype, name));
  }
  /* Copy Node's methods, too: port.js, once loaded, changes Node's prototype. */
  for (const name of ['ref', 'unref', 'hasRef']) put(name, nodePrototype[name], true);
  put(kInspect, nodePrototype[kInspect], false);
  addMethods(over, () => connect, serve);
  put(kReceive, receive, false);
  Object.defineProperty(over, 'receiveViews', receiveViews);
  Object.setPrototypeOf(parentPort, over);
  Object.defineProperty(parentPort, kHybridDispatch,
    { __proto__: null, value: dispatch, writable: true, configurable: true });
  if (port.hasMark) connect(); // to count what it sends
  return parentPort;
}

function findWorkerData() {
  const { workerData } = threads;

  if (workerData?.kind !== ENVELOPE) return workerData;
  /* Replace Node's workerData, too: an envelope can be opened only once. */
  const [opened] = require('./open-envelope').open(workerData);

  require('node:worker_threads').workerData = opened;
  return opened;
}

/** receiveMessageOnPort() for parentPort. @returns {{ message: unknown } | undefined} */
function receive() {
  for (;;) {
    const received = receiveNext();

    if (received === undefined || port.intercept === null || !port.intercept(received.message)) {
      return received;
    }
  }
}

/** @returns {{ message: unknown } | undefined} the next message, also of a pool */
function receiveNext() {
  while (!port.isDirect) {
    const received = queue.take();

    if (received === undefined) return undefined;
    way.heard = true;
    switch (received.message?.kind) {
      case CHANGE:
        followChange(received.message.passed);
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
