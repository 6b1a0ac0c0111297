'use strict';

/*
 * runner.js - the worker's side of a pool: begins the tasks that arrive, and posts their
 * results. See lane.js and messages.js for what is posted, and claims.js for who owns a
 * task.
 */

const os = require('node:os');
const { getEnvironmentData, parentPort, setEnvironmentData, workerData } = require('node:worker_threads');

const { process } = require('../loading/builtins');
const context = require('../ports/async-context');
const { runTicks } = require('../ports/dispatch');
const { Claims } = require('./claims');
const { isPackable, pack, prune } = require('./errors');
const { findHandler, setImport } = require('./handlers');
const { BY_MESSAGE, Lane, UNDEFINED, kindOf } = require('./lane');
const { ABORT, PACKED, READY, STARTUP, SYNC, THROWN, UNREADABLE, idIn } = require('./messages');
const { isMovable, kTransferable, kValue } = require('./movable');
const state = require('./state');

/** Tasks that begin before the event loop gets its turn. */
const TURN = 100;
/** Results that the pool may look for by itself before it is woken. */
const REPORT = 16;

let base;
let claims;
/** @type {Lane} */
let tasks;
/** @type {Lane} */
let results;
let defaults;
let concurrency;
let passesContext;

/** The pool's own function, once it is loaded. */
let handler = null;
let running = 0;
/** The pool's own file has been loaded, or cannot be. */
let isReady = false;
/** Messages whose tasks have not begun, by id. */
const arrived = new Map();
/** Id of the last task that has arrived by a message. */
let last = 0;
/** Messages that could not be read. */
let errors = 0;
/** work() is running. */
let isWorking = false;
/** Tasks that may begin in this turn of the event loop. */
let left = TURN;
/** A turn has been asked for. */
let isLater = false;
/** A task was taken back: its entry has made room. */
let hasSkipped = false;
/** Results that have not been reported. */
let unreported = 0;
/** A running task has posted messages, which its result must follow. */
let hasPosted = false;
/** Where the results of runSync() go, and its tasks. */
let syncPort = null;
const syncIds = new Set();
/** Controllers of the tasks that have asked for their signal, by id. */
const controllers = new Map();

/** The second argument of a task's function. */
class TaskContext {
  #id;

  constructor(id) {
    this.#id = id;
  }

