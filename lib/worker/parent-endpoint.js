'use strict';

/*
 * parent-endpoint.js - how a worker's parentPort goes over from Node's channel to its
 * ring; see worker.js.
 *
 * A thread has one such port at most, so what belongs to it lies in variables. The port
 * stays Node's own: Node starts it, stops it, keeps the loop alive by it and calls its
 * listeners. What comes by ring is dispatched on it as Node would.
 */

const { Endpoint } = require('../ports/endpoint');
const { setImmediate, threads } = require('../loading/native');
const { CHANNEL } = require('./marks');
const {
  awaitNode, dispatchReceived, hear, hook, listening, port, unwrap,
} = require('./parent-receive');
const { postByNode, postManyByNode } = require('./post-by-node');

const { prototype: nodePrototype } = threads.MessagePort;
const { postMessage: nodePost, close: nodeClose, on: nodeOn } = nodePrototype;
const { apply } = Reflect;

/** Node's own parentPort. */
const { node } = port;
let endpoint;

/**
 * Messages that have been taken from Node's queue to find the Node channel among them.
 */
const pulled = [];

/**
 * The next message that Node has brought, but for what is for us.
 * @returns {{ message: unknown } | undefined}
 */
function receiveByNode() {
  if (pulled.length > 0) return pulled.shift();
  for (;;) {
    const received = threads.receiveMessageOnPort(node);

    if (received?.message?.kind !== CHANNEL) return received;
    endpoint.adopt(received.message.end);
  }
}

/** Take what Node has brought until the Node channel is among it. */
function pull() {
  while (endpoint.hold.nodeChannel === null) {
    const received = threads.receiveMessageOnPort(node);

    if (received === undefined) break;
    if (received.message?.kind === CHANNEL) endpoint.adopt(received.message.end);
    else pulled.push(received);
  }
  if (pulled.length > 0) setImmediate(dispatchPulled);
}

/** Nothing may come by ring that would have these dispatched. */
function dispatchPulled() {
  while (pulled.length > 0 && port.started) dispatchEarlier();
}

/** Dispatch a message of these. @returns {boolean} false: there is none */
const dispatchEarlier = () => dispatchReceived(receiveByNode());

/** What receiveMessageOnPort() gives. @returns {{ message: unknown } | undefined} */
function receive() {
  if (endpoint.earlier === null) return endpoint.receive();

  /* Asked first: what came before it by Node is there by then. */
  const { queued } = endpoint;
  const received = receiveByNode();

  if (received === undefined) return queued ? endpoint.receive() : undefined;
  return unwrap(received);
}

/** The methods of the port. */
const methods = {
  postMessage(value, transfer) {
    if (this !== node || arguments.length === 0) {
      return apply(nodePost, this, arguments); // which throws
    }
    if (port.posting) return postByNode(arguments);
    if (transfer === undefined) return endpoint.post(value, null);
    return require('../ports/transfer-list').postWith(endpoint, value, transfer);
  },
  postMessages(values) {
    if (port.posting) return postManyByNode(values, endpoint.open);
    endpoint.postMany(require('../ports/transfer-list').checkIterable(values));
    return endpoint.open ? true : undefined;
  },
  close(callback) {
    endpoint.close();
    nodeClose.call(this, callback);
  },
  detach() {
    return require('../ports/transfer-handle').detach(endpoint);
  },
};

/** Put the methods that need the endpoint in the place of those of parent-port.js. */
function putMethods(prototype) {
  for (const name of Object.keys(methods)) {
    Object.defineProperty(prototype, name, {
      __proto__: null,
      value: methods[name],
      writable: true,
      enumerable: Object.hasOwn(nodePrototype, name),
      configurable: true,
    });
  }
  Object.defineProperty(prototype, 'receiveViews', {
    __proto__: null,
    get: () => endpoint.views,
    set(wanted) {
      endpoint.wantViews(Boolean(wanted));
    },
    configurable: true,
  });
}

/**
 * Connect this thread's parentPort.
 * @param {boolean} isDirect all that came by Node has been delivered
 */
function connect(isDirect) {
  endpoint = port.endpoint = new Endpoint(port.slot);
  endpoint.owner = listening;
  endpoint.receiving = true; // the port's slot is, from the beginning
  endpoint.earlier = isDirect ? null : dispatchEarlier;
  endpoint.awaitEarlier = awaitNode;
  endpoint.offer = (end) => nodePost.call(node, { kind: CHANNEL, end }, [end]);
  endpoint.pull = pull;
  putMethods(Object.getPrototypeOf(node));
  hook();
  nodeOn.call(node, 'close', () => endpoint.close());
  hear();
}

module.exports = { connect, receive, methods };
