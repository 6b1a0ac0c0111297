'use strict';

/* task.js - a task from run() until its promise is settled. */

const { AsyncResource } = require('node:async_hooks');

const { MAX_DELAY } = require('../loading/check-options');
const { isMovable, kQueueOptions, kTransferable, kValue } = require('./movable');

let tasks = 0;

function settle(task, failed, value) {
  if (failed) task.reject(value);
  else task.resolve(value);
}

/**
 * There may be many, so it has few fields. A custom `taskQueue` and a `loadBalancer` see
 * its public properties, which are piscina's.
 */
class Task {
  taskId = tasks++;
  task;
  /** Those of run(), complete. */
  #options;
  resolve;
  reject;
  /** Milliseconds of performance.now(). */
  created = 0;
  /** When it was posted to a worker. */
  posted = 0;
  /** @type {import('./worker-info').WorkerInfo | null} the worker that it is posted to */
  worker = null;
  /** Its id there, and its place in the order of posting. */
  id = 0;
  order = 0;
  isSettled = false;
  /** It was posted by a message, not by the lane alone. */
  isMessage = false;
  /** It is in the queue. */
  isQueued = false;
  /** By a queue that leaves it in its place; see queues.js. */
  isRemoved = false;
  /** Runs on this worker or not at all; see broadcast(). */
  isPinned = false;
  /** runSync() waits for it, on a port of its own. */
  isSync = false;
  /** Removes the listener of `signal` and the timer. */
  #unlisten = null;
  /** Of a Piscina, whose tasks async_hooks sees. @type {AsyncResource | null} */
  #resource;

  /**
   * @param {object} options those of run(), checked and complete
   * @param {string | null} type for async_hooks; null: it does not see the task
   */
  constructor(type, value, options, resolve, reject) {
    this.task = value;
    this.#options = options;
    this.resolve = resolve;
    this.reject = reject;
    this.#resource = type === null ? null : new AsyncResource(type, { requireManualDestroy: true });
    if (typeof value === 'object' && isMovable(value)) {
      const transferList = (options.transferList ?? []).concat(value[kTransferable]);

      this.#options = { ...options, transferList };
      this.task = value[kValue];
    }
  }

  get transferList() {
    return this.#options.transferList;
  }

  get filename() {
    return this.#options.filename;
  }

  get name() {
    return this.#options.name;
  }

  get priority() {
    return this.#options.priority;
  }

  get abortSignal() {
    return this.#options.signal;
  }

  /** Whether aborting it may end its worker, so it shares none. */
  get isAbortable() {
    return this.#options.signal !== null || this.#options.timeout !== Infinity;
  }

  /** Whether data leaves this thread with the message, so it can be posted only once. */
  get isTransferred() {
    return this.#options.transferList?.length > 0;
  }

  get [kQueueOptions]() {
    return this.task?.[kQueueOptions] ?? null;
  }

  /** Call a function once when `signal` is aborted, or after some time. */
  limit(onAbort, ms, onTimeout) {
    const { abortSignal: signal } = this;
    const isTarget = typeof signal?.addEventListener === 'function';
    const timer = ms === Infinity ? null : setTimeout(onTimeout, Math.min(ms, MAX_DELAY)).unref();

    if (isTarget) signal.addEventListener('abort', onAbort, { once: true });
    else signal?.once('abort', onAbort);
    this.#unlisten = () => {
      if (timer !== null) clearTimeout(timer);
      if (isTarget) signal.removeEventListener('abort', onAbort);
      else signal?.removeListener('abort', onAbort);
    };
  }

  /** Settle the promise; of a Piscina in the async context of run(). */
  settle(failed, value) {
    this.isSettled = true;
    if (this.#unlisten !== null) this.#unlisten();
    if (this.#resource === null) {
      settle(this, failed, value);
    } else {
      this.#resource.runInAsyncScope(settle, null, this, failed, value);
      this.#resource.emitDestroy();
    }
    this.task = undefined;
  }
}

module.exports = { Task };