  /**
   * Aborted when the task is. A task that has asked for its signal gets time to end
   * (`gracePeriod`) before its worker is terminated.
   */
  get signal() {
    let controller = controllers.get(this.#id);

    if (controller === undefined) {
      controller = new AbortController();
      controllers.set(this.#id, controller);
      claims.watch(this.#id);
    }
    return controller.signal;
  }

  /**
   * Whether the task has been aborted: also while a loop keeps the event loop, and so the
   * signal, from learning it.
   */
  get aborted() {
    claims.watch(this.#id);
    return claims.isAborted(this.#id);
  }
}

/** Post to the pool. */
function send(message, transferList) {
  Object.getPrototypeOf(parentPort).postMessage.call(parentPort, message, transferList);
}

/** Post by a port, or to the pool. What cannot be cloned becomes an error itself. */
function post(message, transferList, port = null) {
  const to = port === null ? send : port.postMessage.bind(port);

  try {
    to(message, transferList);
  } catch (error) {
    if (message[2] === PACKED) to([message[0], prune(message[1]), PACKED]);
    else to([message[0], prune(pack(error)), PACKED]); // a DataCloneError
  }
}

/**
 * Post a result that the lane does not hold, in its place there.
 * @param {number | undefined} kind PACKED, THROWN or none
 */
function answer(id, value, kind, transferList) {
  const isSync = syncIds.delete(id);
  const message = [isSync ? id : base + id, value];

  if (kind !== undefined) message.push(kind);
  results.put(id, isSync ? UNDEFINED : BY_MESSAGE);
  unreported++;
  if (!isSync && results.wakes()) unreported = 0; // by the message
  post(message, transferList, isSync ? syncPort : null);
  if (!isSync) hasPosted = false;
}

/** Wake the pool if it does not know of the last results. */
function report() {
  if (unreported === 0 && !hasSkipped) return;
  unreported = 0;
  if (results.wakes() || hasSkipped) send(base);
  hasSkipped = false;
}

/** report(), but not often to a pool that also looks by itself. */
function reportSoon() {
  if (unreported === 0 && !hasSkipped) return;
  if (!results.isPatrolled || unreported >= REPORT) report();
}

function succeed(id, result) {
  const kind = kindOf(result);

  running--;
  if (controllers.size > 0) controllers.delete(id);
  if (kind !== BY_MESSAGE && !hasPosted && !syncIds.has(id)) {
    unreported++;
    results.put(id, kind, result);
  } else if (isMovable(result)) {
    answer(id, result[kValue], undefined, [result[kTransferable]].flat());
  } else {
    answer(id, result, undefined, undefined);
  }
  if (!isWorking) report();
}

function fail(id, error) {
  running--;
  controllers.delete(id);
  if (isPackable(error)) answer(id, pack(error), PACKED, undefined);
  else answer(id, error, THROWN, undefined);
  if (!isWorking) report();
}

/** Call the function of a task that has begun. */
function call(id, task, found) {
  let result;

  try {
    result = passesContext ? found(task, new TaskContext(id)) : found(task);
  } catch (error) {
    fail(id, error);
    return;
  }
  if (typeof result === 'object' && result !== null && typeof result.then === 'function') {
    finishLater(id, result);
    return;
  }
  succeed(id, result);
}

async function finishLater(id, promise) {
  let result;

  try {
    result = await promise;
  } catch (error) {
    fail(id, error);
    work();
    return;
  }
  succeed(id, result);
  work();
}

async function callLater(id, task, filename, name) {
  let found;

  try {
    found = await findHandler(filename, name);
    if (filename === defaults.filename && name === defaults.name) handler = found;
  } catch (error) {
    fail(id, error);
    work();
    return;
  }
  call(id, task, found);
  work();
}

/** Begin a task that has come by a message. */
function beginMessage(id, [, task, filename = defaults.filename, name = defaults.name, isSync]) {
  if (isSync === true) syncIds.add(id);

  const isDefault = filename === defaults.filename && name === defaults.name;

  if (isDefault && handler !== null) call(id, task, handler);
  else callLater(id, task, filename, name);
}

/**
 * Begin the next task, unless the pool has taken it back.
 * @returns {boolean} false: its message has not arrived yet
 */
function beginNext() {
  const { id, kind } = tasks;
  const isHere = kind !== BY_MESSAGE || arrived.has(id);

  if (!isHere && claims.isOffered(id)) return false; // its message comes

  const value = kind === BY_MESSAGE ? arrived.get(id) : tasks.value();

  if (kind === BY_MESSAGE) arrived.delete(id);
  tasks.skip();
  if (!isHere || !claims.begin(id)) {
    hasSkipped = true;
    return true;
  }
  left--;
  running++;
  if (kind === BY_MESSAGE) beginMessage(id, value);
  else if (handler !== null) call(id, value, handler);
  else callLater(id, value, defaults.filename, defaults.name);
  return true;
}

/** Continue in the next turn of the event loop. */
function workLater() {
  if (isLater) return;
  isLater = true;
  setImmediate(() => {
    isLater = false;
    left = TURN;
    work();
  });
}

/** Begin the tasks that wait, as far as there is room. */
function work() {
  if (isWorking || !isReady) return;
  isWorking = true;
  context.entered = false;
  while (running < concurrency) {
    if (!tasks.next() && tasks.sleep()) break;
    if (left <= 0) {
      workLater();
      break;
    }
    reportSoon(); // of a task that has ended in a tick: the next one may take long
    if (!beginNext()) break;
    reportSoon(); // the ticks may take long
    if (!runTicks() || context.entered) {
      workLater();
      break;
    }
  }
  isWorking = false;
  report();
}

/** @returns {boolean} false: it is not a message of the pool */
function take(message) {
  const id = idIn(message, base);

  if (id === -1) return false;
  if (id !== 0) {
    last = id;
    if (claims.isOffered(id)) arrived.set(id, message);
  } else if (message[1] === ABORT) {
    controllers.get(message[2])?.abort(message[3]);
    return true;
  } else if (message[1] === SYNC) {
    [, , syncPort] = message;
    return true;
  }
  if (!isLater) left = TURN;
  work();
  return true;
}

/** A message cannot be read: also a thread that waits in runSync() has to know. */
function unreadable(error) {
  const about = [last, error, ++errors];

  post([base, UNREADABLE, ...about], undefined);
  if (syncPort !== null) post([0, ...about], undefined, syncPort);
  work(); // its task may have been taken back
}

/** Note what a task posts itself. */
function watchPosts() {
  for (const name of ['postMessage', 'postMessages']) {
    if (typeof parentPort[name] !== 'function') continue;
    Object.defineProperty(parentPort, name, { __proto__: null, value(...args) {
      report(); // of results that precede it
      hasPosted = true;
      return Object.getPrototypeOf(this)[name].apply(this, args);
    }, writable: true, configurable: true });
  }
}

/** Only on Linux does a thread have a priority of its own. */
function beNice(increment) {
  if (increment === 0 || process.platform !== 'linux') return;
  try {
    os.setPriority(0, Math.min(os.getPriority(0) + increment, os.constants.priority.PRIORITY_LOW));
  } catch {
    // not permitted
  }
}

/**
 * Start the worker.
 * @param {{ byImport: (url: string) => Promise<object> }} how import()
 * @param {(take: (message: unknown) => boolean) => void} intercept makes parentPort ask
 *   `take` before it delivers a message
 */
async function start(how, intercept) {
  const startup = getEnvironmentData(STARTUP);

  setEnvironmentData(STARTUP, undefined); // not for threads that a task starts
  state.isWorkerThread = true;
  state.workerData = workerData;
  setImport(how.byImport);
  ({ base, concurrentTasksPerWorker: concurrency, passesContext } = startup);
  claims = new Claims(startup.claims);
  tasks = new Lane(startup.tasks);
  results = new Lane(startup.results);
  defaults = { filename: startup.filename, name: startup.name };
  beNice(startup.niceIncrement);
  parentPort.on('messageerror', unreadable);
  intercept(take); // before anything else listens to parentPort
  watchPosts();
  if (defaults.filename !== null) {
    try {
      handler = await findHandler(defaults.filename, defaults.name);
    } catch {
      // the first task tries again, and is rejected with the error
    }
  }
  isReady = true;
  send([base, READY]);
  work();
}

module.exports = { start };
