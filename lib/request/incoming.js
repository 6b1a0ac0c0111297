'use strict';

/* incoming.js - a request that this thread is answering. */

const { AbortController } = globalThis;
const { REPLY, FAILURE } = require('./kinds');
const { pack } = require('./errors');

/** The second argument of a handler. */
class Request {
  #answer;
  #controller = null;
  #transfer = null;
  #aborted = false;
  #reason;

  /**
   * @param {(kind: number, value: unknown, list?: object[]) => void} answer called once
   */
  constructor(answer) {
    this.#answer = answer;
  }

  /**
   * Aborted when nobody waits for the answer any more.
   * @returns {AbortSignal}
   */
  get signal() {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /**
   * Objects in the answer that are to be transferred: the handler appends to it.
   * @returns {object[]}
   */
  get transfer() {
    this.#transfer ??= [];
    return this.#transfer;
  }

  abort(reason) {
    this.#aborted = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  #reply(result) {
    this.#answer(REPLY, result, this.#transfer ?? undefined);
  }

  #fail(error) {
    this.#answer(FAILURE, pack(error));
  }

  /** Call the handler, and answer with what becomes of it. */
  run(handler, value) {
    let result;
    let isThenable;

    try {
      result = handler(value, this);
      isThenable = typeof result?.then === 'function'; // may be a getter that throws
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (!isThenable) this.#reply(result);
    else Promise.resolve(result).then((found) => this.#reply(found), (error) => this.#fail(error));
  }
}

module.exports = { Request };
