'use strict';

/*
 * from-node.js - receives what comes over Node's channel from a worker: messages for the
 * application, and messages of ringport itself.
 */

const { threads } = require('../loading/native');
const { throwLater } = require('../ports/call-listener');
const { isObject } = require('../ports/way');
const { ENVELOPE, TURNS_MAX } = require('./marks');

const kHybridDispatch = Symbol.for('nodejs.internal.kHybridDispatch');

class FromNode {
  /** Node's port to the worker; null after its end. */
  #port;
  #takes;
  /** What has been taken from Node's queue, but not delivered; see pull.js. */
  #pulled = [];
  /** Turns in which CHANGE was missing. */
  #turns = 0;
  /** Listeners are being called for what came by Node, or by ring at the end. */
  calling = false;

  /**
   * @param {import('node:worker_threads').MessagePort} port
   * @param {Way} way is told of what comes
   * @param {(message: object) => boolean} takes whether the message was for ringport
   *   itself
   */
  constructor(port, way, takes) {
    this.#port = port;
    this.#takes = takes;
    this.#listen(way);
  }

  /**
   * What ringport in the worker has to say comes by Node, and is not for the application.
   */
  #listen(way) {
    const port = this.#port;
    const { [kHybridDispatch]: dispatch } = port;

    Object.defineProperty(port, kHybridDispatch, { __proto__: null, value: (value, type, event) => {
      const outer = this.calling;

      way.heard = true;
      this.calling = true;
      try {
        if (isObject(value)) {
          if (this.#takes(value)) return;
          if (value.kind === ENVELOPE) [value] = require('./open-envelope').open(value);
        }
        dispatch.call(port, value, type, event);
      } finally {
        this.calling = outer;
      }
    }, configurable: true });
  }

  /** Take what Node has brought until the Node channel is among it. */
  pull(endpoint) {
    if (this.#port === null) return;
    require('./pull').pull(endpoint, this.#port, this.#pulled, (message) => this.#dispatch(message));
  }

  /** CHANGE is on its way. @param {() => Endpoint} connect */
  wait(connect) {
    this.#turns++;
    if (this.#turns !== TURNS_MAX || this.#port === null) return;
    require('./pull').pullAll(
      connect(), this.#port, this.#pulled, (message) => this.#dispatch(message));
  }

  /** Dispatch all there is, with ticks in between. */
  dispatchAll() {
    while (this.#port !== null) {
      const received = this.#pulled.length > 0
        ? this.#pulled.shift() : threads.receiveMessageOnPort(this.#port);

      if (received === undefined) return;
      try {
        this.#dispatch(received.message);
      } catch (error) {
        throwLater(error); // what comes after it comes all the same
      }
      require('../ports/dispatch').runTicks();
    }
  }

  /** Node does not call its port for this any more. */
  #dispatch(message) {
    this.#port?.[kHybridDispatch](message, 'message', undefined);
  }

  /** The worker has ended. */
  end() {
    this.#port = null;
  }
}

module.exports = { FromNode };
