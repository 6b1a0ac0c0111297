'use strict';

/* index.js - Pool: runs tasks in worker threads, with piscina's interface. */

const { EventEmitterAsyncResource } = require('node:events');
const { performance } = require('node:perf_hooks');

const { MAX_DELAY } = require('../loading/check-options');
const { version } = require('./version');
const { AbortError, Errors } = require('./errors');
const { mapTasks } = require('./map');
const { kQueueOptions, kTransferable, kValue, move } = require('./movable');
const { poolOptions, runOptions } = require('./options');
const { Scheduler } = require('./scheduler');
const state = require('./state');
const { Task } = require('./task');
const { Timing, summaryOf } = require('./timing');

const NO_OPTIONS = {};
/** The functions of the promise made last: a closure for each task would cost more. */
const captured = { resolve: null, reject: null };

function capture(resolve, reject) {
  captured.resolve = resolve;
  captured.reject = reject;
}

/** Static property of a class with piscina's defaults; see piscina.js. */
const kPiscina = Symbol('piscina');

/**
 * A pool of worker threads. Each task is one call of a function that a file exports; see
 * docs/guides/pools.md.
 *
 * Events: 'message' (a worker has posted something by parentPort), 'error' (a worker has
 * ended by an uncaught exception, and no task can be told), 'drain', 'needsDrain',
 * 'close', 'workerCreate', 'workerDestroy'.
 */
class Pool extends EventEmitterAsyncResource {
  #scheduler;
  #timing;
  #start = performance.now();
  #histogram = null;
  #type;
  /** The promise of close() in progress. */
  #closing = null;
  #destroying = null;

  /**
   * @param {object} [options] see lib/pool/index.d.ts
   * @throws {TypeError} ERR_INVALID_ARG_VALUE, ERR_INVALID_ARG_TYPE
   * @throws {RangeError} ERR_OUT_OF_RANGE: minThreads is more than maxThreads
   */
  constructor(options = {}) {
    const isPiscina = new.target[kPiscina] === true;
    const complete = poolOptions(options, isPiscina);

    super({ __proto__: null, name: isPiscina ? 'Piscina' : 'Pool' });
    this.#type = isPiscina ? 'Piscina.Task' : null;
    this.#timing = complete.recordTiming ? new Timing() : null;
    this.#scheduler = new Scheduler(complete, this, this.#timing);
  }

  /**
   * Run a task in a worker.
   * @param {unknown} task the argument of the function
   * @param {object} [options]
   * @param {object[]} [options.transferList] what to transfer instead of cloning it
   * @param {string} [options.filename] the file that exports the function
   * @param {string} [options.name] the name by which it does
   * @param {AbortSignal | import('node:events')} [options.signal]
   * @param {number} [options.priority] higher ones run first; 0
   * @param {number} [options.timeout] milliseconds from now until the task is aborted
   * @returns {Promise<unknown>} what the function returns. Rejects with what it throws;
   *   an AbortError; ERR_RINGPORT_TIMEOUT; ERR_RINGPORT_QUEUE_FULL; a DataCloneError;
   *   ERR_RINGPORT_WORKER_EXITED, or the uncaught exception that has ended the worker;
   *   ERR_RINGPORT_TERMINATED; and for invalid arguments
   */
  run(task, options = NO_OPTIONS) {
    const promise = new Promise(capture);
    const { resolve, reject } = captured;

    try {
      this.#scheduler.add(this.#task(task, options, resolve, reject));
    } catch (error) {
      reject(error);
    }
    return promise;
  }

  /**
   * Run a task in a worker, and block this thread until it has ended. It begins before
   * the tasks that wait, in a worker without tasks if there is one.
   * @param {unknown} task the argument of the function
   * @param {object} [options] those of run(); `signal` can only be aborted already
   * @returns {unknown} what the function returns
   * @throws what run() rejects with; ERR_RINGPORT_DEADLOCK: all workers wait for this
   *   thread. A worker that ends is ERR_RINGPORT_WORKER_EXITED without an exit code
   */
  runSync(task, options = NO_OPTIONS) {
    const complete = this.#complete(options);

    return require('./sync').runSync(this.#scheduler,
      (reject) => new Task(null, task, complete, () => {}, reject), complete.timeout);
  }

  /** @returns {object} options of run(), checked @throws {Error} the task may not run */
  #complete(options) {
    const { options: defaults } = this.#scheduler;
    const complete = options === NO_OPTIONS ? defaults.run : runOptions(options, defaults);

    if (complete.filename === null) throw Errors.noFilename();
    if (this.#closing !== null || this.#destroying !== null) throw new AbortError('queue is being terminated');
    if (complete.signal?.aborted) throw new AbortError(complete.signal.reason);
    return complete;
  }

  #task(value, options, resolve, reject) {
    const complete = this.#complete(options);
    const { signal, timeout } = complete;
    const task = new Task(this.#type, value, complete, resolve, reject);

    if (signal === null && timeout === Infinity) return task;
    task.limit(
      () => this.#scheduler.abort(task, new AbortError(signal.reason), signal.reason),
      timeout, () => {
        const error = Errors.timeout(timeout);

        this.#scheduler.abort(task, error, error);
      });
    return task;
  }

  /**
   * Run a task for each value, in several workers at once. Takes the next value only when
   * there is room, so a slow consumer slows the iterable down.
   * @param {Iterable<unknown> | AsyncIterable<unknown>} values
   * @param {object} [options] those of run(), and
   * @param {number} [options.concurrency] tasks at the same time; maxThreads *
   *   concurrentTasksPerWorker
   * @param {boolean} [options.ordered] whether results come in the order of the values;
   *   true
   * @returns {AsyncGenerator<unknown>} the results. The first error ends it and aborts
   *   the tasks that are left; so does leaving the loop
   */
  map(values, options = NO_OPTIONS) {
    const { capacity } = this.#scheduler.staff;

    return mapTasks((value, more) => this.run(value, more), values, options, Math.ceil(capacity));
  }

