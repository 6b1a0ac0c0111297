'use strict';

/*
 * endpoint.js - one end of a channel as its thread sees it: post, receive, transfer,
 * close.
 *
 * An endpoint has an owner (a MessagePort or a Worker) and calls its [kMessage](value,
 * ports), or [kMessages](values, ports) while its [kBatching] is true,
 * [kMessageError](error) and [kClosed]().
 *
 * This file holds what every message needs. C writes primitives, and Node carries the
 * first few objects. The first message that needs more loads send.js and the codec.
 * drain.js receives.
 */

const { FinalizationRegistry, WeakRef } = require('../loading/builtins');
const context = require('./async-context');
const { settle, limitOf } = require('./dispatch');
const { drain, receive, receiveOne } = require('./drain');
const { postToNode, watchPosts } = require('./posts');
const { unsent } = require('./record');
const { Hold, endpointAt } = require('./table');
const { isObject, located, postByC } = require('./way');
const {
  binding, control, endpoints, define, local, owner: { kClosed }, thresholds,
  STATUS, COUNT, MAX, SEALED,
  FOR_PORTS,
} = require('../loading/native');

watchPosts();

const NONE = -1;

const { postValue, postWhole } = binding;

let sendValue = (...args) => {
  ({ sendValue } = require('./send'));
  return sendValue(...args);
};

/** Closes endpoints that nobody can reach any more, so that the peer hears 'close'. */
const unreachable = new FinalizationRegistry((hold) => {
  endpoints[hold.slot] = hold;
  binding.close(hold.slot);
});

/** Whether postSimple() can send the value. */
function isSimple(value) {
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' ||
    value === undefined || value === null;
}

/** Whether Node can clone the object as the codec would: it contains no ringport port. */
function canBeWhole(value) {
  return local.portsMade === 0 || require('./by-node').isPlain(value);
}

function changeRefs(by) {
  context.refs += by;
  if (context.refs === 0) binding.setRef(false);
  else if (context.refs === by) binding.setRef(true);
}

class Endpoint {
  /** Slot of the endpoint in the binding, NONE once it is gone. */
  slot;
  owner = null;
  receiving = false;
  refed = false;
  /** Somebody listens to 'close'. */
  awaited = false;
  hold;
  /**
   * Number of the last message posted to the Node channel. The first is any: what the
   * port could not send in another thread may still lie there, and has numbers, too.
   */
  sequence = Math.random() * 2 ** 32 | 0;
  /**
   * Closed or sent away: nothing can be sent. [kClosed] follows in the closing phase of
   * the loop; until then what is queued can be read.
   */
  ending = false;
  draining = false;
  /** Large data is lent to listeners. */
  views = false;
  /**
   * Between a worker and its parent: sends the other end of the Node channel by Node, and
   * takes what has come by Node until that is among it; null elsewhere.
   */
  offer = null;
  pull = null;
  /**
   * Between a worker and its parent, until what came by Node before the first message by
   * ring has been delivered: called in each turn instead of delivering; null otherwise.
   */
  wait = null;
  /**
   * Delivers what pull() has found before the Node channel, and says whether the turn
   * goes on; null if there is nothing.
   */
  earlier = null;

  constructor(slot) {
    this.slot = slot;
    this.hold = new Hold(slot);
    endpoints[slot] = this;
  }

  /**
   * @param {object} owner an object for async_hooks to see
   * @param {boolean} collectable whether to close when the owner cannot be reached any
   *   more
   */
  bind(owner, collectable) {
    this.owner = owner;
    binding.bind(this.slot, context.resourceOf(owner, this));
    if (!collectable) return;
    unreachable.register(this, this.hold, this);
    this.loosen();
  }

  /**
   * Let a port be collected while nothing can come of it: it takes no messages, keeps
   * nothing alive, and nobody waits for its end.
   */
  loosen() {
    const needed = this.receiving || this.refed || this.awaited || this.ending;

    if (!this.gone) endpoints[this.slot] = needed ? this : new WeakRef(this);
  }

  /**
   * @param {import('node:worker_threads').MessagePort} end the endpoint's Node channel
   *   from now on; see node-channel.js
   */
  adopt(end) {
    define(FOR_PORTS);

    const weak = new WeakRef(this);

    this.hold.nodeChannel = end;
    end.on('close', () => {
      const still = weak.deref();

      /* Ignore: we closed first, or this end was transferred. */
      if (still !== undefined && still.hold.nodeChannel === end) binding.peerLost(still.slot);
    });
  }

