'use strict';

/*
 * move-to-context.js - moveMessagePortToContext for ports of ours.
 *
 * What the context gets is a shell: a port of Node's that Node has moved there, with methods of ours before
 * Node's own. Behind it is a port of ours that nobody else has, and the way to the shell, the other
 * end of its channel. A message is received as always, goes the way, and comes out of it made of the
 * context's own prototypes, by Node. A port of ours in it goes as the shell that it is to have.
 */

const { Blob } = require('node:buffer');
const vm = require('node:vm');

const { isDataCloneError } = require('../codec/node-clone');
const companion = require('./node-channel');
const { binding, local } = require('../loading/native');
const { kOnClose } = require('./node-events');
const { Port, kArrive, kClosed, kReceive, ports } = require('./port');
const { transferablesIn } = require('./transfer-list');
const {
  MessageChannel: NodeChannel, MessagePort: NodePort, moveMessagePortToContext: nodeMove,
  receiveMessageOnPort: nodeReceive,
} = require('../loading/native').threads;

/** Context -> what its shells have in common. */
const realms = new WeakMap();
/** Shell -> Moved. */
const shells = new WeakMap();

/** Runs in the context, where nothing of the main one may be seen but what is cloned or thrown. */
const REALM = `(function (node, onClose, call) {
  'use strict';
  class MessageEvent {
    constructor(data, target, type, ports) {
      this.data = data;
      this.target = target;
      this.type = type;
      this.ports = ports;
    }
  }
  return {
    prototype: {
      __proto__: node,
      postMessage(...args) { return call(this, 'postMessage', args); },
      postMessages(...args) { return call(this, 'postMessages', args); },
      start(...args) { return call(this, 'start', args); },
      close(...args) { return call(this, 'close', args); },
      ref(...args) { return call(this, 'ref', args); },
      unref(...args) { return call(this, 'unref', args); },
      hasRef(...args) { return call(this, 'hasRef', args); },
      [onClose]() { call(this, 'lost', []); },
    },
    emit(port, handler, type, data, ports) {
      const event = new MessageEvent(data, port, type, ports ?? []);
      if (typeof port[handler] === 'function') port[handler](event);
    },
    typeError: (message, code) => Object.assign(new TypeError(message), { code }),
    unclonable: () => {},
  };
})`;

/** @param {object} context contextified @param {object} shell its first */
function realmOf(context, shell) {
  let realm = realms.get(context);

  if (realm === undefined) {
    const node = Object.getPrototypeOf(shell);
    const script = new vm.Script(REALM, { __proto__: null, filename: 'ringport' });
    const make = script.runInContext(context);

    realm = make(node, kOnClose, (port, name, args) => {
      const moved = shells.get(port);

      if (moved === undefined) return node[name]?.apply(port, args); // throws as Node does
      return moved.call(name, args);
    });
    realm.node = node;
    realms.set(context, realm);
  }
  return realm;
}

/** Node's errors are made in the context that a port is in. */
function localize(error, { realm, shell }) {
  if (isDataCloneError(error)) {
    try {
      realm.node.postMessage.call(shell, realm.unclonable);
    } catch (theirs) {
      return new theirs.constructor(error.message, error.name);
    }
  }
  if (error instanceof TypeError && /^ERR_/.test(error.code)) {
    return realm.typeError(error.message, error.code);
  }
  return error; // of a getter
}

class Moved {
  #context;
  /** The port of ours behind the shell. */
  #port;
  #way;
  #listening = false;
  /** Ports that came with the message in hand, and for those of ours what is to be made of them. */
  #arrived = [];

  constructor(context, port, way, shell) {
    this.#context = context;
    this.#port = port;
    this.#way = way;
    this.shell = shell;
    this.realm = realmOf(context, shell);
    Object.setPrototypeOf(shell, this.realm.prototype);
    shells.set(shell, this);
    NodePort.prototype.unref.call(shell);
    port[kArrive] = (...args) => this.#arrive(...args);
    port.ref(); // as one of Node's
    port.on('close', () => way.close());
    if (this.endpoint.gone) way.close();
  }

