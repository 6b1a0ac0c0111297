'use strict';

/*
 * move-to-context.js - moveMessagePortToContext() for ringport ports.
 *
 * The context gets a shell: a Node port moved there by Node, with a prototype that
 * overrides Node's methods. The shell wraps a ringport port that nothing else can reach.
 * That port receives each message and posts it to the shell, so that Node builds it from
 * the context's own prototypes. A ringport port in a message becomes a shell as well.
 */

const { Blob } = require('node:buffer');
const vm = require('node:vm');

const { isDataCloneError } = require('../codec/node-clone');
const nodeChannel = require('./node-channel');
const { binding, local, owner: { kClosed } } = require('../loading/native');
const { kOnClose } = require('./node-events');
const { addKind, kArrive, ports } = require('./kinds');
const { Port, make } = require('./port');
const { transferablesIn } = require('./transfer-list');
const {
  MessageChannel: NodeChannel, MessagePort: NodePort, moveMessagePortToContext: nodeMove,
  receiveMessageOnPort: nodeReceive,
} = require('../loading/native').threads;

/** See port.js. */
const kReceive = Symbol.for('ringport.receive');

/** Context -> the prototype and functions that its shells share. */
const realms = new WeakMap();
/** Shell -> Moved. */
const shells = new WeakMap();

/**
 * Runs in the context, which must not get any object of the main one but clones and
 * errors.
 */
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
    const makeRealm = script.runInContext(context);

    realm = makeRealm(node, kOnClose, (port, name, args) => {
      const moved = shells.get(port);

      if (moved === undefined) return node[name]?.apply(port, args); // throws as Node does
      return moved.call(name, args);
    });
    realm.node = node;
    realms.set(context, realm);
  }
  return realm;
}

/** Convert an error to one of the port's context, as Node's are. */
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
  return error; // thrown by a getter
}

class Moved {
  #context;
  /** The ringport port behind the shell. */
  #port;
  #way;
  #listening = false;
  /** Ports received with the message in progress, with stand-ins for ringport ports. */
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
    port.ref(); // as Node does
    port.on('close', () => way.close());
    if (this.endpoint.gone) way.close();
  }

  get endpoint() {
    return ports.endpointOf(this.#port);
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

  /** Dissolve the shell. @returns the port behind it */
  release() {
    const port = this.#port;

    shells.delete(this.shell);
    this.#way.close();
    port.removeAllListeners();
    delete port[kArrive];
    return port;
  }

  /** Close the port: Node has closed or transferred the shell. */
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

  /** Substitute a received port; see receive() in node-channel.js. */
  #arrive(end, id) {
    const arrived = { standIn: end, port: null, way: null };

    if (id !== undefined) {
      ({ port1: arrived.way, port2: arrived.standIn } = new NodeChannel());
      arrived.port = make(binding.attach(id), end);
    }
    this.#arrived.push(arrived);
    return arrived.standIn;
  }

  /** @returns {[unknown, object[]]} the value and its ports, as objects of the context */
  #rebuild(value) {
    const list = this.#arrived.map(({ standIn }) => standIn);

    try {
      this.#way.postMessage([value, list], list);
    } catch {
      loseHandles(value);
      /* The context cannot have such a value. A Blob makes Node throw its own error. */
      this.#way.postMessage(new Blob([]));
    }

    const { message } = nodeReceive(this.shell);

    this.#arrived.forEach(({ port, way }, i) => {
      if (port !== null) new Moved(this.#context, port, way, message[1][i]);
    });
    this.#arrived = [];
    return message;
  }

  /** Close the ports of the message in progress, which is lost. */
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
 * Close the handles in a lost message, as Node does. Posts them to a port that nobody
 * reads. Otherwise the garbage collector would close FileHandles with a warning.
 * @param {unknown} value received, so it contains no user code
 */
function loseHandles(value) {
  const { port1, port2 } = new NodeChannel();

  for (const handle of transferablesIn(value)) {
    try {
      port1.postMessage(handle, [handle]);
    } catch {
      // It has already been transferred.
    }
  }
  port2.close();
}

/**
 * Move the endpoint of `port`, with its queue, to a new port for a shell. `port` becomes
 * unusable.
 */
function takeOver(port, endpoint) {
  const moved = shells.get(port);

  if (moved !== undefined) return moved.release();
  if (port === local.parentPort) {
    port.removeAllListeners(); // it also owns Node's channel, so it cannot be replaced
    return port;
  }

  const end = nodeChannel.ensure(endpoint);
  const id = binding.announce(endpoint.slot);

  endpoint.owner = nobody;
  endpoint.depart();
  /* As with Node's, a message posted on the old port is dropped silently. */
  Object.defineProperty(port, 'postMessage', { __proto__: null, value(...args) {
    Port.prototype.postMessage.apply(this, args);
    return true;
  } });
  return make(binding.attach(id), end);
}

const nobody = { [kClosed]() {} };

/**
 * Node's moveMessagePortToContext, extended to ringport ports.
 * @param {MessagePort | import('node:worker_threads').MessagePort} port becomes unusable
 * @param {import('node:vm').Context} context
 * @returns {object} the port in the context; not an EventTarget, it calls onmessage and
 *   onmessageerror
 * @throws {Error} ERR_CLOSED_MESSAGE_PORT
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
function moveMessagePortToContext(port, context) {
  const endpoint = ports.endpointOf(port);

  if (endpoint === undefined) return nodeMove(port, context);
  /* Node throws. */
  if (!endpoint.open || kArrive in port) return nodeMove(nodeChannel.closedPort(), context);

  if (endpoint.kept !== null) local.loadCalls().refuseTransfer();

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

addKind({
  endpointOf: (object) => shells.get(object)?.endpoint,
  receive: (shell) => shells.get(shell).receive(),
});

module.exports = { moveMessagePortToContext };
