'use strict';

/* worker-info.js - a worker of a pool, and the tasks that have been posted to it. */

const fs = require('node:fs');
const { setEnvironmentData } = require('node:worker_threads');
const path = require('node:path');

const { folder } = require('../folder');
const { process } = require('../loading/builtins');
const { owner: { kMessage, kMessages } } = require('../loading/native');
const { Worker } = require('../worker/worker');
const { Claims } = require('./claims');
const { Errors } = require('./errors');
const { BY_MESSAGE, Lane, kindOf } = require('./lane');
const { ABORT, STARTUP, SYNC, idIn } = require('./messages');

/** In a bundle the file may have another extension. */
const FILES = ['pool-worker.js', 'pool-worker.cjs', 'pool-worker.mjs'];
let file;

/** @returns {string} what the workers run @throws {RingportError} it is missing */
function fileOf() {
  if (file !== undefined) return file;

  /* A bundle that is an ES module has no __dirname. */
  const folders = [folder, path.dirname(process.argv[1] ?? '')].filter((each) => path.isAbsolute(each));
  const all = folders.flatMap((each) => FILES.map((name) => path.join(each, name)));

  file = all.find((each) => fs.existsSync(each));
  if (file === undefined) throw Errors.noWorkerFile(all.at(-FILES.length));
  return file;
}

/** A Worker whose 'message' events are the application's only. */
class PoolWorker extends Worker {
  /** @type {(message: unknown) => boolean} handles the pool's messages */
  #takes;
  /** The application has posted messages, which its next task must follow. */
  hasPosted = false;
  isTerminated = false;

  constructor(options, startup, takes) {
    setEnvironmentData(STARTUP, startup);
    try {
      super(fileOf(), options);
    } finally {
      setEnvironmentData(STARTUP, undefined);
    }
    this.#takes = takes;
  }

  terminate(...args) {
    this.isTerminated = true;
    return super.terminate(...args);
  }

  postMessage(...args) {
    this.hasPosted = true;
    return super.postMessage(...args);
  }

  postMessages(values) {
    this.hasPosted = true;
    return super.postMessages(values);
  }

  /** Post a message of the pool. */
  send(message, transferList) {
    super.postMessage(message, transferList);
  }

