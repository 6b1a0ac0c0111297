'use strict';

/*
 * over-node.js - sends ringport ports to threads that may not have ringport: the thread
 * of module.register, a worker without addons, or a target of postMessageToThread.
 *
 * The other thread gets a Node port instead; `way` is the other end of its channel. The
 * ringport port stays in this thread as `back`, unreachable for the application, and its
 * peer keeps its end of the ring.
 *
 * If that peer is in this thread, it switches to Node: it sends by `way`, and receives
 * from it once its ring is empty. That needs no turn of this thread's loop, so a program
 * may post and then wait for the answer in Atomics.wait(). Otherwise, and when the peer
 * leaves this thread later, a relay forwards messages between `back` and `way`. A relay
 * runs in the loop.
 */

const { Blob } = require('node:buffer');

const { runTicks } = require('./dispatch');
const { ALL, drain } = require('./drain');
const { Endpoint } = require('./endpoint');
const {
  binding, findSymbol, owner: ownerSymbols, setImmediate, threads,
} = require('../loading/native');
const { kArrive, ports } = require('./kinds');
const { MessageChannel, receiveMessageOnPort } = require('./message-channel');
const { Port, make } = require('./port');
const { postToNode } = require('./posts');
const { endpointAt } = require('./table');
const { readList, transferablesIn } = require('./transfer-list');
const { explain, refuseUnlisted } = require('./unlisted');

const { kBatching, kMessage, kMessages, kMessageError } = ownerSymbols;
const { receiveMessageOnPort: nodeReceive } = threads;

const isOurs = (object) => ports.isOurs(object);

/**
 * Send a message through a temporary channel, which replaces its ports.
 * @param {Function} [arrive] see node-channel.js
 */
function carry(value, list, arrive) {
  const { port1, port2 } = new MessageChannel();

  port2[kArrive] = arrive;
  try {
    port1.postMessage(value, list);
    return receiveMessageOnPort(port2).message;
  } finally {
    port1.close();
  }
}

/**
 * Replace the ringport ports of a message by Node ports.
 * @returns {[unknown, object[]]} the value and its transfer list, for Node's postMessage
 */
function forNode(value, list) {
  try {
    return carry([value, list], list, standInFor);
  } finally {
    connectAll();
  }
}

/** Ports received with the message in progress. */
const arrivals = [];

/** Connect received ports, after their message: connecting reads other messages. */
function connectAll() {
  while (arrivals.length > 0) connect(arrivals.shift());
}

/**
 * Create the Node port that replaces a received port; see receive() in node-channel.js.
 */
function standInFor(end, id) {
  if (id === undefined) return end;

  const { port1: way, port2: standIn } = new threads.MessageChannel();

  arrivals.push({ back: make(binding.attach(id), end), way });
  return standIn;
}

function connect({ back, way }) {
  back.on('close', () => way.close());
  way.on('close', () => back.close());
  forward(back, way);
  back[kArrive] = standInFor;

  const peer = endpointAt(binding.peer(ports.endpointOf(back).slot));

  if (peer?.open && Port.isPort(peer.owner) && peer.owner[kArrive] === undefined) {
    goOver(peer, back, way);
  } else {
    relay(back, way);
  }
  back.unref(); // only the two outer ends keep their loops alive
  way.unref();
}

/** Forward the messages queued for `back`. */
function forward(back, way) {
  const arrived = [];

  back[kArrive] = (...port) => {
    arrived.push(standInFor(...port));
    return arrived.at(-1);
  };
  for (;;) {
    arrived.length = 0;
    try {
      const received = receiveMessageOnPort(back);

      if (received === undefined) return;
      pass(received.message, [...arrived], way);
    } catch {
      fail(way);
    }
  }
}

/** Post a received message on `way` or `back`. */
function pass(value, list, to) {
  try {
    to.postMessage(value, [...list, ...transferablesIn(value)]);
  } catch {
    for (const port of list) port.close(); // they are lost with the message
    fail(to);
  }
}

/**
 * Cause a 'messageerror' at the receiver: post an object whose class Node cannot find.
 */
function fail(to) {
  const blob = new Blob([]);

  blob[findSymbol(blob, 'messaging_clone_symbol')] = () => ({ data: {}, deserializeInfo: 'ringport:Unreadable' });
  to.postMessage(blob);
}

/** Forward messages in both directions. */
function relay(back, way) {
  back.addEventListener('message', ({ data, ports: list }) => {
    pass(data, list, way);
    connectAll();
  });
  way.addEventListener('message', ({ data, ports: list }) => pass(data, list, back));
  back.addEventListener('messageerror', () => fail(way));
  way.addEventListener('messageerror', () => fail(back));
  back.unref();
  way.unref();
}

