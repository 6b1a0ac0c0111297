'use strict';

/*
 * node-queue.js - the queue of Node's port between a Worker and its parent, for the side
 * that receives: messages may be taken from it before they are delivered; see pull.js.
 */

const { threads } = require('../loading/native');
const { TURNS_MAX } = require('./marks');

class NodeQueue {
  /** Node's port; null until it is known, and once it has ended. */
  port = null;
  #dispatch;
  /** Messages taken from the queue but not delivered yet. */
  #taken = [];
  /** Turns spent waiting for CHANGE. */
  #turns = 0;

  /**
   * @param {(message: unknown) => void} dispatch delivers a message that was taken, as
   *   Node would have
   */
  constructor(dispatch) {
    this.#dispatch = dispatch;
  }

  /**
   * Take the oldest undelivered message.
   * @returns {{ message: unknown } | undefined}
   */
  take() {
    return this.#taken.length > 0 ? this.#taken.shift() : threads.receiveMessageOnPort(this.port);
  }

  /** Take messages until one carries the Node channel. */
  pull(endpoint) {
    if (this.port !== null) require('./pull').pull(endpoint, this.port, this.#taken, this.#dispatch);
  }

  /**
   * Wait another turn for CHANGE; give up after TURNS_MAX.
   * @param {() => Endpoint} connect
   */
  wait(connect) {
    this.#turns++;
    if (this.#turns !== TURNS_MAX || this.port === null) return;
    require('./pull').pullAll(connect(), this.port, this.#taken, this.#dispatch);
  }
}

module.exports = { NodeQueue };
