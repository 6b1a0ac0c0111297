'use strict';

/*
 * staff.js - the workers of a pool: starts them, replaces those that end, and knows which
 * of them have room.
 */

const { performance } = require('node:perf_hooks');

const { MAX_DELAY } = require('../loading/check-options');
const { Errors } = require('./errors');
const { READY, UNREADABLE, newBase } = require('./messages');
const { WorkerInfo } = require('./worker-info');

/** Workers that end one after the other, without a result between, are replaced later. */
const FREE_FAILURES = 2;
const BACKOFF_MS = 50;
const BACKOFF_MAX_MS = 5000;
/** After this many workers in a row fail to start, the waiting tasks are rejected. */
const BOOT_FAILURES = 3;

/** A worker whose tasks take longer gets no look-ahead: it would gain nothing. */
const SLOW_MS = 1;
/** The work that a worker gets in advance, at most; while its pace is unknown, tasks. */
const AHEAD_MS = 2;
const FIRST_AHEAD = 8;
/** A worker without a result for so long loses its look-ahead tasks to the others. */
const STALL_MS = 10;
/** Stands for no choice of a `loadBalancer`. */
const NOBODY = {};
/** Slots for broadcast(), which ignores how busy a worker is. */
const SPARE_SLOTS = 32;

class Staff {
  /** @type {WorkerInfo[]} */
  workers = [];
  /** Tasks that run, and those posted in advance. */
  usage = 0;
  aheads = 0;
  capacity;
  /** Workers that have ended by themselves. */
  crashes = 0;
  started = 0;
  /** The pool is being destroyed: start none. */
  isEnding = false;

  #options;
  #events;
  #scheduler;
  /** How many workers have no task. */
  #idle = 0;
  #failures = 0;
  #bootFailures = 0;
  #backoff = null;
  #idleTimer = null;
  #checked = 0;
  /** By the objects that a `loadBalancer` gets. */
  #byInterface = new WeakMap();

  constructor(options, events, scheduler) {
    this.#options = options;
    this.#events = events;
    this.#scheduler = scheduler;
    this.capacity = options.maxThreads * options.concurrentTasksPerWorker;
  }

