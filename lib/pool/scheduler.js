'use strict';

/*
 * scheduler.js - which task goes to which worker, and when.
 *
 * Tasks wait in the pool's queue. An idle worker gets the next one; each busy one gets up
 * to `lookAhead` more, so that it never waits for the pool. A look-ahead task has not
 * begun: it is taken back (claims.js) when it is aborted, when another worker becomes
 * idle, when its worker ends, and when a task of a higher priority comes.
 */

const { performance } = require('node:perf_hooks');

const { MAX_DELAY } = require('../loading/check-options');
const { crowd } = require('../ports/idle-strategy');
const { Errors, unpack } = require('./errors');
const { PACKED } = require('./messages');
const { parallelism } = require('./options');
const { Deque } = require('./queues');
const { Staff } = require('./staff');

/** Tasks that take less are quick. */
const QUICK_MS = 0.2;

class Scheduler {
  options;
  queue;
  /** @type {Staff} the workers */
  staff;
  completed = 0;
  failed = 0;
  /** Tasks that are not settled yet. */
  outstanding = 0;
  timing;
  /** All workers are busy. */
  needsDrain = false;
  /** close() is in progress. */
  isClosing = false;
  /** Called when there is no outstanding task. */
  #whenDone = [];
  /** Tasks that a `taskQueue` without unshift() has given and cannot take back. */
  #front = new Deque();
  #events;
  #cpus = parallelism();
  /** The pool's running tasks occupy all CPUs. */
  #isCrowded = false;
  /** The timer of #startPatrol(). */
  #patrol = null;
  /** The lowest priority of any task so far. */
  #lowest = Infinity;

  /**
   * @param {object} options complete; see options.js
   * @param {import('node:events')} events where 'drain' and the like are emitted
   */
  constructor(options, events, timing) {
    this.options = options;
    this.queue = options.taskQueue;
    this.timing = timing;
    this.#events = events;
    this.staff = new Staff(options, events, this);
    this.staff.startMinimum(true);
  }