  /** @param {boolean} wanted whether listeners get large data where it lies */
  wantViews(wanted) {
    define(FOR_PORTS);
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
   * Send a value. A closed port sends nothing, but throws the same errors.
   * @param {unknown} value
   * @param {import('./transfer').Transfer | null} transfer
   * @returns {boolean | undefined} what postMessage returns
   */
  post(value, transfer) {
    if (transfer === null) {
      if (isSimple(value)) return this.postSimple(value);
      if (local.objectsPosted < thresholds.COLD_OBJECTS && isObject(value) && this.open &&
          !binding.peerViews(this.slot)) {
        return this.#postCold(value);
      }
    }
    return sendValue(this, value, transfer);
  }

  /** Post an object while this thread has posted few. */
  #postCold(value) {
    unsent.flush();

    const rest = postByC(this.slot, value);

    if (rest === undefined) return control[STATUS] === 0 ? true : !this.open;
    if (rest !== value) return require('./send').sendCopy(this, rest, value);
    local.objectsPosted++;
    if (canBeWhole(value)) return this.postByNode(value, undefined, 0);
    return sendValue(this, value, null);
  }

  /**
   * Post a number, a string, a boolean, null or undefined: C writes it, without the
   * codec.
   */
  postSimple(value) {
    if (!this.open) return undefined;
    unsent.flush(); // a getter within postMany() may call this: keep the order
    postValue(this.slot, value);
    return control[STATUS] === 0 ? true : !this.open; // false: the peer has closed
  }

  /**
   * Post a value that Node carries whole; see by-node.js.
   * @param {unknown} value
   * @param {ArrayBuffer[] | undefined} list to be transferred
   * @param {number} bytes of these
   */
  postByNode(value, list, bytes) {
    unsent.flush();
    const nodeChannel = require('./node-channel');
    const isOpen = this.open;
    const end = isOpen ? nodeChannel.ensure(this) : nodeChannel.closedPort();
    const sequence = this.sequence + 1 | 0;
    let result;

    try {
      result = postToNode(end, [value, sequence], list);
    } catch (error) {
      throw located(error, value, list);
    }

    if (!isOpen) return result;
    this.sequence = sequence;
    unsent.flush(); // a getter may have posted
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
    unsent.flush();
    this.end();
    binding.close(this.slot);
  }

  /**
   * Send the endpoint into transit, to be lost with this thread until depart() or
   * restore().
   * @returns {bigint | undefined} its id, undefined if it is closed or away
   */
  withdraw() {
    this.settle();
    return binding.withdraw(this.slot);
  }

  /** Attach the endpoint again. It has forgotten its state in this thread. */
  restore(id) {
    binding.restore(this.slot, id);
    if (this.views) this.wantViews(true);
  }

  /**
   * Send the endpoint into transit, under the id it was announced with. Its Node channel
   * is the caller's.
   */
  depart() {
    this.settle();
    this.hold.nodeChannel = null;
    binding.detach(this.slot);
    this.end();
    this.unref();
    this.receiving = false;
  }

  /**
   * Before the endpoint leaves: what has been posted is sent, and what has been read is
   * not read again.
   */
  settle() {
    unsent.flush();
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

  /** Whether a message is queued. */
  get queued() {
    unsent.flush();
    settle();
    return this.slot !== NONE && binding.queued(this.slot) > 0;
  }

  /** Take one message, started or not. @returns {{message: unknown} | undefined} */
  receive() {
    return receiveOne(this);
  }
}

/** The binding calls this for an endpoint with news; `queued` messages are waiting. */
function dispatch(slot, queued) {
  if (typeof endpoints[slot] === 'function' && !endpoints[slot](queued)) return; // makes it

  const endpoint = endpointAt(slot);

  if (endpoint === undefined) return;
  if (endpoint.receiving) {
    if (endpoint.earlier !== null && !endpoint.earlier()) return;
    if (queued === 0 || endpoint.wait === null) drain(endpoint, limitOf(queued));
    else endpoint.wait();
    return;
  }
  /* A stopped port is woken only to see whether its peer has closed. A Worker has not
   * said that it is stopped; see there. */
  settle();
  binding.setReceiving(slot, false);
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
  else endpointAt(slot)?.closed(peer);
}

local.dispatch = dispatch;
local.closed = closed;

module.exports = { Endpoint };
