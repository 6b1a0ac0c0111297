'use strict';

/*
 * endpoint.js - one end of a channel as a thread sees it: post, receive, close.
 *
 * An endpoint has an owner (a MessagePort, a Worker) that gets [kMessage](value, ports), or while its
 * [kBatching] holds [kMessages](values, ports), and [kMessageError](error) and [kClosed]().
 *
 * What is here is what every message needs: numbers, strings and other primitives are written and read by
 * C, objects go by Node as long as there are few. What sends and reads the rest is loaded with the first
 * message that needs it: send.js, receive.js and the codec.
 */

const { FinalizationRegistry, WeakRef } = require('../loading/builtins');
const context = require('./async-context');
const { reader, settle, runTicks, limitOf, readNext, deliverValues, OTHER } = require('./dispatch');
const { postToNode, watchPosts } = require('./posts');
const { isObject, located, postByC } = require('./way');
const {
  binding, control, endpoints, define, local, owner: ownerSymbols, thresholds,
  STATUS, BYTES, COUNT, MAX, SEALED,
} = require('../loading/native');

const { kBatching, kMessage, kMessages, kMessageError, kClosed } = ownerSymbols;

define(0);
watchPosts();

const { postValue, postWhole, receive: receiveBatch, release } = binding;

/** Objects that have gone by Node; see `thresholds`. */
let objectsPosted = 0;

/* Loaded by the first message that needs them; see `late`. */
let decode = (...args) => {
  ({ decode } = late.codec());
  return decode(...args);
};
let decodeMore = (...args) => {
  ({ decodeMore } = require('./receive'));
  return decodeMore(...args);
};
let sendValue = (...args) => {
  ({ sendValue } = require('./send'));
  return sendValue(...args);
};

/** Loaded on first need, for all that needs them. */
const late = {
  /** @returns {import('./codec')} with the hooks of this thread */
  codec: () => require('./send').loadCodec(),
  /** Send what postMessages() has collected; see outbox.js. */
  flush() {},
};

/**
 * Flags of a record. A trailer, 8-aligned behind the codec's bytes, is two words: how many bytes those are,
 * and the number of the companion's message.
 */
const FLAG = {
  TRAILER: 1,
  COMPANION: 2,
  /** Ports came with that message. */
  PORTS: 4,
  /**
   * It has the whole value; the record is its number and how many bytes Node has moved with it. See
   * src/node/primitives.c.
   */
  WHOLE: 8,
};
const TRAILER_BYTES = 8;

/** What is being read. */
const reading = {
  /**
   * What the Node channel brought for the message, null without any. @type {import('./companion').Received |
   * null}
   */
  arrived: null,
  /** What has been lent to the listener that is going to be called, null without any. */
  loans: null,
  /** Whether large data may be lent to a listener that is going to be called. */
  lends: false,
};

/** A batch of received records: at first, and at most unless a record takes more. What is larger does not
 * stay in the cache. */
const INBOX_FIRST = 4 * 1024;
const INBOX_BYTES = 64 * 1024;
/** The next record is larger than the inbox (RP_ETOOBIG). */
const TOO_BIG = -3;

let inbox;
/** Lengths and types of the records in the inbox. */
let inbox32;

/** Have an inbox of `bytes`. No batch may be in the last one. */
function setInbox(bytes) {
  inbox = new Uint8Array(bytes);
  inbox32 = new Uint32Array(inbox.buffer);
  binding.setInbox(inbox);
}

setInbox(INBOX_FIRST);

/** Copy the next batch of a port into the inbox: as the binding's receive(), with room for it. */
function receive(slot) {
  receiveBatch(slot);
  if (control[STATUS] !== TOO_BIG) return;

  let bytes = inbox.length * 4;

  while (bytes < control[BYTES]) bytes *= 2;
  setInbox(bytes);
  control[COUNT] = 0;
  receiveBatch(slot);
}

/** More messages than can be queued. */
const ALL = 0x7fffffff;

const NONE = -1;

/** What remains to be done for an endpoint when nobody can reach it any more. */
class Hold {
  slot;
  /** Our end of the companion (a MessagePort of Node's), or null. */
  companion = null;

  constructor(slot) {
    this.slot = slot;
  }

  /** The half is closed. @param {bigint | undefined} peer id of the other half if it is in transit */
  closed(peer) {
    endpoints[this.slot] = undefined;
    /* Only through the companion can we learn that the other half is lost. */
    if (peer === undefined) this.companion?.close();
    else this.companion?.on('close', () => binding.lost(peer));
    this.companion = null;
  }
}

