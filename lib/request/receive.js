'use strict';

/* receive.js - port.receive(): waits for the next message without a listener. */

const { setTimeout, clearTimeout } = require('node:timers');

const { withCode } = require('../codec/errors');
const { MAX_DELAY, checkKnown } = require('../loading/check-options');
const { checkOptions, checkSignal, checkTimeout } = require('../loading/check-arguments');
const { takersOf } = require('../ports/takers');
const { timeoutError } = require('./errors');

/** The waits on a port. They share one 'close' listener. */
class Waits {
  #port;
  #list = [];
  #onClose = () => {
    for (const wait of [...this.#list]) this.#settle(wait, 'resolve', undefined);
  };

  constructor(port) {
    this.#port = port;
  }

  #settle(wait, how, value) {
    const index = this.#list.indexOf(wait);

    if (index === -1) return;
    this.#list.splice(index, 1);
    if (this.#list.length === 0) this.#port.off('close', this.#onClose);
    wait.clear();
    wait[how](value);
  }

  add({ timeout, signal }) {
    return new Promise((resolve, reject) => {
      const stop = () => this.#settle(wait, 'reject', signal.reason);
      const timer = timeout === Infinity ? undefined : setTimeout(
        () => this.#settle(wait, 'reject', timeoutError(timeout)), Math.min(timeout, MAX_DELAY)).unref();
      const takers = takersOf(this.#port);
      const taker = (message) => this.#settle(wait, 'resolve', { message });
      const wait = { resolve, reject, clear() {
        takers.remove(taker);
        clearTimeout(timer);
        signal?.removeEventListener('abort', stop);
      } };

      signal?.addEventListener('abort', stop, { once: true });
      this.#list.push(wait);
      if (this.#list.length === 1) this.#port.on('close', this.#onClose);
      takers.add(taker);
    });
  }
}

/** @type {WeakMap<object, Waits>} by port */
const waits = new WeakMap();

/**
 * @param {object} port
 * @param {() => { message: unknown } | undefined} take takes the oldest queued message
 * @param {() => boolean} isOpen
 * @param {{ timeout?: number, signal?: AbortSignal }} [options]
 * @returns {Promise<{ message: unknown } | undefined>} undefined: the port has closed
 */
async function receive(port, take, isOpen, options = {}) {
  checkOptions(options);
  checkKnown('options', options, ['timeout', 'signal']);

  const timeout = checkTimeout(options);
  const signal = checkSignal(options);

  if (signal?.aborted) throw signal.reason;
  if (port.listenerCount('messages') > 0) {
    throw withCode(new Error("The port delivers its messages to its 'messages' listeners"), 'ERR_INVALID_STATE');
  }

  const found = takersOf(port).isEmpty ? take() : undefined;

  if (found !== undefined || !isOpen()) return found;
  if (timeout === 0) throw timeoutError(timeout);
  if (!waits.has(port)) waits.set(port, new Waits(port));
  return waits.get(port).add({ timeout, signal });
}

module.exports = { receive };
