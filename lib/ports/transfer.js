'use strict';

/*
 * transfer.js - the transfer list of a message: what Node transfers, and the ringport
 * ports in it.
 */

const { types } = require('node:util');

const { closedPort, ensure } = require('./node-channel');
const { ports } = require('./kinds');
const { postToNode } = require('./posts');
const { threads } = require('../loading/native');

const { MessageChannel, MessagePort: NodePort, markAsUntransferable } = threads;
const { isArrayBuffer } = types;
const { get: byteLength } = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength');

/** An object that Node 20 skips in a transfer list: it is marked as untransferable. */
function ignored() {
  const entry = {};

  markAsUntransferable(entry);
  return entry;
}

/** The transfer list of one message. */
class Transfer {
  /**
   * What Node transfers: the list, our ports replaced by the ends of their Node channels.
   */
  list = [];
  /** The entries that the codec must leave to Node. */
  transfer = new Set();
  /** Our ports in the order of the list, and whether they were open when it was read. */
  ports = [];
  opened = [];
  /**
   * Whether Node must check the list before the message is read, because it may refuse
   * it.
   */
  doubtful = false;
  /** All ports of the list, for event.ports, and which of ours each is (-1: Node's). */
  all = [];
  which = [];

  /** @param {Iterable<object>} list */
  constructor(list) {
    for (const item of list) this.add(item);
    this.#lookForDoubles();
  }

  #lookForDoubles() {
    this.doubtful ||= this.list.length > 1 && new Set(this.list).size !== this.list.length;
  }

  /** @returns {unknown} what stands for this entry in the list for Node */
  add(item) {
    const endpoint = ports.endpointOf(item);

    if (endpoint !== undefined) {
      if (ports.marked?.has(item)) return ignored();

      const end = endpoint.open ? ensure(endpoint) : closedPort();

      this.which.push(this.ports.length);
      this.all.push(end);
      this.ports.push(item);
      this.opened.push(endpoint.open);
      this.doubtful ||= !endpoint.open;
      this.list.push(end);
      return end;
    }
    if (Object(item) === item && ports.isOthers(item)) throwOthers();
    if (item instanceof NodePort) {
      this.which.push(-1);
      this.all.push(item);
    }
    this.doubtful ||= !isArrayBuffer(item) || byteLength.call(item) === 0;
    this.list.push(item);
    this.transfer.add(item);
    return item;
  }

  /**
   * Throw Node's error for the list; Node checks the list before it reads the message.
   */
  check(endpoint) {
    const own = this.ports.length > 0 && this.list.includes(endpoint.hold.nodeChannel);

    if (!this.doubtful && !own) return;
    this.#checkOn(endpoint.open ? ensure(endpoint) : closedPort());
  }

  /** Check the list for a message that goes over another port of Node's. */
  checkAlone() {
    this.#lookForDoubles();
    /* One may have been closed since. */
    if (this.ports.some((port, i) => this.opened[i] && !ports.endpointOf(port).open)) {
      this.list.unshift(closedPort());
      this.doubtful = true;
    }
    if (!this.doubtful) return;

    const { port1 } = new MessageChannel();

    try {
      this.#checkOn(port1);
    } finally {
      port1.close();
    }
  }

  /** Have Node check the list, and stop it when it begins to read the message. */
  #checkOn(end) {
    const unread = {};

    try {
      postToNode(end, { get unread() { throw unread; } }, this.list);
    } catch (error) {
      if (error !== unread) throw error;
    }
  }

  get empty() {
    return this.list.length === 0;
  }
}

/** Throw Node's error for a port that is in a message but not in its transfer list. */
function throwNotTransferred(open) {
  const { port1, port2 } = new MessageChannel();

  try {
    port1.postMessage(open ? port2 : closedPort());
  } finally {
    port1.close();
  }
}

/** Copies of different versions share nothing; see scripts.js. */
function throwOthers() {
  const { RingportError } = require('../codec/errors');

  throw new RingportError('ERR_RINGPORT_OTHER_COPY', 'The port belongs to another copy of ringport that this process ' +
    'has loaded, in another version: send it by a port of that copy, or send what its detach() returns');
}

/**
 * The codec calls this for every object that it does not know.
 * @returns {number} which of our ports in the transfer list it is, -1: none of our ports
 */
function portIndex(object, transfer) {
  const endpoint = ports.endpointOf(object);

  if (endpoint === undefined && Object(object) === object && ports.isOthers(object)) throwOthers();
  if (endpoint === undefined) return -1;

  const index = transfer === null ? -1 : transfer.ports.indexOf(object);

  if (index === -1) throwNotTransferred(endpoint.open);
  /* A getter has closed it, or sent it away, since the list was read. */
  if (!endpoint.open && transfer.opened[index]) throwNotTransferred(false);
  return index;
}

module.exports = { Transfer, portIndex, throwNotTransferred };
