'use strict';

/*
 * boarding.js - posts the part of a message that Node carries: values that the codec does
 * not know, and the ports of the transfer list.
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

/** The ids of our endpoints, at the places of their ports in the transfer list. */
function placed(ids, which) {
  return which.map((i) => (i === -1 ? undefined : ids[i]));
}

/**
 * Post what the codec left over of a message on the Node channel. Node's postMessage
 * throws before anything has changed, but for the endpoints of our ports, which are taken
 * back; after it nothing can fail.
 * @param {unknown[] | null} foreign
 * @param {Transfer | null} transfer
 * @param {ArrayBuffer[] | null} copies that have been made for the message
 * @param {boolean} open whether the port was open when it was posted by
 * @param {(endpoint: Endpoint) => bigint | undefined} board has an endpoint go with the
 *   message
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
 * Remove the buffers from the list that a getter of the message has detached. Node has
 * accepted the list before it runs getters, and sends an empty buffer.
 * @param {unknown[]} list without any that was detached before
 * @param {unknown[]} message its buffers are replaced
 */
function leaveDetached(list, message) {
  const isDetached = (item) => isArrayBuffer(item) && byteLength.call(item) === 0;

  if (!list.some(isDetached)) return list;
  for (const [i, value] of message.entries()) {
    if (list.includes(value) && isDetached(value)) message[i] = new ArrayBuffer(0);
  }
  return list.filter((item) => !isDetached(item));
}

/** The ports in a transfer list, while the message that they belong to is sent. */
class Boarding {
  #by;
  #own;
  #ids;
  #lost;

  /**
   * @param {Endpoint} by of the port that they travel by
   * @param {Transfer} transfer
   * @param {(endpoint: Endpoint) => bigint | undefined} board
   */
  constructor(by, transfer, board) {
    const { ports: own, which, all } = transfer;

    this.#by = by;
    this.#own = own.map((port) => ports.endpointOf(port));
    /* A getter may have sent a port away that had been met before. One that is closed
     * then still travels, as by Node. */
    this.#own.forEach((endpoint, i) => {
      if (endpoint.hold.nodeChannel === null && transfer.opened[i]) throwNotTransferred(false);
    });
    /* The peer of the port that it travels by cannot arrive. */
    this.#lost = own.length > 0 && !by.gone &&
      this.#own.includes(endpointAt(binding.peer(by.slot)));
    this.#ids = this.#own.map((endpoint) => board(endpoint));

    /** What take() finds in the message of the Node channel. */
    this.message = { ids: placed(this.#ids, which), all };
  }

  /** The record has been written: the ports leave this thread. */
  sent() {
    for (const endpoint of this.#own) endpoint.depart();
    if (this.#lost) binding.peerLost(this.#by.slot);
  }

  /** Node has refused the message: nothing is detached. */
  takeBack() {
    restoreAll(this.#own, this.#ids);
  }
}

/** Attach endpoints again that have not left after all. */
function restoreAll(endpoints, ids) {
  endpoints.forEach((endpoint, i) => endpoint.restore(ids[i]));
}

module.exports = { post, placed, restoreAll };
