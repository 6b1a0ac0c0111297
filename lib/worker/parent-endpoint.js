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
const { threads } = require('../loading/native');
const { CHANNEL } = require('./marks');
const { hear, hook, listening, port, pull, wait } = require('./parent-receive');
const { postByNode, postManyByNode } = require('./post-by-node');

const { prototype: nodePrototype } = threads.MessagePort;
const { postMessage: nodePost, close: nodeClose, on: nodeOn } = nodePrototype;
const { apply } = Reflect;

/** Node's own parentPort. */
const { node } = port;
let endpoint;

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

/** Connect this thread's parentPort. */
function connect() {
  endpoint = port.endpoint = new Endpoint(port.slot);
  endpoint.owner = listening;
  endpoint.receiving = true; // the port's slot is, from the beginning
  endpoint.wait = port.isDirect ? null : wait;
  endpoint.offer = (end) => nodePost.call(node, { kind: CHANNEL, end }, [end]);
  endpoint.pull = pull;
  putMethods(Object.getPrototypeOf(node));
  hook();
  nodeOn.call(node, 'close', () => endpoint.close());
  hear();
}

module.exports = { connect, methods };
