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
 * turn.js and drain.js receive.
 */

const { FinalizationRegistry, WeakRef } = require('../loading/builtins');
const context = require('./async-context');
const { settle } = require('./dispatch');
const { receiveOne } = require('./drain');
const { OTHER } = require('../constants').control;
const { LONG, postLong } = require('./long-string');
const { watchPosts } = require('./posts');
const { unsent } = require('./record');
const { Hold } = require('./table');
const { canBeWhole, isObject, isWhole, postByC } = require('./way');
const {
  binding, control, endpoints, define, local, owner: { kClosed }, thresholds, STATUS, FOR_PORTS,
} = require('../loading/native');

require('./turn');
watchPosts();

const NONE = -1;

const { postValue } = binding;

let postWhole = (...args) => {
  ({ postWhole } = require('./whole'));
  return postWhole(...args);
};
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
    value === undefined || value === null || typeof value === 'bigint';
}

/** Something more, or something less, keeps the loop alive. @param {1 | -1} by */
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
  /** 'close' has a listener. */
  awaited = false;
  hold;
  /**
   * Number of the last message posted to the Node channel. Starts at random: messages
   * whose records another thread could not write may still be queued on the channel.
   */
  sequence = Math.random() * 2 ** 32 | 0;
  /** Messages that went by the Node channel, wholly or in part; modulo 2^32. */
  #first = this.sequence;
  /**
   * Messages on the Node channel without a record (yet). -1: another thread may have left
   * some, so the first one of this has a number, which the receiver looks for.
   */
  unrecorded = -1;
  /**
   * Closed or transferred: sends nothing. Queued messages stay readable until [kClosed],
   * which follows in the closing phase of the loop.
   */
  ending = false;
  draining = false;
  losing = null; // what goes by Node, see losing.js; null: nothing yet
  /** Large data is lent to listeners. */
  views = false;
  /**
   * Sends the peer its end of the Node channel. Only between a worker and its parent;
   * null elsewhere.
   */
  offer = null;
  /** Reads Node's port until that end arrives. Null where `offer` is. */
  pull = null;
  /**
   * Called instead of delivering, between a worker and its parent, until CHANGE has
   * arrived; see worker/marks.js. Null otherwise.
   */
  wait = null;
  /**
   * Delivers the messages that pull() has taken, and returns whether the turn goes on.
   * Null if there are none.
   */
  earlier = null;
  /** Null before the first request. @type {import('../request/calls').Calls | null} */
  calls = null;
  /**
   * What has been taken out of the ring and is to be delivered before the rest; null if
   * there is nothing. @type {import('../request/kept').Kept[] | null}
   */
  kept = null;
  /** Only of a port with a mark, a FlowEndpoint. @type {import('../flow/flow').Flow} */
  flow = null;

  constructor(slot) {
    this.slot = slot;
    this.hold = new Hold(slot);
    endpoints[slot] = this;
  }

  /**
   * @param {object} owner also the resource for async_hooks
   * @param {boolean} collectable whether to close once the owner is unreachable
   */
  bind(owner, collectable) {
    this.owner = owner;
    binding.bind(this.slot, context.resourceOf(owner, this));
    if (!collectable) return;
    unreachable.register(this, this.hold, this);
    this.loosen();
  }

  /**
   * Reference the endpoint weakly while it can be collected: it is not receiving, does
   * not keep the loop alive, and has no 'close' listener.
   */
  loosen() {
    const needed = this.receiving || this.refed || this.awaited || this.ending ||
      this.calls?.isBusy === true;

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

  /** @param {boolean} wanted whether to lend large data to listeners */
  wantViews(wanted) {
    define(FOR_PORTS);
    this.views = wanted;
    if (!this.gone) binding.wantViews(this.slot, wanted);
  }

  /** @param {boolean} awaited whether 'close' has a listener */
  await(awaited) {
    this.awaited = awaited;
    this.loosen();
  }

  get postsByNode() {
    return this.sequence - this.#first >>> 0;
  }

  get open() {
    return this.slot !== NONE && !this.ending;
  }

  /** The closing phase has been reached: 'close' was emitted or is about to be. */
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
      if (this.losing !== null && isObject(value) && this.losing.goesByNode(value) && this.open &&
          canBeWhole(value)) {
        return this.postByNode(value, undefined, 0);
      }
      if (local.objectsPosted < thresholds.COLD_OBJECTS && isObject(value) && this.open &&
          !binding.peerViews(this.slot)) {
        return this.#postCold(value);
      }
    }
    return sendValue(this, value, transfer);
  }

  /** Post one of the thread's first objects, without loading the codec if possible. */
  #postCold(value) {
    unsent.flush();

    const rest = postByC(this.slot, value);

    if (rest === undefined) return control[STATUS] === 0 ? true : !this.open;
    if (rest !== value) return require('./send').sendCopy(this, rest, value);
    local.objectsPosted++;
    if (isWhole(value)) return this.postByNode(value, undefined, 0);
    return sendValue(this, value, null);
  }

  /**
   * Post a value that is not an object, a function or a symbol: C writes it, without the
   * codec.
   */
  postSimple(value) {
    if (!this.open) return undefined;
    unsent.flush(); // keeps the order if a getter within postMany() calls this
    if (typeof value === 'string' && value.length > LONG) postLong(this.slot, value);
    else postValue(this.slot, value);
    if (control[STATUS] === OTHER) return sendValue(this, value, null);
    return control[STATUS] === 0 ? true : !this.open; // false: the peer has closed
  }

  /**
   * Post a value that Node carries whole; see by-node.js.
   * @param {unknown} value
   * @param {ArrayBuffer[] | undefined} list buffers to transfer
   * @param {number} bytes their total size
   */
  postByNode(value, list, bytes) {
    return postWhole(this, value, list, bytes);
  }

  /**
   * Send the values of an iterable in order; see send.js.
   * @returns {boolean | undefined} what postMessages returns
   */
  postMany(values) {
    require('./send').sendMany(this, values);
    return this.open ? true : undefined;
  }

  start() {
    if (!this.open || this.receiving) return;
    this.receiving = true;
    this.loosen();
    if (this.calls !== null) this.askForTurn();
    else binding.setReceiving(this.slot, true);
  }

  /** Schedule a turn, even if the ring is empty. */
  askForTurn() {
    binding.setReceiving(this.slot, false);
    binding.setReceiving(this.slot, true);
  }

  stop() {
    if (!this.receiving) return;
    this.receiving = false;
    this.loosen();
    binding.setReceiving(this.slot, this.calls?.listens === true);
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
   * Put the endpoint in transit. It is lost if this thread ends before depart() or
   * restore().
   * @returns {bigint | undefined} its id; undefined if it is closed or already in transit
   */
  withdraw() {
    this.settle();
    return binding.withdraw(this.slot);
  }

  /** Attach the endpoint again, and set up its state in this thread anew. */
  restore(id) {
    binding.restore(this.slot, id);
    if (this.views) this.wantViews(true);
  }

  /**
   * Detach the endpoint from this thread, in transit under its announced id. The caller
   * now owns its Node channel.
   */
  depart() {
    this.settle();
    this.hold.nodeChannel = null;
    binding.detach(this.slot);
    this.end();
    this.unref();
    this.receiving = false;
    this.calls?.end();
    local.note?.('transfer', this.owner);
  }

  /**
   * Send collected messages and release those already read, before the endpoint leaves.
   */
  settle() {
    this.calls?.leave();
    unsent.flush();
    settle();
  }

  end() {
    this.ending = true;
    unreachable.unregister(this);
    this.loosen();
  }

  /** Called in the closing phase of the loop. */
  closed(peer) {
    settle();
    this.unref();
    this.receiving = false;
    this.slot = NONE;
    this.hold.closed(peer);
    this.calls?.end();
    this.owner[kClosed]();
  }

  /** Whether a message is queued. */
  get queued() {
    unsent.flush();
    settle();
    return this.slot !== NONE && binding.queued(this.slot) > 0;
  }

  /**
   * Take the oldest message, even if not started.
   * @returns {{ message: unknown } | undefined}
   */
  receive() {
    return receiveOne(this);
  }
}

module.exports = { Endpoint, changeRefs };
