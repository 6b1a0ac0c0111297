'use strict';

/*
 * over-node.js - ports of ours that go where only Node's channels lead: to a thread of
 * Node's own (module.register), or to one that need not know of us (postMessageToThread).
 *
 * The other thread gets a port of Node's in the place of ours; `way` is the other end of
 * its channel. Ours stays here as `back`, where nobody can reach it, with its peer at the
 * other end of their ring.
 *
 * If that peer is in this thread, it goes over to Node: it sends by `way`, and receives
 * by it once its ring is empty. Nothing on that path needs the loop of this thread, so a
 * program may post and then wait for the answer in Atomics.wait(). Otherwise, and when
 * the peer leaves this thread later, a relay passes on what comes to `back` and to `way`.
 * A relay runs in the loop.
 */

const { Blob } = require('node:buffer');

const { ALL, drain } = require('./drain');
const { Endpoint } = require('./endpoint');
const { binding, findSymbol, owner: ownerSymbols, threads } = require('../loading/native');
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
 * A message through a channel of its own.
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
 * @returns {[unknown, object[]]} the value and its transfer list, as Node can take them
 */
function forNode(value, list) {
  try {
    return carry([value, list], list, standInFor);
  } finally {
    connectAll();
  }
}

/** Ports of ours that have arrived with a message that was being read. */
const arrivals = [];

/** Once it has been read: to do this reads other messages. */
function connectAll() {
  while (arrivals.length > 0) connect(arrivals.shift());
}

/** What Node carries in the place of a port that has arrived; see node-channel.js. */
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
  back.unref(); // who waits for messages are the two ends
  way.unref();
}

/** Send what waits for `back`. */
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

/** Post what has been received, on `way` or `back`. */
function pass(value, list, to) {
  try {
    to.postMessage(value, [...list, ...transferablesIn(value)]);
  } catch {
    for (const port of list) port.close(); // the message is lost, and they with it
    fail(to);
  }
}

/**
 * Have the receiver get 'messageerror': Node makes what is posted of a class that it does
 * not have.
 */
function fail(to) {
  const blob = new Blob([]);

  blob[findSymbol(blob, 'messaging_clone_symbol')] = () => ({ data: {}, deserializeInfo: 'ringport:Unreadable' });
  to.postMessage(blob);
}

/** Pass on what comes to either. */
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
 * Have a port of this thread send and receive by `way`.
 * @param {Endpoint} endpoint its own
 */
function goOver(endpoint, back, way) {
  endpoint.link = {
    way, back,
    /** What has come while nobody listened. */
    pending: [],
    /** All that came by ring has been received. */
    isDry: false,
    listener: ({ data, ports: list }) => hear(endpoint, data, list),
  };
  Object.setPrototypeOf(endpoint, OverNode.prototype);
  way.addEventListener('messageerror', ({ data }) => {
    hearFirst(endpoint);
    if (endpoint.link === null) fail(back);
    else endpoint.owner[kMessageError](data);
  });
  if (endpoint.receiving) listen(endpoint.link);
}

function listen({ way, listener }) {
  way.addEventListener('message', listener);
  way.unref();
}

/** What came by ring before. */
function hearFirst(endpoint) {
  if (endpoint.link.isDry) return;
  if (endpoint.queued) drain(endpoint, ALL);
  if (endpoint.link !== null) endpoint.link.isDry = !endpoint.queued;
}

/** A message has come by Node. */
function hear(endpoint, data, list) {
  const { link, owner } = endpoint;

  hearFirst(endpoint);
  if (endpoint.link !== link) { // a listener of that has sent the port away
    pass(data, list, link.back);
  } else if (!endpoint.receiving) { // or stopped it
    if (endpoint.open) link.pending.push([data, list]);
  } else if (owner[kBatching]) {
    owner[kMessages]([data], [...list]);
  } else {
    owner[kMessage](data, [...list]);
  }
}

/** What an Endpoint becomes: it keeps its ring, by which nothing is sent any more. */
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
    if (this.link.pending.length > 0) setImmediate(() => this.hearPending());
  }

  hearPending() {
    while (this.receiving && this.link?.pending.length > 0) {
      hear(this, ...this.link.pending.shift());
    }
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

  /** The port leaves this thread: its peer passes on, from now on. */
  settle() {
    const { way, back, pending, listener } = this.link;

    super.settle();
    Object.setPrototypeOf(this, Endpoint.prototype);
    this.link = null;
    way.removeEventListener('message', listener);
    for (const [data, list] of pending) pass(data, list, back);
    relay(back, way);
  }
}

/**
 * What to give to Node's postMessage for a receiver that does not know of us.
 * @param {unknown} value @param {unknown} transfer as postMessage takes it
 * @returns {[unknown, object[] | undefined]}
 */
function asNode(value, transfer) {
  const list = readList(transfer) ?? undefined;

  if (list?.some(isOurs)) return forNode(value, list);
  refuseUnlisted(value);
  return [value, list];
}

module.exports = { asNode, carry, forNode };