  /**
   * Run a task once in each worker that there is, no matter how busy.
   * @param {unknown} task
   * @param {object} [options] those of run() without `signal`, `timeout`, `priority`
   * @returns {Promise<unknown[]>}
   */
  broadcast(task, options = NO_OPTIONS) {
    const { staff } = this.#scheduler;

    return Promise.all(staff.workers.map((info) => new Promise((resolve, reject) => {
      this.#scheduler.addTo(info,
        this.#task(task, { ...options, signal: null, timeout: Infinity }, resolve, reject));
    })));
  }

  /**
   * Wait for all tasks, then end the workers. Tasks that are run meanwhile are rejected.
   * @param {{ force?: boolean }} [options] force: reject the tasks that wait, too
   * @returns {Promise<void>} after closeTimeout, emits 'error' and rejects the tasks
   */
  async close(options = NO_OPTIONS) {
    if (options === null || typeof options !== 'object') throw new TypeError('options must be an object');

    const { force = false } = Object.assign(Object.create(null), options);

    if (typeof force !== 'boolean') throw new TypeError('force argument must be a boolean');
    if (force) this.#scheduler.rejectWaiting(() => new AbortError('pool is closed'));
    this.#closing ??= this.#close().finally(() => {
      this.#closing = null;
    });
    await this.#closing;
  }

  async #close() {
    const { closeTimeout } = this.#scheduler.options;
    const scheduler = this.#scheduler;
    let timer;

    scheduler.isClosing = true;
    try {
      const isDone = await Promise.race([
        scheduler.done().then(() => true),
        new Promise((resolve) => {
          if (closeTimeout === Infinity) return;
          timer = setTimeout(resolve, Math.min(closeTimeout, MAX_DELAY), false).unref();
        }),
      ]);

      clearTimeout(timer);
      if (!isDone) this.emit('error', Errors.closeTimeout());
    } finally {
      await this.destroy();
      scheduler.isClosing = false;
      this.emit('close');
    }
  }

  /**
   * End the workers at once, and reject all tasks.
   * @returns {Promise<void>} resolves when their threads have ended
   */
  destroy() {
    this.#destroying ??= this.#scheduler.staff.end().finally(() => {
      this.#destroying = null;
    });
    return this.#destroying;
  }

  [Symbol.dispose ?? Symbol.for('nodejs.dispose')]() {
    this.close();
  }

  [Symbol.asyncDispose ?? Symbol.for('nodejs.asyncDispose')]() {
    return this.close();
  }

  get options() {
    return this.#scheduler.options;
  }

  get minThreads() {
    return this.#scheduler.options.minThreads;
  }

  get maxThreads() {
    return this.#scheduler.options.maxThreads;
  }

  /** The workers. */
  get threads() {
    return this.#scheduler.staff.workers.map(({ worker }) => worker);
  }

  /** How many workers have no task. */
  get idleThreads() {
    return this.#scheduler.staff.workers
      .filter((info) => info.assigned === 0 && (info.isReady || info.isInitial)).length;
  }

  /** How many tasks wait for a worker. */
  get queueSize() {
    return this.#scheduler.waiting;
  }

  /** How many tasks have been settled. */
  get completed() {
    return this.#scheduler.completed;
  }

  /** Milliseconds since the pool was made. */
  get duration() {
    return performance.now() - this.#start;
  }

  /** All workers are busy: wait for 'drain' to let no task wait. */
  get needsDrain() {
    return this.#scheduler.needsDrain;
  }

  /** The part of the time of `maxThreads` workers that tasks have used; 0 to 1. */
  get utilization() {
    if (this.#timing === null) return 0;
    return this.#timing.total / (this.duration * this.maxThreads);
  }

  /** How long tasks have run, in milliseconds; null without recordTiming. */
  get runTime() {
    return this.#timing === null ? null : summaryOf(this.#timing.runTime);
  }

  /** How long tasks have waited, in milliseconds; null without recordTiming. */
  get waitTime() {
    return this.#timing === null ? null : summaryOf(this.#timing.waitTime);
  }

  get histogram() {
    const pool = this;
    const timing = this.#timing;

    this.#histogram ??= {
      get runTime() { return pool.runTime; },
      get waitTime() { return pool.waitTime; },
      resetRunTime() { timing?.runTime.reset(); },
      resetWaitTime() { timing?.waitTime.reset(); },
    };
    return this.#histogram;
  }

  /** @returns {object} counters, of the pool and of each worker */
  stats() {
    const { staff, completed, failed, outstanding, waiting } = this.#scheduler;

    return {
      threads: staff.workers.length, idleThreads: this.idleThreads, started: staff.started,
      crashed: staff.crashes,
      queued: waiting, running: staff.usage, outstanding, completed, failed,
      duration: this.duration, utilization: this.utilization,
      workers: staff.workers.map((info) => ({
        threadId: info.worker.threadId, isReady: info.isReady, assigned: info.assigned,
        completed: info.completed,
      })),
    };
  }

  /** Whether this thread is a worker of a pool. */
  static get isWorkerThread() {
    return state.isWorkerThread;
  }

  /** In a worker of a pool, the option `workerData`. */
  static get workerData() {
    return state.workerData;
  }

  static get version() {
    return version;
  }

  static get transferableSymbol() {
    return kTransferable;
  }

  static get valueSymbol() {
    return kValue;
  }

  static get queueOptionsSymbol() {
    return kQueueOptions;
  }

  static move(value) {
    return move(value);
  }
}

module.exports = { Pool, kPiscina };
