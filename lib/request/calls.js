'use strict';

/*
 * calls.js - the requests of one endpoint: those that it has sent and waits for, and
 * those that it has received and answers.
 *
 * A request is a record of its own kind in the ring (CALL in ports/record.js), so it
 * keeps its place among the messages, and ordinary messages cost what they did. The same
 * holds for an answer.
 *
 * A port delivers its messages only while it has listeners. Requests and answers do not
 * wait for that: as long as an endpoint listens for them and the port is stopped, pump()
 * takes them out of the ring, and keeps the messages before and behind them (kept.js).
 */

const { setTimeout, clearTimeout } = require('node:timers');

const { process } = require('../loading/builtins');
const { MAX_DELAY } = require('../loading/check-options');

const { changeRefs } = require('../ports/endpoint');
const { binding } = require('../loading/native');
const { METHOD, REPLY, FAILURE, CANCEL } = require('./kinds');
const { Request } = require('./incoming');
const { closedError, pack, requestError, unpack } = require('./errors');
const kept = require('./kept');
const { send } = require('./send-call');

/** How long a request waits for handle() to be called, in milliseconds. */
const GRACE_MS = 1000;
/** How long an endpoint without requests is kept from being collected. */
const LOOSEN_MS = 1000;
/** Bits of a tag; with those of an id they fit a number. */
const TAG_BITS = 20;

/** A request that waits for its answer. */
class Pending {
  #timer;
  #signal;
  #stop;

  constructor(resolve, reject) {
    this.resolve = resolve;
    this.reject = reject;
  }

  /** @param {(reason: unknown) => void} cancel */
  limit(timeout, signal, cancel, late) {
    if (timeout !== Infinity) {
      this.#timer = setTimeout(() => cancel(late()), Math.min(timeout, MAX_DELAY));
      this.#timer.unref();
    }
    if (signal === undefined) return;
    if (signal.aborted) { // by a getter of the value
      process.nextTick(() => cancel(signal.reason));
      return;
    }
    this.#signal = signal;
    this.#stop = () => cancel(signal.reason);
    signal.addEventListener('abort', this.#stop, { once: true });
  }

  clear() {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#stop);
  }
}

class Calls {
  #endpoint;
  /** @type {((value: unknown, context: Request) => unknown) | null} */
  handler = null;
  /** The object whose methods the other thread may call. */
  exposed = null;
  /** Calls that are let through while the port is stopped. */
  listens = false;
  /** @type {Map<number, Pending>} by id */
  #pending = new Map();
  /** @type {Map<number, Request>} requests being answered, by tag and id */
  #running = new Map();
  /** Requests that leave() has answered. @type {Request[]} */
  #left = [];
  /**
   * Requests that wait for handle(). @type {[{ kind: number, id: number }, unknown][]}
   */
  #unheard = [];
  #grace = null;
  /** The other end has closed, and nothing but kept messages is left. */
  #isOver = false;
  #loosening = null;
  /**
   * Tells the answers to this owner's requests from those to an earlier owner's: a
   * transferred endpoint gets those, too.
   */
  #tag = Math.random() * 2 ** TAG_BITS >>> 0;
  #last = 0;
  #syncId = 0;
  #settleSync = null;

  constructor(endpoint) {
    this.#endpoint = endpoint;
  }

  /** Whether the endpoint must not be collected. */
  get isBusy() {
    return this.serves || this.#pending.size > 0 || this.#running.size > 0;
  }

  get serves() {
    return this.handler !== null || this.exposed !== null;
  }

