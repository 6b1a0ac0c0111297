'use strict';

/*
 * boarding.js - posts the part of a message that Node carries: foreign values and the
 * ports of the transfer list.
 */

const { types } = require('node:util');

const { closedPort, ensure } = require('./node-channel');
const { ports } = require('./kinds');
const { postToNode } = require('./posts');
const { endpointAt } = require('./table');
const { throwNotTransferred } = require('./transfer');
const { binding } = require('../loading/native');

const { isArrayBuffer } = types;
const { get: byteLength } = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength');

/** Spread endpoint ids over the transfer list's ports; undefined for a port of Node's. */
function placed(ids, which) {
  return which.map((i) => (i === -1 ? undefined : ids[i]));
}

/**
 * Post foreign values and transferred ports on the Node channel. If Node's postMessage
 * throws, nothing has changed: withdrawn endpoints are restored. Nothing fails after it.
 * @param {unknown[] | null} foreign
 * @param {Transfer | null} transfer
 * @param {ArrayBuffer[] | null} copies made for this message, to be moved by Node
 * @param {boolean} open whether the port was open when postMessage() was called
 * @param {(endpoint: Endpoint) => bigint | undefined} board puts an endpoint in transit
 *   with the message
 * @returns {{ sequence: number, boarding: Boarding | null, result: boolean | undefined }}
 */
function post(endpoint, foreign, transfer, copies, open, board) {
  const end = open ? ensure(endpoint) : closedPort();
  const sequence = endpoint.sequence + 1 | 0;
  const message = foreign ?? [];
  let list = transfer?.list;

  if (list !== undefined && !transfer.doubtful) list = leaveDetached(list, message);
  if (copies !== null) list = list === undefined ? copies : list.concat(copies);

  const boarding = transfer !== null && transfer.all.length > 0
    ? new Boarding(endpoint, transfer, board) : null;

  if (boarding !== null) message.push(boarding.message);
  message.push(sequence);

  let result;

  try {
    result = postToNode(end, message, list);
  } catch (error) {
    boarding?.takeBack();
    throw error;
  }
  endpoint.sequence = sequence;
  return { sequence, boarding, result };
}

/**
 * Remove buffers from the list that a getter of the message has detached. Node, too,
 * accepts the list before it runs getters, and then sends an empty buffer.
 * @param {unknown[]} list contained no detached buffer before encoding
 * @param {unknown[]} message detached buffers in it are replaced by empty ones
 */
function leaveDetached(list, message) {
  const isDetached = (item) => isArrayBuffer(item) && byteLength.call(item) === 0;

  if (!list.some(isDetached)) return list;
  for (const [i, value] of message.entries()) {
    if (list.includes(value) && isDetached(value)) message[i] = new ArrayBuffer(0);
  }
  return list.filter((item) => !isDetached(item));
}

/** The ringport ports of a message while it is being sent. */
class Boarding {
  #by;
  #own;
  #ids;
  #lost;

  /**
   * @param {Endpoint} by the endpoint that sends the message
   * @param {Transfer} transfer
   * @param {(endpoint: Endpoint) => bigint | undefined} board
   */
  constructor(by, transfer, board) {
    const { ports: own, which, all } = transfer;

    this.#by = by;
    this.#own = own.map((port) => ports.endpointOf(port));
    /* A getter may have transferred a port after the codec encoded it. A port that the
     * getter only closed still travels, as with Node. */
    this.#own.forEach((endpoint, i) => {
      if (endpoint.hold.nodeChannel === null && transfer.opened[i]) throwNotTransferred(false);
    });
    /* A port sent through its own peer can never be received. */
    this.#lost = own.length > 0 && !by.gone &&
      this.#own.includes(endpointAt(binding.peer(by.slot)));
    this.#ids = this.#own.map((endpoint) => board(endpoint));

    /** Read by take() in node-channel.js. */
    this.message = { ids: placed(this.#ids, which), all };
  }

  /** Detach the ports from this thread: the record has been written. */
  sent() {
    for (const endpoint of this.#own) endpoint.depart();
    if (this.#lost) binding.peerLost(this.#by.slot);
  }

  /** Restore the ports: Node refused the message. */
  takeBack() {
    restoreAll(this.#own, this.#ids);
  }
}

/** Attach withdrawn endpoints to this thread again. */
function restoreAll(endpoints, ids) {
  endpoints.forEach((endpoint, i) => endpoint.restore(ids[i]));
}

module.exports = { post, placed, restoreAll };
