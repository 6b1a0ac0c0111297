'use strict';

/* task.js - a task from run() until its promise is settled. */

const { AsyncResource } = require('node:async_hooks');

const { MAX_DELAY } = require('../loading/check-options');
const { isMovable, kQueueOptions, kTransferable, kValue } = require('./movable');

let tasks = 0;

function settle(failed, value) {
  if (failed) this.reject(value);
  else this.resolve(value);
}

/**
 * Its promise is settled in the async context of run(). A custom `taskQueue` and a
 * `loadBalancer` see its public properties, which are piscina's.
 */
class Task extends AsyncResource {
  taskId = tasks++;
  task;
  transferList;
  filename;
  name;
  priority;
  abortSignal;
  /** Whether aborting it may end its worker, so it shares none. */
  isAbortable;
  /** Milliseconds of performance.now(); 0 without recordTiming. */
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
  resolve = null;
  reject = null;
  /** Removes the listener of `signal`. */
  #unlisten = null;
  #timer = null;

  /** @param {object} options those of run(), checked and complete */
  constructor(type, value, options) {
    super(type, { requireManualDestroy: true });
    this.task = value;
    this.transferList = options.transferList;
    this.filename = options.filename;
    this.name = options.name;
    this.priority = options.priority;
    this.abortSignal = options.signal;
    this.isAbortable = options.signal !== null || options.timeout !== Infinity;
    if (isMovable(value)) {
      this.transferList = (this.transferList ?? []).concat(value[kTransferable]);
      this.task = value[kValue];
    }
  }

  /** Whether data leaves this thread with the message, so it can be posted only once. */
  get isTransferred() {
    return this.transferList !== undefined && this.transferList.length > 0;
  }

  get [kQueueOptions]() {
    return this.task?.[kQueueOptions] ?? null;
  }

  /** Call a function once when `signal` is aborted. */
  onAbort(listener) {
    const { abortSignal: signal } = this;

    if (typeof signal.addEventListener === 'function') {
      signal.addEventListener('abort', listener, { once: true });
      this.#unlisten = () => signal.removeEventListener('abort', listener);
    } else {
      signal.once('abort', listener);
      this.#unlisten = () => signal.removeListener('abort', listener);
    }
  }

  onTimeout(ms, listener) {
    this.#timer = setTimeout(listener, Math.min(ms, MAX_DELAY)).unref();
  }

  /** Settle the promise. */
  settle(failed, value) {
    this.isSettled = true;
    this.#unlisten?.();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.runInAsyncScope(settle, this, failed, value);
    this.emitDestroy();
    this.task = undefined;
  }
}

module.exports = { Task };