  /** Start workers up to `minThreads`. */
  startMinimum(isInitial = false) {
    while (this.workers.length < this.#options.minThreads && this.#mayStart()) {
      if (this.#start(isInitial) === null) return;
    }
  }

  #mayStart(isUrgent = false) {
    return !this.isEnding && (isUrgent || this.#backoff === null);
  }

  /** @returns {WorkerInfo | null} null: it could not be started */
  #start(isInitial) {
    const {
      argv, concurrentTasksPerWorker, env, execArgv, filename, lookAhead, name, niceIncrement,
      passesContext, resourceLimits, trackUnmanagedFds, workerData,
    } = this.#options;
    let info;

    try {
      info = new WorkerInfo(
        { argv, env, execArgv, resourceLimits, trackUnmanagedFds, workerData },
        { base: newBase(), concurrentTasksPerWorker, filename, name, niceIncrement, passesContext },
        concurrentTasksPerWorker + lookAhead + SPARE_SLOTS,
        (from, id, message) => this.#receive(from, id, message));
    } catch (error) {
      if (isInitial) throw error;
      this.#failed(error, true);
      return null;
    }
    this.started++;
    info.isInitial = isInitial;
    if (this.#options.workerHistogram) info.histogram = require('./timing').newHistogram();
    info.interface = this.#interfaceOf(info);
    info.worker.on('message', (message) => this.#events.emit('message', message));
    info.worker.on('messageerror', (error) => this.terminate(info, error));
    info.worker.on('error', (error) => this.#crashed(info, error, true));
    info.worker.on('exit', (code) => this.#crashed(info, Errors.exited(code), false));
    info.worker.unref(); // last: a listener references it
    this.workers.push(info);
    this.changed(info);
    queueMicrotask(() => this.#events.emit('workerCreate', info.interface));
    return info;
  }

  #interfaceOf(info) {
    const object = {
      get id() { return info.worker.threadId; },
      get currentUsage() { return info.isExclusive ? Infinity : info.assigned; },
      get isRunningAbortableTask() { return info.isExclusive; },
      get histogram() {
        return info.histogram === null ? null : require('./timing').summaryOf(info.histogram);
      },
      terminating: false, // piscina's, which is never seen to be true
      get destroyed() { return info.isDead; },
    };

    this.#byInterface.set(object, info);
    return object;
  }

  /** A message of the pool from a worker. */
  #receive(info, id, message) {
    if (info.isDead) return;
    if (id !== 0) {
      info.arrive(id, message);
      this.#scheduler.collect(info);
      return;
    }
    if (typeof message === 'number') {
      this.#scheduler.collect(info);
      return;
    }
    if (message[1] === READY) info.isReady = true;
    else if (message[1] === UNREADABLE) this.unreadable(info, message.slice(2));
    this.#scheduler.ready(info);
  }

  /** A worker cannot read a message. A blocked thread learns it by another port. */
  unreadable(info, [id, error, count]) {
    const task = info.unreadable(id, count);

    if (task === null) return;
    this.#scheduler.settle(task, true, error);
    this.changed(info);
  }

  /** A worker that can begin a task at once; starts one if there may be more. */
  find(task) {
    const { concurrentTasksPerWorker, loadBalancer } = this.#options;

    if (loadBalancer !== undefined) return this.#balance(task);
    if (this.#idle > 0) return this.#findIdle();
    if (concurrentTasksPerWorker > 1 && !task.isAbortable) {
      let least = null;

      for (const info of this.workers) {
        if (info.isExclusive || !info.hasSlot) continue;
        if (info.assigned >= concurrentTasksPerWorker) continue;
        if (least === null || info.assigned < least.assigned) least = info;
      }
      if (least !== null) return least;
    }
    return this.startOne();
  }

  /** Start a worker, if there may be one; `isUrgent`: also soon after others ended. */
  startOne(isUrgent = false) {
    const mayStart = this.workers.length < this.#options.maxThreads && this.#mayStart(isUrgent);

    return mayStart ? this.#start(false) : null;
  }

  /** The first one, if it is ready: it has been busy last, so it may still be awake. */
  #findIdle() {
    let first = null;

    for (const info of this.workers) {
      if (!info.isIdle) continue;
      if (info.isReady && info.hasSlot) return info;
      first ??= info;
    }
    return first?.hasSlot ? first : null;
  }

  #balance(task) {
    const { loadBalancer } = this.#options;
    const chosen = loadBalancer(task, this.workers.map((info) => info.interface));
    const info = this.#byInterface.get(chosen ?? NOBODY);

    if (info !== undefined && !info.isDead && info.hasSlot) return info;
    this.startOne();
    return null;
  }

  /** The worker that gets a task in advance; null: the task must wait in the queue. */
  findAhead(task) {
    const { concurrentTasksPerWorker, lookAhead } = this.#options;
    let best = null;

    /* A transferred task could not be taken back. */
    if (task.isTransferred || (task.isAbortable && concurrentTasksPerWorker > 1)) return null;
    if (this.aheads >= this.workers.length * lookAhead) return null;
    for (const info of this.workers) {
      if (info.ahead >= lookAhead || info.pace > SLOW_MS) continue;
      if (info.ahead >= (info.completed === 0 ? FIRST_AHEAD : AHEAD_MS / info.pace)) continue;
      if (info.isExclusive && concurrentTasksPerWorker > 1) continue;
      if (info.assigned < concurrentTasksPerWorker || !info.hasSlot) continue;
      if (best === null || info.ahead < best.ahead) best = info;
    }
    return best;
  }

  /** Take back a task that an idle worker can begin sooner. @returns {Task | null} */
  takeFromOthers(info) {
    const { concurrentTasksPerWorker } = this.#options;
    let most = null;
    let best = 0;

    if (this.aheads === 0 && this.workers.every((each) => each.isReady)) return null;
    for (const each of this.workers) {
      /* What a ready worker can begin it begins soon; another one has begun nothing. */
      const has = each.isReady ? each.ahead : each.assigned;

      if (each !== info && has > best) [most, best] = [each, has];
    }
    if (most === null) return null;

    const task = most.takeLast();

    if (task !== null && task.isAbortable && concurrentTasksPerWorker > 1 && info.assigned > 0) {
      this.changed(most);
      this.#scheduler.post(task, most, task.posted);
      return null;
    }
    this.changed(most);
    return task;
  }

  /** Update the counts after tasks of a worker have changed. */
  changed(info, now = 0) {
    const { concurrentTasksPerWorker, idleTimeout, minThreads } = this.#options;
    const running = info.isDead ? 0 : Math.min(info.assigned, concurrentTasksPerWorker);
    const ahead = info.isDead ? 0 : info.assigned - running;
    const isIdle = !info.isDead && info.assigned === 0;

    this.usage += running - info.running;
    this.aheads += ahead - info.ahead;
    info.running = running;
    info.ahead = ahead;
    if (isIdle === info.isIdle) return;
    info.isIdle = isIdle;
    this.#idle += isIdle ? 1 : -1;
    if (!isIdle) return;
    if (idleTimeout === Infinity || this.workers.length <= minThreads) return;
    info.idleSince = now || performance.now();
    this.#watchIdle(idleTimeout);
  }

  #watchIdle(ms) {
    this.#idleTimer ??= setTimeout(() => {
      this.#idleTimer = null;
      this.#releaseIdle();
    }, Math.min(ms, MAX_DELAY)).unref();
  }

