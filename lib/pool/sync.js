'use strict';

/*
 * sync.js - Pool.runSync(): blocks the thread until a task has ended.
 *
 * A blocked thread receives nothing from its workers but on a port of its own, which the
 * worker gets before its first such task. The task itself is an ordinary one of this
 * worker: it goes by the lane, and its end is noted there as well, but its result comes
 * by the port.
 */

const { process } = require('../loading/builtins');
const { binding } = require('../loading/native');
const { MessageChannel, receiveMessageOnPort } = require('../ports/message-channel');
const { ports } = require('../ports/kinds');
const { blockForMessage } = require('../request/blocking');
const { requestError } = require('../request/errors');
const { Errors, unpack } = require('./errors');
const { PACKED } = require('./messages');

/** Why a wait has ended without a result. */
const [LATE, LOST, FREED, STUCK, FAILED] = [1, 2, 3, 4, 5];
/** A worker that has not begun to run after this time has failed to start. */
const START_MS = 30_000;
/** No slot. */
const NONE = -1;
/** See worker.js. */
const kInside = Symbol.for('ringport.inside');
/** Workers that may end before they have begun the task. */
const LOSSES = 3;

/** In milliseconds. Not performance.now(), which fake clocks replace. */
const now = () => process.uptime() * 1000;

/** Let a worker have its port. */
function open(info) {
  if (info.syncPort !== null) return;

  const { port1, port2 } = new MessageChannel();

  info.syncPort = port1;
  info.openSync(port2);
}

/** The worker that can begin a task first, of those that are not `out`. */
function choose(staff, out) {
  const workers = staff.workers.filter((info) => !out.has(info) && info.hasSlot);
  const idle = workers.filter(({ assigned }) => assigned === 0);
  const first = idle.find(({ isReady }) => isReady) ?? workers.find(({ isResting }) => isResting);

  return first ?? idle[0] ?? staff.startOne(staff.workers.length === 0) ??
    workers.sort((a, b) => a.isExclusive - b.isExclusive || a.assigned - b.assigned)[0] ?? null;
}

/** Whether a worker has ended: its 'exit' event cannot reach a blocked thread. */
function hasEnded(info, since) {
  const state = binding.threads().find(({ threadId }) => threadId === info.worker.threadId)?.state;

  if (state === 'starting' && !info.worker.isTerminated) return now() - since > START_MS;
  return state !== 'running';
}

/** Whether a worker blocks until this thread answers, and so would never begin. */
function isStuck(info) {
  const { slot } = info.worker[kInside]();

  return slot !== NONE && binding.isAwaited(slot);
}

/** Whether the worker has not begun the task, and another one could. */
function mayMove(staff, out, info, task) {
  return !info.isResting && !task.isTransferred &&
    staff.workers.some((each) => each.isResting && each.hasSlot && !out.has(each));
}

/**
 * Block until a task that has been posted to a worker has ended.
 * @param {number} time in milliseconds
 * @returns {unknown[] | number} [id, value, kind], or why there is none
 */
function wait(staff, out, info, task, time) {
  const { slot } = ports.endpointOf(info.syncPort);
  const { id } = task;
  const since = now();
  let reason = LATE;
  let looks = 0; // at the first one it has had no time to begin
  const read = () => {
    while (!task.isSettled) {
      const found = receiveMessageOnPort(info.syncPort);

      if (found === undefined || found.message[0] === id) return found?.message;
      if (found.message[0] === 0) staff.unreadable(info, found.message.slice(1));
    }
    return undefined;
  };
  /* Also called every 50 ms. */
  const look = () => {
    const isLost = hasEnded(info, since); // what it sent before can be read
    const found = read();

    if (found !== undefined) return found;
    if (task.isSettled) reason = FAILED;
    else if (isLost) reason = LOST;
    else if (isStuck(info)) reason = STUCK;
    else if (looks++ > 0 && mayMove(staff, out, info, task) && info.takeBack(task)) reason = FREED;
    return undefined;
  };
  const found = blockForMessage(slot, time, false, look, () => reason !== LATE);

  if (found !== undefined) return found;
  return reason === LATE && binding.peerClosed(slot) ? LOST : reason;
}