  /** Tasks that have not been posted. */
  get #queued() {
    return this.#front.size + this.queue.size;
  }

  /** Tasks that wait, posted or not. */
  get waiting() {
    return this.#queued + this.staff.aheads;
  }

  /** Add a task. It is settled by its promise alone. */
  add(task) {
    const { priority } = task;
    const now = performance.now();

    if (this.outstanding++ === 0) this.staff.keepAlive();
    task.created = now;
    if (priority < this.#lowest) this.#lowest = priority;
    if (this.#queued === 0) {
      if (!this.#place(task, now) && !task.isSettled) this.#enqueue(task);
      this.#noteUsage();
    } else if (priority === this.#lowest && this.options.maxQueue === Infinity) {
      this.#push(task); // if others wait, there is room for none
    } else {
      this.#enqueue(task);
      this.#noteUsage();
    }
  }

  /** Let a task wait, at a worker if possible. */
  #enqueue(task) {
    if (this.waiting >= this.options.maxQueue) {
      this.settle(task, true, this.options.maxQueue === 0 ? Errors.noQueue() : Errors.queueFull());
      return;
    }
    /* Let it overtake the look-ahead tasks. The queue sorts them again. */
    if (task.priority > this.#lowest && this.staff.aheads > 0) {
      for (const info of this.staff.workers) this.recall(info);
      this.#push(task);
      this.dispatch(task.created);
      return;
    }

    /* If others wait, there is room for none. */
    const info = this.#queued === 0 ? this.staff.findAhead(task) : null;

    if (info === null) this.#push(task);
    else this.post(task, info, task.created);
  }

  #push(task) {
    task.isQueued = true;
    try {
      this.queue.push(task);
    } catch (error) { // of the application's taskQueue
      this.settle(task, true, error);
    }
  }

  /**
   * Post a task to a worker that can begin it at once.
   * @returns {boolean} false: there is none, or the task cannot be cloned
   */
  #place(task, now) {
    let info;

    try {
      info = this.staff.find(task);
    } catch (error) { // of the application's loadBalancer
      this.settle(task, true, error);
      return false;
    }
    /* A loadBalancer may abort it. */
    return info !== null && !task.isSettled && this.post(task, info, now);
  }

  /** @returns {boolean} false: the task cannot be cloned and has been settled */
  post(task, info, now) {
    try {
      info.post(task, this.options);
    } catch (error) {
      this.settle(task, true, error);
      this.staff.changed(info);
      return false;
    }
    task.posted = now;
    if (info.assigned === 1) info.busySince = now;
    this.staff.changed(info);
    return true;
  }

  /** Post a task to this worker, however busy. */
  addTo(info, task) {
    this.outstanding++;
    task.isPinned = true;
    task.created = performance.now();
    if (info.hasSlot) this.post(task, info, task.created);
    else this.settle(task, true, Errors.queueFull());
  }

  /** Forget a task that was taken back from a worker. */
  drop(info, task) {
    task.isSettled = true;
    this.staff.changed(info);
    this.#oneLess();
  }

  #next() {
    const task = this.#front.shift() ?? this.queue.shift() ?? null;

    if (task !== null) task.isQueued = false;
    return task;
  }

  /** Put a task back before all others. */
  #putBack(task) {
    task.isQueued = true;
    if (typeof this.queue.unshift === 'function') this.queue.unshift(task);
    else this.#front.unshift(task);
  }

  /** Give waiting tasks to workers. */
  dispatch(now) {
    while (this.#queued > 0) {
      const task = this.#next();

      if (task === null) break;
      if (task.isSettled) continue;
      if (this.#place(task, now) || task.isSettled) continue;

      const info = this.staff.findAhead(task);

      if (info === null) {
        this.#putBack(task);
        break;
      }
      this.post(task, info, now);
    }
    this.#noteUsage();
  }

  /** A worker has room: give it the next tasks, or one that waits at another worker. */
  #refill(info, now) {
    if (this.#queued > 0) {
      this.dispatch(now);
      return;
    }
    if (info.isDead || info.isExclusive) return;
    if (info.assigned >= this.options.concurrentTasksPerWorker) return;

    const task = this.staff.takeFromOthers(info);

    if (task !== null) this.post(task, info, now);
    this.#noteUsage();
  }

  /** Queue the look-ahead tasks of a worker again, before all others. */
  recall(info) {
    for (const task of info.takeAll(this.options.concurrentTasksPerWorker).reverse()) {
      this.#putBack(task);
    }
    this.staff.changed(info);
  }

  /** A worker may have results: settle their tasks, after it has got its next ones. */
  collect(info) {
    const now = performance.now();
    const ended = this.#take(info, now);

    if (ended.length > 0) this.staff.succeeded(now);
    this.#refill(info, now);
    if (this.#patrol === null && info.ahead > 0 && info.pace < QUICK_MS) this.#startPatrol();
    this.#settleAll(ended);
  }

  /**
   * While quick tasks wait at the workers, look for results every millisecond. A worker
   * then wakes this thread once for several: to be woken for each would take more of a
   * crowded machine than the tasks. Each result is seen in time even if the next task of
   * its worker turns out to be long.
   */
  #startPatrol() {
    for (const info of this.staff.workers) info.patrol(true);
    this.#patrol = setInterval(() => {
      const isOver = this.staff.aheads === 0;

      if (isOver) this.#endPatrol();
      for (const info of [...this.staff.workers]) this.collect(info);
    }, 1);
    this.#patrol.unref();
  }

  #endPatrol() {
    clearInterval(this.#patrol);
    this.#patrol = null;
    for (const info of this.staff.workers) info.patrol(false);
  }

  /**
   * Take the results of a worker.
   * @returns {unknown[]} task, failed, value; task, failed, value; and so on
   */
  #take(info, now) {
    const ended = [];

    for (let task = info.nextResult(); task !== null; task = info.nextResult()) {
      const { result, resultKind: kind } = info;
      const value = kind === PACKED ? unpack(result, this.options.errorClasses) : result;

      ended.push(task, kind !== undefined, value);
    }
    info.result = undefined;

    const count = ended.length / 3;
    /* The worker has told of several at once: each has taken as long as the others. */
    const begin = Math.max(info.lastResult, info.busySince);
    const each = Math.max(0, (now - begin) / count);

    for (let i = 0; i < ended.length; i += 3) {
      const [{ created, posted }, at] = [ended[i], count === 1 ? now : begin + each * (i / 3 + 1)];
      const start = Math.min(at, Math.max(posted, info.lastResult));

      if (this.timing !== null) this.timing.record(info, Math.max(0, start - created), at - start);
      info.noteResult(at, at - start);
    }
    if (count > 0) this.staff.changed(info, now);
    return ended;
  }

  #settleAll(ended) {
    for (let i = 0; i < ended.length; i += 3) {
      if (!ended[i].isSettled) this.settle(ended[i], ended[i + 1], ended[i + 2]);
    }
  }

  /** A worker has become ready: it may have lost its tasks to others. */
  ready(info) {
    this.#refill(info, performance.now());
  }

  /**
   * A worker has ended, or is about to: its tasks that have not begun are queued again.
   * @param {Error} error for the others
   * @returns {boolean} whether there were others
   */
  lost(info, error) {
    const ended = this.#take(info, performance.now());
    const again = info.takeAll();
    const begun = info.removeAll();

    for (const task of again.reverse()) this.#putBack(task);
    this.#settleAll(ended);
    for (const task of begun) {
      if (!task.isSettled) this.settle(task, true, error);
    }
    return begun.length > 0;
  }

  /** Reject a task before it has ended; a running one may listen to its signal. */
  abort(task, error, reason) {
    const { worker: info } = task;

    if (task.isSettled) return;
    this.settle(task, true, error);
    if (info === null) {
      /* An application's remove() may rely on the task being there. */
      if (task.isQueued && !this.#front.remove(task)) this.queue.remove(task);
    } else if (info.takeBack(task)) {
      this.staff.changed(info);
      this.#refill(info, performance.now());
    } else if (info.abort(task, reason)) {
      setTimeout(() => {
        if (task.worker === info) this.#end(info, task);
      }, Math.min(this.options.gracePeriod, MAX_DELAY)).unref();
    } else {
      this.#end(info, task);
    }
  }

  /** End the worker of an aborted task, unless it has gone on to the next one. */
  #end(info, task) {
    const isInTurn = this.options.concurrentTasksPerWorker === 1;

    if (isInTurn) this.recall(info);
    if (isInTurn && info.hasBegunAfter(task)) this.dispatch(performance.now());
    else this.staff.terminate(info, Errors.terminated());
  }

  settle(task, failed, value) {
    this.completed++;
    if (failed) this.failed++;
    task.settle(failed, value);
    this.#oneLess();
  }

  #oneLess() {
    if (--this.outstanding > 0) return;
    this.staff.letGo();
    this.#noteUsage();
    for (const done of this.#whenDone.splice(0)) done();
  }

  /** @returns {Promise<void>} resolves when no task is outstanding */
  done() {
    return new Promise((resolve) => {
      if (this.outstanding === 0) resolve();
      else this.#whenDone.push(resolve);
    });
  }

  /** Reject all tasks that wait. */
  rejectWaiting(makeError) {
    for (const info of this.staff.workers) this.recall(info);
    for (let task = this.#next(); task !== null; task = this.#next()) {
      if (!task.isSettled) this.settle(task, true, makeError());
    }
  }

  /** Emit 'needsDrain' when all workers are busy, and 'drain' when one no longer is. */
  #noteUsage() {
    const { usage, capacity } = this.staff;
    const isFull = usage >= capacity;
    const isCrowded = usage >= this.#cpus;

    if (isCrowded !== this.#isCrowded) {
      this.#isCrowded = isCrowded;
      crowd(isCrowded);
    }

    if (isFull === this.needsDrain) return;
    this.needsDrain = isFull;
    queueMicrotask(() => this.#events.emit(isFull ? 'needsDrain' : 'drain'));
  }
}

module.exports = { Scheduler };