  /** A message from Node's channel. */
  emit(name, ...args) {
    if (name === 'message' && this.#takes(args[0])) return true;
    return super.emit(name, ...args);
  }

  /** A message from the ring. */
  [kMessage](message) {
    if (!this.#takes(message)) super[kMessage](message);
  }

  [kMessages](messages) {
    const others = messages.filter((message) => !this.#takes(message));

    if (others.length > 0) super[kMessages](others);
  }
}

class WorkerInfo {
  worker;
  /** It has loaded the pool's handler. */
  isReady = false;
  /** It gets no tasks any more: it has ended, or is being terminated. */
  isDead = false;
  /** The tasks posted to it, begun or not. */
  assigned = 0;
  /** Runs a task that must not share the worker. */
  isExclusive = false;
  /** performance.now() of the last result. */
  lastResult = 0;
  /** When it got a task after it had none. */
  busySince = 0;
  /** Milliseconds that a task takes, as a moving average. */
  pace = 0;
  idleSince = 0;
  completed = 0;
  /** What staff.js has counted of `assigned`: tasks that run, and look-ahead tasks. */
  running = 0;
  ahead = 0;
  isIdle = false;
  /** It was started with the pool, which counts it as ready. */
  isInitial = false;
  /** Resolves when the thread has ended. @type {Promise<number>} */
  exited;
  histogram = null;
  /** For the results of runSync(). @type {import('../ports/port').MessagePort | null} */
  syncPort = null;
  /** What a `loadBalancer` and the events get. */
  interface;

  #base;
  #claims;
  /** @type {Lane} of tasks */
  #lane;
  /** @type {Lane} */
  #results;
  /** Messages with results that the lane has not come to, by id. */
  #arrived = new Map();
  /** What nextResult() has found. */
  result = undefined;
  /** The kind of the message that it came by; see messages.js. */
  resultKind = undefined;
  /** By slot. */
  #tasks = [];
  #free = [];
  /** Counts the tasks posted. */
  #posted = 0;
  /** Its lane was full when it had no task, so it keeps the process alive. */
  #isFull = false;
  /** Counts the messages with tasks that are being encoded. */
  #posting = 0;
  /** Counts the messages that it could not read. */
  #unreadable = 0;

  /**
   * @param {object} options the Worker's
   * @param {object} startup `base`, and what the runner needs besides; see runner.js
   * @param {number} tasks the most that are posted at the same time
   * @param {(info: WorkerInfo, id: number, message: unknown) => void} onMessage is called
   *   for the pool's messages
   */
  constructor(options, startup, tasks, onMessage) {
    const claims = Claims.allocate(tasks);

    this.#base = startup.base;
    this.#claims = new Claims(claims);

    const { slots } = this.#claims;
    const toWorker = Lane.allocate(slots * 2, false); // it looks once it is ready
    const toPool = Lane.allocate(slots, true); // each result has a slot

    this.#lane = new Lane(toWorker);
    this.#results = new Lane(toPool);
    for (let slot = slots - 1; slot >= 0; slot--) this.#free.push(slot);

    Object.assign(startup, { claims, tasks: toWorker, results: toPool });
    this.worker = new PoolWorker(options, startup, (message) => {
      const id = idIn(message, this.#base);

      if (id !== -1) onMessage(this, id, message);
      return id !== -1;
    });
    this.exited = new Promise((resolve) => {
      this.worker.once('exit', resolve);
    });
  }

  /** Whether a task can be posted to it. */
  get hasSlot() {
    return this.#free.length > 0 && this.#lane.hasRoom;
  }

  /**
   * Post a task. There must be a slot.
   * @param {{ filename: string | null, name: string }} defaults
   * @throws whatever postMessage() throws; nothing has been posted
   */
  post(task, defaults) {
    const slot = this.#free.pop();
    const order = ++this.#posted;
    const id = this.#claims.idOf(slot, order);
    const isDefault = task.filename === defaults.filename && task.name === defaults.name;
    const needsMessage = !isDefault || task.transferList !== undefined || task.isSync ||
      this.worker.hasPosted;
    const kind = needsMessage ? BY_MESSAGE : kindOf(task.task);

    this.#claims.offer(id);
    this.#lane.put(id, kind, task.task);
    if (this.#lane.wakes() && kind !== BY_MESSAGE) this.wake();
    if (kind === BY_MESSAGE) this.#postMessage(id, task, isDefault);
    task.id = id;
    task.order = order;
    task.isMessage = kind === BY_MESSAGE;
    task.worker = this;
    this.#tasks[slot] = task;
    if (this.assigned++ === 0) this.worker.ref();
    if (task.isAbortable) this.isExclusive = true;
  }

  #postMessage(id, task, isDefault) {
    const message = [this.#base + id, task.task];

    if (task.isSync) message.push(task.filename, task.name, true);
    else if (!isDefault) message.push(task.filename, task.name);
    this.#posting++;
    try {
      this.worker.send(message, task.transferList);
      this.worker.hasPosted = false;
    } catch (error) {
      this.#claims.takeBack(id);
      this.#free.push(this.#claims.slotOf(id));
      this.wake(); // it may wait for the message
      throw error;
    } finally {
      this.#posting--;
    }
    if (this.isDead) throw Errors.terminated(); // by a getter of the task
  }

  /** Whether this is called by a getter of a task, for which the worker waits. */
  get isPosting() {
    return this.#posting > 0;
  }

  /** Whether the worker can begin a task, and has none that waits. */
  get isResting() {
    return this.#lane.isAsleep;
  }

  /** Give the worker the port for runSync(). */
  openSync(port) {
    this.worker.send([this.#base, SYNC, port], [port]);
  }

  /** Have the worker look at its lane. */
  wake() {
    this.worker.send(this.#base);
  }

  /** Whether the pool looks for results by itself, besides being woken. */
  patrol(does) {
    this.#results.patrol(does);
  }

  /** A message with a result has arrived. */
  arrive(id, message) {
    this.#arrived.set(id, message);
  }

  /** @returns {Task | null} the next task that has ended, whose `result` is set */
  nextResult() {
    const lane = this.#results;

    while (lane.next() || !lane.sleep()) {
      const { id, kind } = lane;

      this.resultKind = undefined;
      if (kind === BY_MESSAGE) {
        const message = this.#arrived.get(id);

        if (message === undefined) return null; // it comes
        this.#arrived.delete(id);
        [, this.result, this.resultKind] = message;
      } else {
        this.result = lane.value();
      }
      lane.skip();

      const task = this.remove(id);

      if (task !== null) return task;
    }
    if (this.#isFull && this.assigned === 0) this.#unref();
    return null;
  }

  noteResult(now, ms) {
    this.lastResult = now;
    this.pace += (ms - this.pace) / 8;
    this.completed++;
  }

  /** A task has ended or was taken back. @returns {Task | null} null: unknown */
  remove(id) {
    const slot = this.#claims.slotOf(id);
    const task = this.#tasks[slot];

    if (task === undefined || task.id !== id) return null;
    this.#tasks[slot] = undefined;
    this.#free.push(slot);
    if (--this.assigned === 0) {
      this.isExclusive = false;
      this.#unref();
    }
    task.worker = null;
    return task;
  }

  /** Let the process end while the worker has no task; it may be needed to make room. */
  #unref() {
    this.#isFull = !this.#lane.hasRoom;
    if (!this.#isFull) this.worker.unref();
  }

  /** Take a task back. @returns {boolean} false: it has begun */
  takeBack(task) {
    if (!this.#claims.takeBack(task.id)) return false;
    this.remove(task.id);
    return true;
  }

  /** Take back the task that was posted last, if it can run elsewhere. */
  takeLast() {
    let last = null;

    for (const task of this.#tasks) {
      if (task === undefined || task.isTransferred || task.isPinned) continue;
      if (last === null || task.order > last.order) last = task;
    }
    return last !== null && this.takeBack(last) ? last : null;
  }

  /**
   * Take back the tasks that can run elsewhere, the last one first.
   * @param {number} keep how many to leave at least
   * @returns {Task[]} in their order
   */
  takeAll(keep = 0) {
    const taken = [];

    for (const task of this.#byOrder().reverse()) {
      if (this.assigned <= keep) break;
      if (!task.isTransferred && !task.isPinned && this.takeBack(task)) taken.unshift(task);
    }
    return taken;
  }

  #byOrder() {
    return this.#tasks.filter((task) => task !== undefined).sort((a, b) => a.order - b.order);
  }

  /** Whether it has begun a task that was posted after this one. */
  hasBegunAfter({ order }) {
    return this.#tasks.some((each) => each?.order > order && !this.#claims.isOffered(each.id));
  }

  /** Remove all tasks. @returns {Task[]} */
  removeAll() {
    const left = this.#byOrder();

    for (const task of left) this.remove(task.id);
    return left;
  }

  /** The task posted by a message after the one with this id (0: the first). */
  nextAfter(id) {
    return this.#byOrder().find((task) => task.isMessage && this.#claims.isAfter(task.id, id));
  }

  /**
   * Take back a task whose message cannot be read: the one after the one with this id.
   * @param {number} count of such messages; each is told of twice
   * @returns {Task | null} null: unknown, or taken back
   */
  unreadable(id, count) {
    if (count <= this.#unreadable) return null;
    this.#unreadable = count;

    const task = this.nextAfter(id);

    if (task === undefined || !this.takeBack(task)) return null;
    this.wake(); // it waits for the message
    return task;
  }

  /** Tell a running task of its abort. @returns {boolean} false: it does not listen */
  abort(task, reason) {
    if (!this.#claims.abort(task.id)) return false;
    try {
      this.worker.send([this.#base, ABORT, task.id, reason]);
    } catch {
      this.worker.send([this.#base, ABORT, task.id, undefined]); // not cloneable
    }
    return true;
  }
}

module.exports = { WorkerInfo };