  /** Let requests and answers through from now on, even if the port is stopped. */
  listen() {
    if (this.listens) return;
    this.listens = true;
    if (!this.#endpoint.receiving) this.#endpoint.askForTurn();
  }

  #nextId() {
    do this.#last = this.#last + 1 >>> 0;
    while (this.#pending.has(this.#last));
    return this.#last;
  }

  /**
   * Send a request.
   * @param {number} kind REQUEST or METHOD
   * @param {object[] | undefined} list what to transfer
   * @returns {number} its id
   * @throws {DOMException} DataCloneError
   * @throws {RingportError} ERR_RINGPORT_CLOSED, ERR_RINGPORT_OVERFLOW
   */
  ask(kind, value, list) {
    this.#endpoint.flow?.checkRequest();

    const id = this.#nextId();

    if (send(this.#endpoint, kind | this.#tag << 8, id, value, list) !== true) throw closedError();
    return id;
  }

  /** Wait for the answer to a request. @returns {Promise<unknown>} */
  answerTo(id, timeout, signal, late) {
    return new Promise((resolve, reject) => {
      const pending = new Pending(resolve, reject);

      if (timeout !== Infinity || signal !== undefined) {
        pending.limit(timeout, signal, (reason) => this.#giveUp(id, pending, reason), late);
      }
      this.expect(id, pending);
    });
  }

  /** @param {{ resolve: Function, reject: Function, clear: Function }} pending */
  expect(id, pending) {
    this.#pending.set(id, pending);
    if (this.#pending.size > 1) return;
    changeRefs(1);
    if (this.#loosening === null && !this.#isFixed) this.#endpoint.loosen();
  }

  /** Whether the endpoint is never collected: that of a worker or its parent. */
  get #isFixed() {
    return this.#endpoint.offer !== null;
  }

  /**
   * A requestSync() waits for the answer to this request.
   * @param {((item: import('./kept').Kept) => void) | null} settle
   */
  expectSync(id, settle) {
    this.#syncId = id;
    this.#settleSync = settle;
  }

  /** @returns {boolean} whether this is the answer that requestSync() waits for */
  takeSync(item) {
    const { call } = item;

    if (call?.id !== this.#syncId || call.kind >>> 8 !== this.#tag) return false;
    if ((call.kind & 0xff) !== REPLY && (call.kind & 0xff) !== FAILURE) return false;
    this.#settleSync(item);
    return true;
  }

  /** @returns {Pending | undefined} */
  #take(id) {
    const pending = this.#pending.get(id);

    if (pending === undefined) return undefined;
    this.#pending.delete(id);
    pending.clear();
    if (this.#pending.size === 0) {
      changeRefs(-1);
      this.#loosenSoon();
    }
    return pending;
  }

  /** Not at once: a WeakRef for each request would cost more than the rest. */
  #loosenSoon() {
    if (this.#loosening !== null || this.#isFixed) return;
    this.#loosening = setTimeout(() => {
      this.#loosening = null;
      this.#endpoint.loosen();
    }, LOOSEN_MS);
    this.#loosening.unref();
  }

  #giveUp(id, pending, reason) {
    if (this.#pending.get(id) !== pending) return;
    this.#take(id);
    this.cancel(id, reason);
    pending.reject(reason);
  }

  /** Tell the other thread that nobody waits for the answer any more. */
  cancel(id, reason) {
    if (!this.#endpoint.open) return;
    send(this.#endpoint, CANCEL | this.#tag << 8, id, pack(reason), undefined);
  }

  /** Handle a record that is part of a request. */
  take(call, value) {
    const { kind: word, id, error } = call;
    const tag = word >>> 8;

    switch (word & 0xff) {
      case REPLY:
      case FAILURE:
        if (tag === this.#tag) this.#settle(word & 0xff, id, value, error);
        break;
      case CANCEL:
        this.#abort(keyOf(tag, id), unpack(value));
        break;
      default:
        this.#serve(call, value);
    }
  }

  #settle(kind, id, value, error) {
    const pending = this.#take(id);

    if (error !== undefined) pending?.reject(error);
    else if (kind === REPLY) pending?.resolve(value);
    else pending?.reject(unpack(value));
  }

  #abort(key, reason) {
    const unheard = this.#unheard.findIndex(([call]) => keyOf(call.kind >>> 8, call.id) === key);

    if (unheard !== -1) this.#unheard.splice(unheard, 1);
    this.#running.get(key)?.abort(reason);
  }

  #serve(call, value) {
    const { kind: word, id, error } = call;
    const kind = word & 0xff;
    const handler = kind === METHOD ? this.exposed : this.handler;

    if (error !== undefined) {
      this.answer(word, id, FAILURE, pack(error));
    } else if (handler === null) {
      this.#keepUnheard(call, value);
    } else {
      const request = new Request((how, result, list) => {
        this.#running.delete(key);
        this.answer(word, id, how, result, list);
      });
      const key = keyOf(word >>> 8, id);

      this.#running.set(key, request);
      request.run(handler, value);
    }
  }

  /** Send an answer to the request with this word and id. */
  answer(word, id, kind, value, list) {
    if (this.#endpoint.gone) return;

    const answered = kind | word >>> 8 << 8;

    try {
      send(this.#endpoint, answered, id, value, list);
    } catch (error) {
      send(this.#endpoint, answered & ~0xff | FAILURE, id, pack(error), undefined);
    }
  }

  #keepUnheard(call, value) {
    this.#unheard.push([call, value]);
    if (this.#grace !== null) return;
    this.#grace = setTimeout(() => {
      this.#grace = null;
      for (const [{ kind, id }] of this.#unheard.splice(0)) {
        this.answer(kind, id, FAILURE, pack(requestError('NO_HANDLER')));
      }
    }, GRACE_MS);
    this.#grace.unref();
  }

  /** The handler or the exposed object has changed: requests may have waited for it. */
  changed() {
    if (!this.#isFixed) this.#keepLoop();
    if (!this.serves) return;
    this.listen();
    if (this.#unheard.length === 0) return;
    process.nextTick(() => {
      for (const [call, value] of this.#unheard.splice(0)) this.#serve(call, value);
    });
  }

  /** A handler keeps the loop alive as a listener does. */
  #keepLoop() {
    const endpoint = this.#endpoint;

    if (this.serves && !this.#isOver) endpoint.ref();
    else if (!endpoint.receiving) endpoint.unref();
    endpoint.loosen();
  }

  /**
   * Take what is in the ring of a stopped port: handle what is part of a request, and
   * keep the messages.
   * @param {number} limit how many records to take at most
   */
  pump(limit) {
    const endpoint = this.#endpoint;

    if (kept.takeCalls(endpoint, limit) || !endpoint.open) return;
    /* The other end has closed. Messages that nobody has read yet stay. */
    this.end();
    this.#isOver = true;
    if (endpoint.kept === null) {
      endpoint.close();
      return;
    }
    endpoint.unref(); // as if it had closed
    binding.setReceiving(endpoint.slot, false);
  }

  /**
   * The endpoint is about to leave this thread. Those who wait for an answer from here
   * get an error, which has to be sent before the new owner sends something.
   */
  leave() {
    const unanswered = [...this.#unheard.map(([{ kind, id }]) => [kind, id]),
      ...[...this.#running.keys()].map((key) => [key / 2 ** 32 << 8, key % 2 ** 32])];

    this.#left.push(...this.#running.values());
    this.#unheard = [];
    this.#running.clear();
    for (const [word, id] of unanswered) {
      this.answer(word, id, FAILURE, pack(requestError('TRANSFERRED', 'CLOSED')));
    }
  }

  /** The endpoint has closed or leaves this thread. */
  end() {
    const { gone, open } = this.#endpoint;
    const error = gone || open ? closedError() : requestError('TRANSFERRED', 'CLOSED');

    this.handler = this.exposed = null;
    this.#unheard = [];
    for (const id of [...this.#pending.keys()]) this.#take(id).reject(error);
    this.#left.push(...this.#running.values());
    this.#running.clear();
    for (const request of this.#left.splice(0)) request.abort(error);
  }
}

/** Names a request of the other thread. */
function keyOf(tag, id) {
  return tag * 2 ** 32 + id;
}

/** @returns {Calls} those of an endpoint */
function callsOf(endpoint) {
  endpoint.calls ??= new Calls(endpoint);
  return endpoint.calls;
}

/** Handle a record of an endpoint that is part of a request. */
function take(endpoint, call, value) {
  callsOf(endpoint).take(call, value);
}

/** The next record of a stopped port is part of a request: see to it. */
function listen(endpoint) {
  callsOf(endpoint).listen();
}

const { deliver, passOver, receive, refuseTransfer } = kept;

module.exports = { Calls, callsOf, listen, take, deliver, passOver, receive, refuseTransfer };
