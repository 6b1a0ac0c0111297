'use strict';

/*
 * parent-endpoint.js - connects a worker's parentPort to its ring; see worker.js.
 *
 * A thread has at most one parentPort, so its state is in module variables. The port is
 * still Node's: Node starts and stops it, keeps the loop alive through it and calls its
 * listeners. Messages from the ring are dispatched on it as Node dispatches its own.
 */

const { Endpoint } = require('../ports/endpoint');
const { threads } = require('../loading/native');
const { CHANNEL } = require('./marks');
const { hear, hook, listening, port, queue } = require('./parent-receive');
const { postByNode, postManyByNode } = require('./post-by-node');

const { prototype: nodePrototype } = threads.MessagePort;
const { postMessage: nodePost, close: nodeClose, on: nodeOn } = nodePrototype;
const { apply } = Reflect;

/** Node's own parentPort. */
const { node } = port;
let endpoint;

/** The port's methods once it has connected. */
const methods = {
  postMessage(value, transfer) {
    if (this !== node || arguments.length === 0) {
      return apply(nodePost, this, arguments); // throws
    }
    if (port.posting) return postByNode(arguments);
    if (transfer === undefined) return endpoint.post(value, null);
    return require('../ports/transfer-list').postWith(endpoint, value, transfer);
  },
  postMessages(values) {
    if (port.posting) return postManyByNode(values, endpoint.open);
    return endpoint.postMany(require('../ports/transfer-list').checkIterable(values));
  },
  close(callback) {
    endpoint.close();
    nodeClose.call(this, callback);
  },
  detach() {
    return require('../ports/transfer-handle').detach(endpoint);
  },
};

/** Replace the methods of parent-port.js by those that use the endpoint. */
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

/** Create the Endpoint of a port with a mark. */
function makeWithMark() {
  const { FlowEndpoint } = require('../flow/flow-endpoint');
  const { Flow } = require('../flow/flow');

  return new FlowEndpoint(port.slot, new Flow(port.slot, node));
}

/** Connect this thread's parentPort. */
function connect() {
  endpoint = port.endpoint = port.hasMark ? makeWithMark() : new Endpoint(port.slot);
  endpoint.owner = listening;
  endpoint.receiving = true; // the slot has been receiving since findParentPort()
  endpoint.wait = port.isDirect ? null : () => queue.wait(port.connect);
  endpoint.offer = (end) => nodePost.call(node, { kind: CHANNEL, end }, [end]);
  endpoint.pull = () => queue.pull(endpoint);
  putMethods(Object.getPrototypeOf(node));
  hook();
  nodeOn.call(node, 'close', () => endpoint.close());
  hear();
}

module.exports = { connect, methods };
