'use strict';

/*
 * node-channel.js - the MessageChannel of Node's beside a pair of endpoints. It carries
 * what only Node can carry.
 *
 * Values that the codec does not know, and everything in a transfer list, go over it.
 * They are posted before the record that refers to them, so the receiver finds them at
 * once with Node's receiveMessageOnPort(). Errors come from Node itself.
 *
 * A message on the Node channel is [foreign value..., { ids, all }, sequence]. `all` has
 * the ports of the transfer list in order; a port of ours is represented by its end of
 * its own Node channel, and `ids` has the id of its endpoint (undefined for a port of
 * Node's). Without ports in the transfer list that element is missing.
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
/* There may be none. */
const { Atomics, SharedArrayBuffer } = globalThis;

define(FOR_PORTS);

/**
 * A closed port of Node's, for which Node throws what it throws for any detached port.
 */
function closedPort() {
  const { port1 } = new MessageChannel();

  port1.close();
  return port1;
}

/**
 * The endpoint's end of the Node channel, made if need be. It may be closing, but must
 * not be gone.
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
 * Wait for the Node channel that the other side of a worker's pair creates. Its end comes
 * over Node's channel at once, unless that side has ended.
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
 * The message of the Node channel that belongs to a record. One with another number
 * belongs to a record that could not be written for want of memory: it is skipped.
 * @returns {Received}
 */
function take(endpoint, sequence, hasPorts) {
  if (endpoint.hold.nodeChannel === null) endpoint.pull?.();
  for (;;) {
    const received = receiveMessageOnPort(endpoint.hold.nodeChannel ?? closedPort());

    if (received === undefined) {
      throw corrupt('its message on the Node channel is missing');
    }

    const foreign = received.message;

    if (foreign.pop() !== sequence) continue;
    if (!hasPorts) return { foreign, ports: undefined, own: [] };

    const { ids, all } = foreign.pop();

    return receive({ foreign, ids, all }, endpoint.owner);
  }
}

/**
 * @typedef {object} Received
 * @property {unknown[] | null} foreign values that Node has carried
 * @property {object[] | undefined} ports of the transfer list
 * @property {object[]} own those of them that are ours
 */

/**
 * Turn the endpoints that came along into ports of this thread.
 * @param {object} [owner] may have a method [kArrive](port, id) that makes something else
 *   of a port
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

module.exports = { ensure, take, receive, closedPort };