/** Ports that nobody can reach are closed, so that the other side learns of it. */
const unreachable = new FinalizationRegistry((hold) => {
  endpoints[hold.slot] = hold;
  binding.close(hold.slot);
});

/** Whether postSimple() takes it. */
function isSimple(value) {
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' ||
    value === undefined || value === null;
}

/** Whether Node does with an object what the codec would: no port of ours is in it. */
function canBeWhole(value) {
  return local.portsMade === 0 || require('./by-node').isPlain(value);
}

function changeRefs(by) {
  context.refs += by;
  if (context.refs === 0) binding.setRef(false);
  else if (context.refs === by) binding.setRef(true);
}

class Endpoint {
  /** Slot of the half in the binding, NONE once it is gone. */
  slot;
  owner = null;
  receiving = false;
  refed = false;
  /** Somebody waits for 'close'. */
  awaited = false;
  hold;
  /** Number of the last message posted to the companion. The first is any: what the port could not send
   * in another thread may still lie there, and has numbers, too. */
  sequence = Math.random() * 2 ** 32 | 0;
  /** Closed or sent away: nothing can be sent. [kClosed] follows in the closing phase of the loop;
   * until then what is queued can be read. */
  ending = false;
  draining = false;
  /** Large data is lent to listeners. */
  views = false;
  /** Between a worker and its parent: sends the other end of the companion by Node, and takes what has come
   * by Node until that is among it; null elsewhere. */
  offer = null;
  pull = null;
  /** Gives its owner one message that came on another lane before the first one by ring, and says whether
   * there was any; null where there is no such lane, or no longer. See parent-port.js. */
  earlier = null;
  /** Says whether that is to be asked already; if not, the endpoint has another turn. */
  awaitEarlier = null;

  constructor(slot) {
    this.slot = slot;
    this.hold = new Hold(slot);
    endpoints[slot] = this;
  }

  /** The endpoint in this slot, undefined if there is none or nobody can reach it. */
  static at(slot) {
    const found = endpoints[slot];

    if (found instanceof WeakRef) return found.deref();
    return found instanceof Hold ? undefined : found;
  }

  /**
   * @param {object} owner an object for async_hooks to see
   * @param {boolean} collectable whether to close when the owner cannot be reached any more
   */
  bind(owner, collectable) {
    this.owner = owner;
    binding.bind(this.slot, context.resourceOf(owner, this));
    if (!collectable) return;
    unreachable.register(this, this.hold, this);
    this.loosen();
  }

  /** Let a port be collected while nothing can come of it: it takes no messages, keeps nothing alive,
   * and nobody waits for its end. */
  loosen() {
    const needed = this.receiving || this.refed || this.awaited || this.ending;

    if (!this.gone) endpoints[this.slot] = needed ? this : new WeakRef(this);
  }

  /**
   * @param {import('node:worker_threads').MessagePort} end the endpoint's Node channel from now on; see
   * node-channel.js
   */
  adopt(end) {
    define(1);

    const weak = new WeakRef(this);

    this.hold.companion = end;
    end.on('close', () => {
      const still = weak.deref();

      /* Ignore: we closed first, or this end was transferred. */
      if (still !== undefined && still.hold.companion === end) binding.peerLost(still.slot);
    });
  }

  /** @param {boolean} wanted whether listeners get large data where it lies */
  wantViews(wanted) {
    define(1);
    this.views = wanted;
    if (!this.gone) binding.wantViews(this.slot, wanted);
  }

  /** @param {boolean} awaited whether somebody listens to 'close' */
  await(awaited) {
    this.awaited = awaited;
    this.loosen();
  }

  get open() {
    return this.slot !== NONE && !this.ending;
  }

  /** 'close' has been emitted, or is about to be. */
  get gone() {
    return this.slot === NONE;
  }

  /**
   * Send a value. To a port that has closed: nowhere, but errors are the same.
   * @param {unknown} value
   * @param {import('./companion').Transfer | null} transfer
   * @returns {boolean | undefined} what postMessage returns
   */
  post(value, transfer) {
    if (transfer === null) {
      if (isSimple(value)) return this.postSimple(value);
      if (objectsPosted < thresholds.COLD_OBJECTS && isObject(value) && this.open &&
          !binding.peerViews(this.slot)) {
        return this.#postCold(value);
      }
    }
    return sendValue(this, value, transfer);
  }

  /** The same for an object while there have been few. */
  #postCold(value) {
    late.flush();

    const rest = postByC(this.slot, value);

