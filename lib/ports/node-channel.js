'use strict';

/*
 * node-channel.js - the Node channel: a MessageChannel of Node's that accompanies a
 * ringport channel and carries what only Node can carry.
 *
 * It carries foreign values and everything in a transfer list. They are posted before the
 * record that refers to them, so the receiver gets them synchronously with Node's
 * receiveMessageOnPort(). Node itself throws the errors.
 *
 * A message on the Node channel is a whole value, which has no number except the first
 * (see Endpoint.unrecorded), or [foreign value..., { ids, all }, sequence]. `all`
 * lists the ports of the transfer list in order. The end of its Node channel represents a
 * ringport port there, and `ids` contains its endpoint's id (undefined for a Node port).
 * Without ports in the transfer list, { ids, all } is missing.
 *
 * The Node channel is created on first use, while both endpoints are in one thread. When
 * an endpoint is transferred, its end of the Node channel travels along. If the endpoint
 * is lost on the way, that end closes, which tells the peer.
 */

const { corrupt } = require('../codec/errors');
const { kArrive, ports } = require('./kinds');
const { endpointAt } = require('./table');
const { binding, define, threads, FOR_PORTS } = require('../loading/native');

const { MessageChannel, receiveMessageOnPort } = threads;
/* Applications may remove them. */
const { Atomics, SharedArrayBuffer } = globalThis;

define(FOR_PORTS);

/** Create a closed Node port, to make Node throw its errors for detached ports. */
function closedPort() {
  const { port1 } = new MessageChannel();

  port1.close();
  return port1;
}

/**
 * Return the endpoint's end of the Node channel; create the channel if needed. Returns a
 * closed port if the endpoint is gone.
 */
function ensure(endpoint) {
  if (endpoint.hold.nodeChannel !== null) return endpoint.hold.nodeChannel;
  if (endpoint.gone) return closedPort();
  if (endpoint.offer !== null && !binding.claimOffer(endpoint.slot)) {
    return awaitOffer(endpoint) ?? closedPort();
  }

  const { port1, port2 } = new MessageChannel();

  endpoint.adopt(port1);
  if (endpoint.offer !== null) {
    endpoint.offer(port2);
    return port1;
  }

  const peer = endpointAt(binding.peer(endpoint.slot));

  if (peer === undefined) port2.close();
  else peer.adopt(port2);
  return port1;
}

/**
 * Wait for the Node channel that the peer is creating, between a worker and its parent.
 * Its end is posted over Node's channel right away, unless the peer has closed.
 */
function awaitOffer(endpoint) {
  for (let isLast = false; ; isLast = binding.peerClosed(endpoint.slot)) {
    endpoint.pull();
    if (endpoint.hold.nodeChannel !== null || isLast) return endpoint.hold.nodeChannel;
    if (SharedArrayBuffer !== undefined) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0.05);
    }
  }
}

/**
 * Take the Node channel's message that belongs to a record. Skips messages with another
 * number: their records could not be written because memory ran out.
 * @returns {unknown[]} the message without its number
 */
function takeList(endpoint, sequence) {
  for (;;) {
    const list = takeNth(endpoint, 1);

    if (Array.isArray(list) && list.pop() === sequence) return list;
  }
}

/** Take the n-th message of the Node channel from now on, and skip those before it. */
function takeNth(endpoint, nth) {
  if (endpoint.hold.nodeChannel === null) endpoint.pull?.();
  for (;;) {
    const received = receiveMessageOnPort(endpoint.hold.nodeChannel ?? closedPort());

    if (received === undefined) {
      throw corrupt('its message on the Node channel is missing');
    }
    if (--nth === 0) return received.message;
  }
}

/** @returns {Received} the message that belongs to a record */
function take(endpoint, sequence, hasPorts) {
  const foreign = takeList(endpoint, sequence);

  if (!hasPorts) return { foreign, ports: undefined, own: [] };

  const { ids, all } = foreign.pop();

  return receive({ foreign, ids, all }, endpoint.owner);
}

/**
 * @typedef {object} Received
 * @property {unknown[] | null} foreign the foreign values
 * @property {object[] | undefined} ports the ports of the transfer list
 * @property {object[]} own the ringport ports among them
 */

/**
 * Attach the received endpoints to this thread and create their ports.
 * @param {object} [owner] may have a method [kArrive](port, id) that returns a substitute
 *   for a port
 * @returns {Received}
 */
function receive({ foreign, ids, all }, owner = undefined) {
  const own = [];
  const received = all?.map((port, i) => {
    const id = ids[i];
    const made = owner?.[kArrive]?.(port, id) ?? arrive(port, id);

    if (id !== undefined) own.push(made);
    return made;
  });

  return { foreign, ports: received, own };
}

function arrive(port, id) {
  return id === undefined ? port : ports.make(binding.attach(id), port);
}

module.exports = { ensure, take, takeList, takeNth, receive, closedPort };
