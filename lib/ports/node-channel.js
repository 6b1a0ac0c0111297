'use strict';

/*
 * node-channel.js - the lane for what only Node can carry.
 *
 * A real MessageChannel of Node's lies beside a pair of ringport ports. Values that the codec does not
 * know, and everything in a transfer list, go through it: posted before the record that needs them,
 * so the receiver finds them at once with Node's receiveMessageOnPort. Errors come from Node itself.
 *
 * One message of the companion is [foreign value..., { ids, all }, sequence]: `all` are the ports of the
 * transfer list in its order, ours standing there as the end of their own companion, and `ids` names
 * the native half that belongs to each (undefined for a port of Node's). Without ports in the transfer list
 * that element is not there.
 *
 * The companion is made on first need, while both halves are in one thread; when a half leaves, its
 * end of the companion goes with it. So a half that is lost on the way closes its end, which tells
 * the other half.
 */

const { types } = require('node:util');

const { corrupt } = require('../codec/errors');
const { Endpoint, late } = require('./endpoint');
const { binding, define, threads } = require('../loading/native');
const { postToNode } = require('./posts');

const {
  MessageChannel, MessagePort: NodePort,
  markAsUncloneable, markAsUntransferable, receiveMessageOnPort,
} = threads;
const { isArrayBuffer } = types;
const { entries: mapEntries } = Map.prototype;
const { values: setValues } = Set.prototype;
const { __lookupGetter__: lookupGetter } = Object.prototype;
const { get: byteLength } = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength');
/* There may be none. */
const { Atomics, SharedArrayBuffer } = globalThis;

define(1);

const { ports, kArrive } = require('./port');

/** A port of Node's that is closed: Node says of it what it says of any detached port. */
function closedPort() {
  const { port1 } = new MessageChannel();

  port1.close();
  return port1;
}

/** The endpoint's end of the companion, made if need be. It may be closing, but must not be gone. */
function ensure(endpoint) {
  if (endpoint.hold.companion !== null) return endpoint.hold.companion;
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

  const peer = Endpoint.at(binding.peer(endpoint.slot));

  if (peer === undefined) port2.close();
  else peer.adopt(port2);
  return port1;
}

/**
 * The other side of a worker's pair makes the companion: its end comes by Node at once, or that side has
 * ended.
 */
function awaitOffer(endpoint) {
  for (let isLast = false; ; isLast = binding.peerClosed(endpoint.slot)) {
    endpoint.pull();
    if (endpoint.hold.companion !== null || isLast) return endpoint.hold.companion;
    if (SharedArrayBuffer !== undefined) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0.05);
    }
  }
}

/** What Node 20 passes over in a transfer list: something that is marked as untransferable. */
function ignored() {
  const entry = {};

  markAsUntransferable(entry);
  return entry;
}

/** What goes along with a message besides its value. */
class Transfer {
  /** What Node transfers: the list, our ports replaced by the ends of their companions. */
  list = [];
  /** The same as a set of what the codec must leave to Node. */
  transfer = new Set();
  /** Our ports in the order of the list, and whether they were open when it was read. */
  ports = [];
  opened = [];
  /** What Node has to look at before the message is read: it may refuse the list. */
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

  /** Throw what Node throws of the list, which it looks at before it reads the message. */
  check(endpoint) {
    const own = this.ports.length > 0 && this.list.includes(endpoint.hold.companion);

    if (!this.doubtful && !own) return;
    this.#checkOn(endpoint.open ? ensure(endpoint) : closedPort());
  }

  /** The same for a message that goes by another port of Node's. */
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