    if (rest === undefined) return control[STATUS] === 0 ? true : !this.open;
    if (rest !== value) return require('./send').sendCopy(this, rest, value);
    objectsPosted++;
    if (canBeWhole(value)) return this.postByNode(value, undefined, 0);
    return sendValue(this, value, null);
  }

  /**
   * The same for a value that is a number, a string, a boolean, null or undefined: by C, without the codec.
   */
  postSimple(value) {
    if (!this.open) return undefined;
    late.flush(); // this may be in a getter, within postMany(): what came before goes before
    postValue(this.slot, value);
    return control[STATUS] === 0 ? true : !this.open; // false: the peer has closed
  }

  /**
   * The same for a value that Node carries whole; see by-node.js.
   * @param {unknown} value
   * @param {ArrayBuffer[] | undefined} list to be transferred @param {number} bytes of these
   */
  postByNode(value, list, bytes) {
    late.flush();
    const companion = require('./node-channel');
    const isOpen = this.open;
    const end = isOpen ? companion.ensure(this) : companion.closedPort();
    const sequence = this.sequence + 1 | 0;
    let result;

    try {
      result = postToNode(end, [value, sequence], list);
    } catch (error) {
      throw located(error, value, list);
    }

    if (!isOpen) return result;
    this.sequence = sequence;
    late.flush(); // a getter may have posted
    postWhole(this.slot, sequence, bytes);
    return control[STATUS] === 0 ? true : !this.open;
  }

  /** Send the values of an iterable as post() would one after the other; see send.js. */
  postMany(values) {
    require('./send').sendMany(this, values);
  }

  start() {
    if (!this.open || this.receiving) return;
    this.receiving = true;
    this.loosen();
    binding.setReceiving(this.slot, true);
  }

  stop() {
    if (!this.receiving) return;
    this.receiving = false;
    this.loosen();
    binding.setReceiving(this.slot, false);
  }

  ref() {
    if (this.refed || this.gone) return;
    this.refed = true;
    this.loosen();
    changeRefs(1);
  }

  unref() {
    if (!this.refed) return;
    this.refed = false;
    this.loosen();
    changeRefs(-1);
  }

  close() {
    if (!this.open) return;
    late.flush();
    this.end();
    binding.close(this.slot);
  }

  /**
   * Send the half into transit, to be lost with this thread until depart() or restore().
   * @returns {bigint | undefined} its id, undefined if it is closed or away
   */
  withdraw() {
    this.settle();
    return binding.withdraw(this.slot);
  }

  /** Take the half back, which has forgotten what it knew of this thread. */
  restore(id) {
    binding.restore(this.slot, id);
    if (this.views) this.wantViews(true);
  }

  /** Send the half into transit, under the id it was announced with. Its companion is the caller's. */
  depart() {
    this.settle();
    this.hold.companion = null;
    binding.detach(this.slot);
    this.end();
    this.unref();
    this.receiving = false;
  }

  /** Before the half leaves: what has been posted is sent, and what has been read is not read again. */
  settle() {
    late.flush();
    settle();
  }

  end() {
    this.ending = true;
    unreachable.unregister(this);
    this.loosen();
  }

  /** The closing phase. */
  closed(peer) {
    settle();
    this.unref();
    this.receiving = false;
    this.slot = NONE;
    this.hold.closed(peer);
    this.owner[kClosed]();
  }

  /** Whether a message waits. */
  get queued() {
    late.flush();
    settle();
    return this.slot !== NONE && binding.queued(this.slot) > 0;
  }

  /** Take one message, started or not. @returns {{message: unknown} | undefined} */
  receive() {
    late.flush();
    settle();
    if (this.slot === NONE) return undefined;
    control[COUNT] = 0;
    control[MAX] = 0;

    const values = readNext(this.slot);
    const found = values === undefined ? this.#receiveOther() : { message: values[0] };

    if (found === undefined) return undefined;
    control[COUNT] = 1;
    release(this.slot);
    return found;
  }

  /** The same for what C does not read; it stays in the ring. */
  #receiveOther() {
    if (control[STATUS] === SEALED) this.close();
    if (control[STATUS] !== OTHER) return undefined;
    control[COUNT] = 0;
    receive(this.slot);
    reader.slot = this.slot;
    reader.count = 1;
    try {
      return { message: this.decode(0, false) };
    } catch (error) {
      settle();
      throw error;
    } finally {
      reading.arrived = null;
      reader.slot = NONE;
    }
  }

  /**
   * One wake-up: deliver what is queued, but at most `limit` messages. The rest, also what an error
   * leaves, comes with the next; ALL leaves no rest.
   */
  drain(limit) {
    if (this.draining) return;

    const { owner, slot } = this;
    let sealed = false;

    settle();
    this.draining = true;
    context.entered = false;
    control[COUNT] = 0;
    try {
      while (limit > 0 && this.receiving) {
        if (this.earlier === null) {
          const left = deliverValues(slot, owner, this, limit);

          if (limit !== ALL) limit = left;
          sealed = reader.status === SEALED;
          if (reader.status < 0) break;
          if (reader.status !== OTHER && !owner[kBatching]) continue;
          control[COUNT] = 0;
        }
        control[MAX] = limit;
        receive(slot);
        if (control[STATUS] !== 0) {
          sealed = control[STATUS] === SEALED;
          break;
        }
        if (this.earlier !== null) { // and only then look again at what stays in the ring
          if (!this.earlier()) this.earlier = null;
          else if ((!runTicks() || context.entered) && limit !== ALL) limit = 0;
          control[COUNT] = 0;
          continue;
        }

        const { [BYTES]: bytes } = control;
        const calm = owner[kBatching]
          ? this.deliverMany(owner, bytes) : this.deliverBatch(owner, bytes);

        if (!calm && limit !== ALL) limit = 0;
        else if (limit !== ALL) limit -= reader.count;
        /* It was as full as it gets. */
        if (bytes > inbox.length >> 1 && inbox.length < INBOX_BYTES) setInbox(inbox.length * 4);
        settle();
        control[COUNT] = 0;
      }
    } finally {
      settle();
      this.draining = false;
      if (reading.loans !== null) require('./receive').endLoans();
    }
    if (sealed) this.close();
  }

  /** @returns {boolean} false: the wake-up has to end */
  deliverBatch(owner, bytes) {
    const { slot } = this;
    let at = 0;
    let calm;

    reader.slot = slot;
    reader.count = 0;
    do {
      const here = at;

      at += 8 + ((inbox32[at >> 2] + 7) & ~7);
      /* Dealt with, whatever happens to it: it must not come twice. */
      this.deliver(owner, here);
      calm = runTicks() && !context.entered;
      /* A listener may have gone over to arrays: the rest is one, or nobody would hear it. */
    } while (calm && at < bytes && reader.slot === slot && this.receiving && !owner[kBatching]);
    return calm;
  }

  /**
   * The whole batch as one array, without ticks in between. @returns {boolean} false: the wake-up has to end
   */
  deliverMany(owner, bytes) {
    const { values, list, failure } = require('./receive').readMany(this, inbox32, bytes);

    reader.slot = this.slot;
    reader.count = values.length + (failure === null ? 0 : 1);
    if (values.length > 0) owner[kMessages](values, list);
    if (reading.loans !== null) require('./receive').endLoans();
    if (failure !== null) {
      runTicks();
      owner[kMessageError](failure.error);
    }
    return runTicks() && !context.entered;
  }

  deliver(owner, at) {
    let value;
    let list;

    try {
      value = this.decode(at, this.views);
    } catch (error) {
      reader.count++;
      owner[kMessageError](error);
      return;
    }
    reader.count++;
    if (reading.arrived !== null) {
      list = reading.arrived.ports;
      reading.arrived = null;
    }
    owner[kMessage](value, list);
    if (reading.loans !== null) require('./receive').endLoans();
  }

  /** The value of the record at this offset of the inbox; `lends`: large data may be lent. */
  decode(at, lends) {
    const type = inbox32[(at >> 2) + 1];

    if (type === 0) return decode(inbox, at + 8, inbox32[at >> 2], null);
    reading.lends = lends;
    try {
      return decodeMore(this, inbox, inbox32, at, type);
    } catch (error) {
      reading.arrived = null;
      binding.dropBlocks(at);
      throw error;
    }
  }

}

/** The binding calls this for a port with news; `queued` messages wait. */
function dispatch(slot, queued) {
  if (typeof endpoints[slot] === 'function' && !endpoints[slot](queued)) return; // makes it

  const endpoint = Endpoint.at(slot);

  if (endpoint === undefined) return;
  if (endpoint.receiving) {
    if (queued > 0 && endpoint.earlier !== null && endpoint.awaitEarlier?.() === false) return;
    endpoint.drain(limitOf(queued));
    return;
  }
  /* A stopped port wakes up only to see whether its peer has closed. */
  settle();
  control[COUNT] = 0;
  control[MAX] = 0;
  receive(slot);
  if (control[STATUS] === SEALED) endpoint.close();
}

/** The binding calls this in the closing phase of the loop. */
function closed(slot, peer) {
  const found = endpoints[slot];

  if (typeof found === 'function') endpoints[slot] = undefined;
  else if (found instanceof Hold) found.closed(peer);
  else Endpoint.at(slot)?.closed(peer);
}

local.dispatch = dispatch;
local.closed = closed;
module.exports = { Endpoint, ALL, FLAG, TRAILER_BYTES, late, reading };