/**
 * Switch a port of this thread to `way`.
 * @param {Endpoint} endpoint the port's
 */
function goOver(endpoint, back, way) {
  endpoint.link = {
    way, back,
    /** Messages received while the port was stopped. */
    pending: [],
    /** The ring has been drained. */
    isDry: false,
    listener: ({ data, ports: list }) => hear(endpoint, data, list),
    onError({ data }) {
      hearFirst(endpoint);
      if (endpoint.link === null) fail(back);
      else endpoint.owner[kMessageError](data);
    },
  };
  endpoint.flow?.release();
  endpoint.flow = null;
  Object.setPrototypeOf(endpoint, OverNode.prototype);
  way.addEventListener('messageerror', endpoint.link.onError);
  if (endpoint.receiving) listen(endpoint.link);
}

function listen({ way, listener }) {
  way.addEventListener('message', listener);
  way.unref();
}

/** Deliver the messages still in the ring, then those received while it was stopped. */
function hearFirst(endpoint) {
  const { link } = endpoint;

  if (!link.isDry) {
    if (endpoint.queued) drain(endpoint, ALL);
    if (endpoint.link === link) link.isDry = !endpoint.queued;
  }
  while (endpoint.link === link && endpoint.receiving && link.pending.length > 0) {
    deliver(endpoint, ...link.pending.shift());
    runTicks();
  }
}

/** Deliver a message from Node. */
function hear(endpoint, data, list) {
  const { link } = endpoint;

  hearFirst(endpoint);
  if (endpoint.link !== link) { // one of those listeners has transferred the port
    pass(data, list, link.back);
  } else if (endpoint.receiving) {
    deliver(endpoint, data, list);
  } else if (endpoint.open) { // one of those listeners has stopped it
    link.pending.push([data, list]);
  }
}

/** Call the listeners. */
function deliver({ owner }, data, list) {
  if (owner[kBatching]) owner[kMessages]([data], [...list]);
  else owner[kMessage](data, [...list]);
}

/** An Endpoint that has switched to Node. It keeps its ring, but sends nothing by it. */
class OverNode extends Endpoint {
  get isOverNode() {
    return true;
  }

  post(value, transfer) {
    return this.open ? this.postOver(value, undefined) : super.post(value, transfer);
  }

  postSimple(value) {
    return this.open ? this.postOver(value, undefined) : super.postSimple(value);
  }

  postByNode(value, list, bytes) {
    return this.open ? this.postOver(value, list) : super.postByNode(value, list, bytes);
  }

  postMany(values) {
    for (const value of values) this.post(value, null);
    return this.open ? true : undefined;
  }

  /** @param {object[] | undefined} list */
  postOver(value, list) {
    const { way } = this.link;

    if (list?.includes(this.owner)) return postToNode(way, value, [way]); // which Node refuses
    [value, list] = asNode(value, list);
    try {
      return way.postMessage(value, list);
    } catch (error) {
      throw explain(error, value);
    }
  }

  start() {
    if (!this.open || this.receiving) return;
    super.start();
    listen(this.link);
    if (this.link.pending.length > 0) setImmediate(() => this.link !== null && hearFirst(this));
  }

  stop() {
    super.stop();
    this.link.way.removeEventListener('message', this.link.listener);
  }

  receive() {
    const found = super.receive();

    if (found !== undefined || this.gone) return found;
    if (this.link.pending.length > 0) return { message: this.link.pending.shift()[0] };
    return nodeReceive(this.link.way);
  }

  close() {
    super.close();
    this.link.way.close();
  }

  /** Turn back into an Endpoint, with a relay, because the port leaves this thread. */
  settle() {
    const { way, back, pending, listener, onError } = this.link;

    super.settle();
    Object.setPrototypeOf(this, Endpoint.prototype);
    this.link = null;
    way.removeEventListener('message', listener);
    way.removeEventListener('messageerror', onError);
    for (const [data, list] of pending) pass(data, list, back);
    relay(back, way);
  }
}

/**
 * Prepare a message for a receiver without ringport.
 * @param {unknown} value @param {unknown} transfer postMessage's second argument
 * @returns {[unknown, object[] | undefined]}
 */
function asNode(value, transfer) {
  const list = readList(transfer) ?? undefined;

  if (list?.some(isOurs)) return forNode(value, list);
  refuseUnlisted(value);
  return [value, list];
}

module.exports = { asNode, carry, forNode };
