'use strict';

/*
 * transfer.js - splits the transfer list of a message into the entries that Node
 * transfers and the ringport ports.
 */

const { types } = require('node:util');

const { closedPort, ensure } = require('./node-channel');
const { ports } = require('./kinds');
const { postToNode } = require('./posts');
const { local, threads } = require('../loading/native');

const { MessageChannel, MessagePort: NodePort, markAsUntransferable } = threads;
const { isArrayBuffer } = types;
const { get: byteLength } = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength');

/**
 * An entry that Node 20 skips in a transfer list, because it is marked untransferable.
 */
function ignored() {
  const entry = {};

  markAsUntransferable(entry);
  return entry;
}

/** The transfer list of one message. */
class Transfer {
  /**
   * The list for Node, with each ringport port replaced by its end of the Node channel.
   */
  list = [];
  /** The entries that the codec must leave to Node. */
  transfer = new Set();
  /** The ringport ports in the order of the list. */
  ports = [];
  /** For each of `ports`, whether it was open when the list was read. */
  opened = [];
  /** Whether Node may reject the list, so it must check the list before encoding. */
  doubtful = false;
  /** All ports of the list in `list`'s form, for event.ports. */
  all = [];
  /** For each of `all`, its index in `ports` (-1: a Node port). */
  which = [];

  /** @param {Iterable<object>} list */
  constructor(list) {
    for (const item of list) this.add(item);
    this.#lookForDoubles();
  }

  #lookForDoubles() {
    this.doubtful ||= this.list.length > 1 && new Set(this.list).size !== this.list.length;
  }

  /** Add an entry. @returns {unknown} the entry of the list for Node */
  add(item) {
    const endpoint = ports.endpointOf(item);

    if (endpoint !== undefined) {
      if (ports.marked?.has(item)) return ignored();
      if (endpoint.kept !== null) local.loadCalls().refuseTransfer();

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
   * Throw Node's error for the list, if any. Like Node, do so before reading the value.
   */
  check(endpoint) {
    const own = this.ports.length > 0 && this.list.includes(endpoint.hold.nodeChannel);

    if (!this.doubtful && !own) return;
    this.#checkOn(endpoint.open ? ensure(endpoint) : closedPort());
  }

  /** Check the list for a message over a port of Node's instead of an endpoint. */
  checkAlone() {
    this.#lookForDoubles();
    /* A port may have been closed since. */
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

  /**
   * Make Node check the list; a throwing getter stops it before it transfers anything.
   */
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

/** Throw for a port of another version of ringport: versions share nothing. */
function throwOthers() {
  const { RingportError } = require('../codec/errors');

  throw new RingportError('ERR_RINGPORT_OTHER_COPY', 'The port belongs to another version of ringport in this ' +
    'process: send it by a port of that version, or send the transfer handle that its detach() returns');
}

/**
 * The codec calls this for each object of an unknown type.
 * @returns {number} its index among the transferred ringport ports; -1: not a ringport
 * port
 */
function portIndex(object, transfer) {
  const endpoint = ports.endpointOf(object);

  if (endpoint === undefined && Object(object) === object && ports.isOthers(object)) throwOthers();
  if (endpoint === undefined) return -1;

  const index = transfer === null ? -1 : transfer.ports.indexOf(object);

  if (index === -1) throwNotTransferred(endpoint.open);
  /* A getter has closed or transferred it since the list was read. */
  if (!endpoint.open && transfer.opened[index]) throwNotTransferred(false);
  return index;
}

module.exports = { Transfer, portIndex, throwNotTransferred, throwOthers };
