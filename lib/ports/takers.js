'use strict';

/*
 * takers.js - iterators and receive() calls that wait for the next message of a port or a
 * Worker. Each message goes to the one that has waited longest. They share one 'message'
 * listener, which stops the port while none of them waits.
 */

const { reading } = require('./record');

class Takers {
  #target;
  /** @type {((message: unknown) => void)[]} the oldest first */
  #list = [];
  /** Iterators that have not ended. */
  iterators = 0;
  /** What a Worker had sent when it exited, and nobody has taken yet. */
  backlog = [];
  #collects = false;

  constructor(target) {
    this.#target = target;
  }

  #onMessage = (message) => {
    reading.loans = null; // it outlives this listener: what it was lent is not detached
    if (this.#list.length === 0) {
      this.backlog.push(message);
      return;
    }

    const [taker] = this.#list;

    this.remove(taker);
    taker(message);
  };

  get isEmpty() {
    return this.#list.length === 0;
  }

  add(taker) {
    this.#list.push(taker);
    if (this.#list.length === 1 && !this.#collects) this.#target.on('message', this.#onMessage);
  }

  remove(taker) {
    const index = this.#list.indexOf(taker);

    if (index === -1) return;
    this.#list.splice(index, 1);
    if (this.#list.length === 0 && !this.#collects) this.#target.off('message', this.#onMessage);
  }

  /** The Worker exits, and is about to deliver what is queued: keep it for iterators. */
  collect() {
    if (this.iterators === 0) return;
    this.#collects = true;
    if (this.#list.length === 0) this.#target.on('message', this.#onMessage);
  }
}

/** @type {WeakMap<object, Takers>} by port or Worker */
const takers = new WeakMap();

/** @returns {Takers} */
function takersOf(target) {
  if (!takers.has(target)) takers.set(target, new Takers(target));
  return takers.get(target);
}

module.exports = { takersOf };