  get endpoint() {
    return Port.endpointOf(this.#port);
  }

  /** A method of the shell. */
  call(name, args) {
    try {
      return this[name](...args);
    } catch (error) {
      throw localize(error, this);
    }
  }

  postMessage(...args) {
    return this.#port.postMessage(...args);
  }

  postMessages(...args) {
    return this.#port.postMessages(...args);
  }

  start() {
    if (this.#listening) return;

    const refed = this.#port.hasRef();

    this.#listening = true;
    this.#port.on('message', (value) => this.#deliver(value));
    this.#port.on('messageerror', (error) => this.#fail(error));
    if (!refed) this.#port.unref();
  }

  close(callback) {
    if (!this.endpoint.open) return;
    if (typeof callback === 'function') this.#port.on('close', () => callback.call(this.shell));
    this.#port.close();
  }

  ref() {
    this.#port.ref();
  }

  unref() {
    this.#port.unref();
  }

  hasRef() {
    return this.endpoint.gone ? undefined : this.#port.hasRef();
  }

  /** @returns the port behind the shell, which is of no use from now on */
  release() {
    const port = this.#port;

    shells.delete(this.shell);
    this.#way.close();
    port.removeAllListeners();
    delete port[kArrive];
    return port;
  }

  /** The shell is gone: Node itself has sent it away. */
  lost() {
    this.#port.close();
  }

  receive() {
    try {
      const received = this.#port[kReceive]();

      return received && { message: this.#rebuild(received.message)[0] };
    } catch (error) {
      this.#drop();
      throw error;
    }
  }

  #deliver(value) {
    let message;

    try {
      message = this.#rebuild(value);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.realm.emit(this.shell, 'onmessage', 'message', message[0], message[1]);
  }

  #fail(error) {
    this.#drop();
    this.realm.emit(this.shell, 'onmessageerror', 'messageerror', error);
  }

  /** What stands in the message for a port that came with it; see node-channel.js. */
  #arrive(end, id) {
    const arrived = { standIn: end, port: null, way: null };

    if (id !== undefined) {
      ({ port1: arrived.way, port2: arrived.standIn } = new NodeChannel());
      arrived.port = ports.make(binding.attach(id), end);
    }
    this.#arrived.push(arrived);
    return arrived.standIn;
  }

  /** @returns {[unknown, object[]]} the value and its ports, made in the context */
  #rebuild(value) {
    const list = this.#arrived.map(({ standIn }) => standIn);

    try {
      this.#way.postMessage([value, list], list);
    } catch {
      loseHandles(value);
      /* What only our own context can have. Node says so of the like. */
      this.#way.postMessage(new Blob([]));
    }

    const { message } = nodeReceive(this.shell);

    this.#arrived.forEach(({ port, way }, i) => {
      if (port !== null) new Moved(this.#context, port, way, message[1][i]);
    });
    this.#arrived = [];
    return message;
  }

  /** The message in hand is lost, and the ports with it. */
  #drop() {
    for (const { standIn, port, way } of this.#arrived) {
      port?.close();
      way?.close();
      standIn.close();
    }
    this.#arrived = [];
  }
}

/**
 * Node closes what is lost with a message, above all FileHandles, which the garbage collector closes with a
 * warning. It does so here, too: they go to a port that nobody reads.
 * @param {unknown} value received, so nothing of it is the user's code
 */
function loseHandles(value) {
  const { port1, port2 } = new NodeChannel();

  for (const handle of transferablesIn(value)) {
    try {
      port1.postMessage(handle, [handle]);
    } catch {
      // somebody has it already
    }
  }
  port2.close();
}

/**
 * The port of ours to put behind a shell: it has what is queued for `port`, which can no longer be used.
 */
function takeOver(port, endpoint) {
  const moved = shells.get(port);

  if (moved !== undefined) return moved.release();
  if (port === local.parentPort) {
    port.removeAllListeners(); // it has a lane of Node's as well, and stays
    return port;
  }

  const end = companion.ensure(endpoint);
  const id = binding.announce(endpoint.slot);

  endpoint.owner = nobody;
  endpoint.depart();
  /* As with Node's: not sent, and no word about it. */
  Object.defineProperty(port, 'postMessage', { __proto__: null, value(...args) {
    Port.prototype.postMessage.apply(this, args);
    return true;
  } });
  return ports.make(binding.attach(id), end);
}

const nobody = { [kClosed]() {} };

/**
 * Node's moveMessagePortToContext, which also knows our ports.
 * @param {MessagePort | import('node:worker_threads').MessagePort} port can no longer be used here
 * @param {import('node:vm').Context} context
 * @returns {object} the port in the context: no EventTarget, it has onmessage and onmessageerror
 * @throws {Error} ERR_CLOSED_MESSAGE_PORT, {TypeError} ERR_INVALID_ARG_TYPE
 */
function moveMessagePortToContext(port, context) {
  const endpoint = ports.endpointOf(port);

  if (endpoint === undefined) return nodeMove(port, context);
  if (!endpoint.open || kArrive in port) return nodeMove(companion.closedPort(), context); // throws

  const { port1: way, port2 } = new NodeChannel();
  let shell;

  try {
    shell = nodeMove(port2, context);
  } catch (error) {
    way.close();
    throw error;
  }
  return new Moved(context, takeOver(port, endpoint), way, shell).shell;
}

ports.isOurs = (object) => Port.isPort(object) || shells.has(object);
ports.endpointOf = (object) => Port.endpointOf(object) ?? shells.get(object)?.endpoint;
ports.receive = (port) => (shells.has(port) ? shells.get(port).receive() : port[kReceive]());

module.exports = { moveMessagePortToContext };
