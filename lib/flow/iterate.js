'use strict';

/*
 * iterate.js - the messages of a port or a Worker one by one, for `for await`.
 *
 * A message is taken out of the queue when it is asked for, so the port is paused while
 * the consumer works and nothing is lost when it stops. While the iterator waits, it
 * listens to 'message' like any listener and stops at the first one. A Worker that exits
 * delivers all that is queued; the iterator then goes on with what it has not been asked
 * for yet.
 */

const { ports } = require('../ports/kinds');
const { takersOf } = require('../ports/takers');
const { local, threads } = require('../loading/native');

/** Method of every ringport port; see ports/port.js. */
const kReceive = Symbol.for('ringport.receive');
/** Method of every Worker; see worker/worker.js. */
const kInside = Symbol.for('ringport.inside');

local.beforeExit = (worker) => takersOf(worker).collect();

function takeFromWorker(worker) {
  const { backlog } = takersOf(worker);

  return backlog.length > 0
    ? { message: backlog.shift() } : worker[kInside]().endpoint?.receive();
}

/** What to take messages from and when it ends. */
function sourceOf(target) {
  if (target instanceof threads.Worker) {
    return {
      end: 'exit',
      hasEnded: () => target.threadId === -1,
      take: () => takeFromWorker(target),
    };
  }

  const endpoint = ports.endpointOf(target);

  if (endpoint === undefined) throw new TypeError('Illegal invocation');
  return { end: 'close', hasEnded: () => !endpoint.open, take: () => target[kReceive]() };
}

class Messages {
  #target;
  #takers;
  #end;
  #hasEnded;
  #take;
  #done = false;
  /** The last call of next() that has not been answered yet, or null. */
  #last = null;
  /** Ends the wait of next(). @type {((result: object) => void) | null} */
  #finish = null;

  constructor(target) {
    const { end, hasEnded, take } = sourceOf(target);

    this.#target = target;
    this.#takers = takersOf(target);
    this.#takers.iterators++;
    this.#end = end;
    this.#hasEnded = hasEnded;
    this.#take = take;
    target.on(end, this.#ended);
  }

  #ended = () => {
    if (this.#takers.backlog.length === 0) this.#stop();
  };

  /** Leave the port as it was; messages stay in its queue. */
  #stop() {
    if (this.#done) return;
    this.#done = true;
    this.#takers.iterators--;
    this.#target.off(this.#end, this.#ended);
    this.#finish?.({ value: undefined, done: true });
  }

  /** @returns {Promise<IteratorResult<unknown, undefined>>} */
  next() {
    const before = this.#last;
    const answer = before === null
      ? this.#next() : before.then(() => this.#next(), () => this.#next());

    this.#last = answer;

    const free = () => {
      if (this.#last === answer) this.#last = null;
    };

    answer.then(free, free);
    return answer;
  }

  async #next() {
    if (this.#done) return { value: undefined, done: true };
    try {
      const found = this.#takers.isEmpty ? this.#take() : undefined;

      if (found !== undefined) return { value: found.message, done: false };
      return await this.#wait();
    } catch (error) {
      this.#stop();
      throw error;
    }
  }

  /** Wait for a message, the end, or return(). */
  #wait() {
    if (this.#hasEnded()) this.#stop(); // 'close' may have been emitted before
    if (this.#done) return { value: undefined, done: true };

    const target = this.#target;
    const takers = this.#takers;

    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#finish = null;
        takers.remove(heard);
        target.off('messageerror', failed);
      };
      const heard = (value) => {
        leave();
        resolve({ value, done: false });
      };
      const failed = (error) => {
        leave();
        reject(error);
      };

      this.#finish = (result) => {
        leave();
        resolve(result);
      };
      target.on('messageerror', failed);
      takers.add(heard);
    });
  }

  /** @returns {Promise<IteratorResult<unknown, unknown>>} */
  async return(value) {
    this.#stop();
    return { value, done: true };
  }

  async throw(error) {
    this.#stop();
    throw error;
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

Object.setPrototypeOf(Messages.prototype,
  Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}.prototype)));

/** @param {object} target a port or a Worker */
function iterate(target) {
  return new Messages(target);
}

module.exports = { iterate };