  /** Have Node read the list, and stop it where it begins to read the message. */
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

/** Node's own error for a port that is in a message and not in its transfer list. */
function throwNotTransferred(open) {
  const { port1, port2 } = new MessageChannel();

  try {
    port1.postMessage(open ? port2 : closedPort());
  } finally {
    port1.close();
  }
}

/** Two copies of the package share nothing unless they are the same; see scripts.js. */
function throwOthers() {
  const { RingportError } = require('../codec/errors');

  throw new RingportError('ERR_RINGPORT_OTHER_COPY', 'The port belongs to another copy of ringport that this process ' +
    'has loaded, in another version: send it by a port of that copy, or send what its detach() returns');
}

/**
 * The codec asks this for every object that it does not know.
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

/** The ids of our ports, at their places among all ports of the transfer list. */
function placed(ids, which) {
  return which.map((i) => (i === -1 ? undefined : ids[i]));
}

/**
 * Send the message encoded at `start` with what the codec left over. Node's postMessage throws before
 * anything has changed, but for the halves of our ports, which are taken back; after it nothing can fail.
 */
function send(endpoint, start, foreign, transfer, copies, open) {
  const { end: codecEnd } = late.codec();

  if (foreign === null && transfer.empty) return require('./send').write(endpoint, start, codecEnd);

  const end = open ? ensure(endpoint) : closedPort();
  const sequence = endpoint.sequence + 1 | 0;
  const message = foreign ?? [];
  let list = transfer?.list;

  if (list !== undefined && !transfer.doubtful) list = leaveDetached(list, message);
  if (copies !== null) list = list === undefined ? copies : list.concat(copies);

  const boarding = transfer !== null && transfer.all.length > 0
    ? new Boarding(endpoint, transfer) : null;

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
  require('./send').writeWithCompanion(endpoint, start, codecEnd, sequence, boarding !== null);
  boarding?.sent();
  return result;
}

/**
 * A getter of the message may have detached a buffer of the list. Node has accepted it by then, and sends an
 * empty one.
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

  /** @param {Endpoint} by of the port that they travel by @param {Transfer} transfer */
  constructor(by, transfer) {
    const { ports: own, which, all } = transfer;

    this.#by = by;
    const { board } = require('./send');

    this.#own = own.map((port) => ports.endpointOf(port));
    /* A getter may have sent a port away that had been met before. One that is closed then still
     * travels, as by Node. */
    this.#own.forEach((endpoint, i) => {
      if (endpoint.hold.companion === null && transfer.opened[i]) throwNotTransferred(false);
    });
    /* The peer of the port that it travels by cannot arrive. */
    this.#lost = own.length > 0 && !by.gone &&
      this.#own.includes(Endpoint.at(binding.peer(by.slot)));
    this.#ids = this.#own.map((endpoint) => board(endpoint));

    /** What take() finds in the companion's message. */
    this.message = { ids: placed(this.#ids, which), all };
  }

  /** The record is written. */
  sent() {
    for (const endpoint of this.#own) endpoint.depart();
    if (this.#lost) binding.peerLost(this.#by.slot);
  }

  /** Node has refused it: nothing is detached. */
  takeBack() {
    restoreAll(this.#own, this.#ids);
  }
}

/** The halves have not left. */
function restoreAll(endpoints, ids) {
  endpoints.forEach((endpoint, i) => endpoint.restore(ids[i]));
}

/**
 * The companion's message that belongs to a record. One with another number belongs to a record that
 * could not be written for want of memory: it is skipped.
 * @returns {Received}
 */
function take(endpoint, sequence, hasPorts) {
  if (endpoint.hold.companion === null) endpoint.pull?.();
  for (;;) {
    const received = receiveMessageOnPort(endpoint.hold.companion ?? closedPort());

    if (received === undefined) {
      throw corrupt('its companion is missing');
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
 * Make the halves that came along ports of this thread.
 * @param {object} [owner] may have a method [kArrive](port, id) that makes something else of a port
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

/** Bytes of an ArrayBuffer that Node rather copies itself. */
const LARGE = 1024 * 1024;

/**
 * Encode without blocks: the bytes travel through Node, and large buffers apart from the rest.
 * @returns {[Uint8Array, unknown[] | null]}
 */
function encodeInline(value, transfer) {
  const codec = late.codec();
  const line = codec.BLOCK_LINE;
  const has = (item) => transfer.transfer.has(item) ||
    (isArrayBuffer(item) && byteLength.call(item) >= LARGE);

  codec.BLOCK_LINE = Infinity;
  try {
    const start = codec.encode(value, Object.create(transfer,
      { __proto__: null, transfer: { __proto__: null, value: { has } } }));

    try {
      return [codec.scratch.slice(start, codec.end), codec.foreign];
    } finally {
      codec.release(start);
    }
  } finally {
    codec.BLOCK_LINE = line;
  }
}

/**
 * A message for a channel of Node's, to a receiver that we have no companion with yet: what Node gets is
 * { kind, bytes, foreign, ids, all }; receive() and Endpoint.open() make the message of it. The halves are
 * in transit before the envelope is, since the receiver may be quick.
 */
class Envelope {
  #own;
  #ids;

  /** @param {Transfer} transfer */
  constructor(kind, { ports: own, which, all, list }, [bytes, foreign]) {
    this.#own = own.map((port) => ports.endpointOf(port));
    this.#ids = this.#own.map((endpoint) => endpoint.withdraw());

    /** The arguments for Node's postMessage. */
    this.message = {
      kind, info: 'has ports of ringport: the receiver gets them when it loads the same version of it',
      bytes, foreign, ids: placed(this.#ids, which), all,
    };
    this.list = list.concat(bytes.buffer); // which nobody else has
  }

  /** @param {Transfer} transfer */
  static seal(kind, value, transfer) {
    return new Envelope(kind, transfer, encodeInline(value, transfer));
  }

  /**
   * Node has taken it.
   * @param {number} [thread] for the worker with this id: halves that it never takes are lost with it
   */
  sent(thread) {
    if (thread !== undefined) for (const id of this.#ids) binding.spawnEntrust(thread, id);
    for (const endpoint of this.#own) endpoint.depart();
  }

  /** Node has refused it: nothing is detached. */
  takeBack() {
    restoreAll(this.#own, this.#ids);
  }
}

/**
 * A port of ours in a value that Node clones. Runs nothing of the value: what a getter of it would return is
 * not seen.
 * @returns {object | undefined}
 */
function findPort(value) {
  const seen = new Set();
  const left = [value];

  while (left.length > 0) {
    const item = left.pop();

    if (typeof item !== 'object' || item === null || seen.has(item) || types.isProxy(item)) continue;
    if (ports.isOurs(item)) return item;
    seen.add(item);
    if (ArrayBuffer.isView(item)) continue; // whose elements are keys
    if (types.isMap(item)) for (const pair of mapEntries.call(item)) left.push(...pair);
    if (types.isSet(item)) for (const element of setValues.call(item)) left.push(element);
    for (const key of Object.keys(item)) {
      if (lookupGetter.call(item, key) === undefined) left.push(item[key]);
    }
  }
  return undefined;
}

/** What Node says of a port of ours, which it does not know; undefined on Node 20, which clones it as {}. */
let refusal;

function refusalOf() {
  if (refusal !== undefined || markAsUncloneable === undefined) return refusal;

  const { port1 } = new MessageChannel();
  const unknown = {};

  markAsUncloneable(unknown);
  try {
    postToNode(port1, unknown);
  } catch ({ message }) {
    refusal = message;
  } finally {
    port1.close();
  }
  return refusal;
}

/** Before Node clones a value whose list has no port of ours: Node 20 would clone those in it, too. */
function refuseUnlisted(value) {
  if (markAsUncloneable !== undefined || findPort(value) === undefined) return;
  encodeInline(value, new Transfer([])); // throws, of the port or of what comes before it
}

/** After that: Node knows a port of ours only as something that cannot be cloned. @returns what to throw */
function explain(error, value) {
  if (error?.name !== 'DataCloneError' || error.message !== refusalOf()) return error;

  const port = findPort(value);

  if (port === undefined) return error;
  try {
    return throwNotTransferred(ports.endpointOf(port).open);
  } catch (own) {
    require('../codec/path').locate(own, value, port);
    return own;
  }
}

module.exports = {
  Transfer, Envelope,
  ensure, portIndex, send, take, receive, refuseUnlisted, explain, closedPort,
};