  /** End workers that have been idle for too long, the last ones first. */
  #releaseIdle() {
    const { idleTimeout, minThreads } = this.#options;

    for (const info of this.workers.toReversed()) {
      if (this.workers.length <= minThreads) return;
      if (!info.isIdle) continue;

      const left = info.idleSince + idleTimeout - performance.now();

      if (left > 0) {
        this.#watchIdle(Math.ceil(left));
        return;
      }
      this.terminate(info, Errors.terminated());
    }
  }

  /** A worker has sent a result. */
  succeeded(now) {
    this.#failures = 0;
    this.#bootFailures = 0;
    if (this.aheads === 0 || now - this.#checked < STALL_MS) return;
    this.#checked = now;
    for (const info of this.workers) {
      const since = Math.max(info.lastResult, info.busySince);

      if (info.ahead > 0 && now - since > STALL_MS && info.isReady) {
        this.#scheduler.recall(info);
        info.pace = Math.max(info.pace, STALL_MS);
      }
    }
  }

  /** Take a worker off the list. @returns {boolean} whether it had begun a task */
  #remove(info, error) {
    info.isDead = true;
    this.workers.splice(this.workers.indexOf(info), 1);
    info.syncPort?.close();

    const hadBegun = this.#scheduler.lost(info, error);

    this.changed(info);
    queueMicrotask(() => this.#events.emit('workerDestroy', info.interface));
    return hadBegun;
  }

  /** End a worker; `error` rejects its tasks that have begun. */
  terminate(info, error) {
    if (info.isDead) return;
    this.#remove(info, error);
    info.worker.terminate();
    this.#afterRemoval();
  }

  #afterRemoval() {
    if (this.isEnding) return;
    if (!this.#scheduler.isClosing && this.#bootFailures === 0) this.startMinimum();
    this.#scheduler.dispatch(performance.now());
  }

  /** A worker has ended, and its 'exit' could not be heard yet. */
  gone(info, error) {
    this.#crashed(info, error, false);
    info.worker.terminate();
  }

  /** A worker has ended by itself. */
  #crashed(info, error, isUncaught) {
    if (info.isDead) return;
    this.crashes++;

    const hadBegun = this.#remove(info, error);

    this.#failed(error, !info.isReady && !hadBegun);
    this.#afterRemoval();
    if (isUncaught && !hadBegun && (info.isReady || this.#scheduler.outstanding === 0)) {
      this.#events.emit('error', error);
    }
  }

  /** Decide when the next worker may be started. */
  #failed(error, isBootFailure) {
    this.#failures++;
    if (isBootFailure) this.#bootFailures++;
    if (this.#bootFailures >= BOOT_FAILURES && !this.workers.some((each) => each.isReady)) {
      this.#scheduler.rejectWaiting(() => error);
    }
    if (this.#failures <= FREE_FAILURES || this.#backoff !== null) return;

    const ms = Math.min(BACKOFF_MS * 2 ** (this.#failures - FREE_FAILURES - 1), BACKOFF_MAX_MS);

    this.#backoff = setTimeout(() => {
      this.#backoff = null;
      this.#afterRemoval();
    }, ms);
    if (this.#scheduler.outstanding === 0) this.#backoff.unref();
  }

  /** A task is outstanding: no worker may keep the process alive for it yet. */
  keepAlive() {
    this.#backoff?.ref();
  }

  /** No task is outstanding. */
  letGo() {
    this.#backoff?.unref();
  }

  /** End all workers. @returns {Promise<void>} when their threads have ended */
  async end() {
    const { workers } = this;
    const exits = workers.map((info) => info.exited);

    this.isEnding = true;
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#backoff);
    this.#idleTimer = this.#backoff = null;
    for (const info of [...workers]) this.terminate(info, Errors.terminated());
    this.#scheduler.rejectWaiting(Errors.terminated);
    this.#scheduler.dispatch(0); // notes that no worker is busy
    await Promise.all(exits);
    this.#failures = this.#bootFailures = 0;
    this.isEnding = false;
  }
}

module.exports = { Staff };