/** Run a task for runSync(); see there. */
class SyncRun {
  #scheduler;
  #staff;
  #makeTask;
  #timeout;
  #end;
  /** Workers that wait for this thread. */
  #out = new Set();
  /** What to throw if no worker is left. */
  #error = Errors.queueFull();
  #losses = 0;

  constructor(scheduler, makeTask, timeout) {
    this.#scheduler = scheduler;
    this.#staff = scheduler.staff;
    this.#makeTask = makeTask;
    this.#timeout = timeout;
    this.#end = timeout === Infinity ? Infinity : now() + timeout;
    for (const info of this.#staff.workers) {
      if (info.isPosting) this.#exclude(info);
    }
  }

  run() {
    for (;;) {
      const info = choose(this.#staff, this.#out);

      if (info === null) throw this.#error;

      const result = this.#runOn(info);

      if (result !== null) return this.#unpack(info, result);
    }
  }

  /** @returns {unknown[] | null} null: try again with another worker */
  #runOn(info) {
    const scheduler = this.#scheduler;
    let failure;
    const task = this.#makeTask((error) => {
      failure = error;
    });

    task.isSync = true;
    open(info);
    scheduler.recall(info);
    scheduler.addTo(info, task);
    if (task.isSettled) throw failure; // it cannot be cloned
    scheduler.dispatch(task.created); // what was recalled

    const found = this.#wait(info, task);

    if (typeof found === 'object') return found;
    if (found === FAILED) throw failure; // it cannot be read
    if (found === FREED) scheduler.drop(info, task);
    else if (found === STUCK) this.#stuck(info, task);
    else if (found === LOST) this.#lost(info, task);
    else this.#giveUp(task, Errors.timeout(this.#timeout));
    return null;
  }

  #wait(info, task) {
    try {
      return wait(this.#staff, this.#out, info, task, Math.max(0, this.#end - now()));
    } catch (error) { // the result cannot be read, or the task waits for this thread
      return this.#giveUp(task, error);
    }
  }

  #giveUp(task, error) {
    this.#scheduler.abort(task, error, error);
    throw error;
  }

  /** Try other workers; this one waits for this thread. */
  #exclude(info) {
    this.#error = requestError('DEADLOCK');
    this.#out.add(info);
  }

  #stuck(info, task) {
    this.#exclude(info);
    if (!this.#takeBack(info, task)) this.#giveUp(task, this.#error);
  }

  #takeBack(info, task) {
    if (task.isTransferred || !info.takeBack(task)) return false;
    this.#scheduler.drop(info, task);
    return true;
  }

  #lost(info, task) {
    const isUnbegun = this.#takeBack(info, task);

    this.#error = Errors.exited();
    this.#staff.gone(info, this.#error);
    if (!isUnbegun || ++this.#losses === LOSSES) throw this.#error;
  }

  #unpack(info, [, value, kind]) {
    const { failed } = this.#scheduler;

    this.#scheduler.collect(info); // its end
    if (kind === undefined) return value;
    this.#scheduler.failed = failed + 1;
    throw kind === PACKED ? unpack(value, this.#scheduler.options.errorClasses) : value;
  }
}

/**
 * @param {Scheduler} scheduler
 * @param {(reject: (error: unknown) => void) => Task} makeTask
 * @param {number} timeout in milliseconds
 * @returns {unknown} what the task returns
 * @throws what run() would reject with, and ERR_RINGPORT_DEADLOCK
 */
function runSync(scheduler, makeTask, timeout) {
  return new SyncRun(scheduler, makeTask, timeout).run();
}

module.exports = { runSync };
