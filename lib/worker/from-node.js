'use strict';

/*
 * from-node.js - receives messages from a worker over Node's channel: the application's
 * and ringport's control messages.
 */

const { threads } = require('../loading/native');
const { throwLater } = require('../ports/call-listener');
const { isObject } = require('../ports/way');
const { ENVELOPE } = require('./marks');
const { NodeQueue } = require('./node-queue');

const kHybridDispatch = Symbol.for('nodejs.internal.kHybridDispatch');

class FromNode {
  /** Its port is Node's port to the worker, until the worker has exited. */
  #queue = new NodeQueue((message) => this.#dispatch(message));
  #takes;
  /** True while listeners run for a message from Node, or from the final drain. */
  calling = false;
  /** The resource that async_hooks reports; its hasRef() is that of Node's port. */
  resource = Object.create(threads.MessagePort.prototype, {
    __proto__: null,
    hasRef: { __proto__: null, value: () => this.#queue.port?.hasRef() === true },
  });

  /**
   * @param {import('node:worker_threads').MessagePort} port
   * @param {Way} way notified of each message
   * @param {(message: object) => boolean} takes handles control messages; returns whether
   *   the message was one
   */
  constructor(port, way, takes) {
    this.#queue.port = port;
    this.#takes = takes;
    this.#listen(port, way);
  }

  /** Intercept Node's dispatch, so that control messages never reach the application. */
  #listen(port, way) {
    const { [kHybridDispatch]: dispatch } = port;

    Object.defineProperty(port, kHybridDispatch, { __proto__: null, value: (value, type, event) => {
      const outer = this.calling;

      way.heard = true;
      this.calling = true;
      try {
        if (isObject(value) && typeof value.kind === 'string') {
          if (this.#takes(value)) return;
          if (value.kind === ENVELOPE) [value] = require('./open-envelope').open(value);
        }
        dispatch.call(port, value, type, event);
      } finally {
        this.calling = outer;
      }
    }, configurable: true });
  }

  /** Take messages from Node's queue until one carries the Node channel. */
  pull(endpoint) {
    this.#queue.pull(endpoint);
  }

  /**
   * Wait another turn for CHANGE; give up after TURNS_MAX.
   * @param {() => Endpoint} connect
   */
  wait(connect) {
    this.#queue.wait(connect);
  }

  /** Dispatch every queued message, running ticks after each. */
  dispatchAll() {
    while (this.#queue.port !== null) {
      const received = this.#queue.take();

      if (received === undefined) return;
      try {
        this.#dispatch(received.message);
      } catch (error) {
        throwLater(error); // deliver the rest all the same
      }
      require('../ports/dispatch').runTicks();
    }
  }

  /** Dispatch a message that was taken from Node's queue, as Node would have. */
  #dispatch(message) {
    this.#queue.port?.[kHybridDispatch](message, 'message', undefined);
  }

  /** The worker has ended. */
  end() {
    this.#queue.port = null;
  }
}

module.exports = { FromNode };
