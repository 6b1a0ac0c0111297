'use strict';

/*
 * runner.js - the worker's side of a pool: begins the tasks that arrive, and posts their
 * results. See messages.js for what is posted, and claims.js for who owns a task.
 */

const os = require('node:os');
const { pathToFileURL } = require('node:url');
const { getEnvironmentData, parentPort, setEnvironmentData, workerData } = require('node:worker_threads');

const { process } = require('../loading/builtins');
const { Claims } = require('./claims');
const { isPackable, pack, prune } = require('./errors');
const { ABORT, PACKED, READY, STARTUP, THROWN, UNREADABLE, idIn } = require('./messages');
const { isMovable, kTransferable, kValue } = require('./movable');
const state = require('./state');

/** Errors of require() for a file that only import() can load. */
const FOR_IMPORT = new Set([
  'ERR_REQUIRE_ESM', 'ERR_REQUIRE_ASYNC_MODULE', 'ERR_UNKNOWN_FILE_EXTENSION', 'MODULE_NOT_FOUND',
]);
/** Functions that are remembered; more are looked up again. */
const HANDLERS_MAX = 1000;

/** Loads a file: require() and import() of pool-worker.js, which is a file of its own. */
let load;
let base;
let claims;
let defaults;
let concurrency;
let passesContext;

/** Functions by file and name. */
const handlers = new Map();
/** The pool's own function, once it is loaded. */
let handler = null;
let running = 0;
/** The pool's own file has been loaded, or cannot be. */
let isReady = false;
/** Tasks that have arrived before that, or while `concurrency` others run. */
const waiting = [];
/** Id of the last task that has arrived. */
let last = 0;
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

/** The function of a module: module.exports, or what it exports by the name. */
async function pick(module, name) {
  if (name === 'default' && module?.__esModule !== true) {
    const itself = await module;

    if (typeof itself === 'function') return itself;
  }
  return await module?.[name];
}

async function loadModule(filename) {
  try {
    return load.byRequire(filename);
  } catch (error) {
    if (!FOR_IMPORT.has(error?.code)) throw error;
  }
  return load.byImport(pathToFileURL(filename).href);
}

/** @returns {Promise<Function>} @throws {Error} the file cannot be loaded, or has none */
async function findHandler(filename, name) {
  const key = `${filename}/${name}`;
  const known = handlers.get(key);

  if (known !== undefined) return known;

  const found = await pick(await loadModule(filename), name);

  if (typeof found !== 'function') throw new Error(`No handler function exported from ${filename}`);
  if (handlers.size >= HANDLERS_MAX) handlers.delete(handlers.keys().next().value);
  handlers.set(key, found);
  return found;
}

/** Post a result or an error. What cannot be cloned becomes an error itself. */
function post(message, transferList) {
  try {
    parentPort.postMessage(message, transferList);
  } catch (error) {
    if (message[2] === PACKED) {
      parentPort.postMessage([message[0], prune(message[1]), PACKED]);
      return;
    }
    parentPort.postMessage([message[0], prune(pack(error)), PACKED]); // a DataCloneError
  }
}

function succeed(id, result) {
  running--;
  if (controllers.size > 0) controllers.delete(id);
  if (result === undefined) parentPort.postMessage(base + id);
  else if (isMovable(result)) post([base + id, result[kValue]], [result[kTransferable]].flat());
  else post([base + id, result], undefined);
}

function fail(id, error) {
  running--;
  controllers.delete(id);
  if (isPackable(error)) post([base + id, pack(error), PACKED], undefined);
  else post([base + id, error, THROWN], undefined);
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
    next();
    return;
  }
  succeed(id, result);
  next();
}

async function callLater(id, task, filename, name) {
  let found;

  try {
    found = await findHandler(filename, name);
    if (filename === defaults.filename && name === defaults.name) handler = found;
  } catch (error) {
    fail(id, error);
    next();
    return;
  }
  call(id, task, found);
  next();
}

/** Begin a task, unless the pool has taken it back. */
function begin(id, message) {
  if (!claims.begin(id)) return;
  running++;
  if (typeof message === 'number' || message.length === 2) {
    const task = typeof message === 'number' ? undefined : message[1];

    if (handler !== null) call(id, task, handler);
    else callLater(id, task, defaults.filename, defaults.name);
  } else {
    callLater(id, message[1], message[2], message[3]);
  }
}

/** Begin the tasks that wait, as far as there is room. */
function next() {
  while (isReady && running < concurrency && waiting.length > 0) {
    const { id, message } = waiting.shift();

    begin(id, message);
  }
}

/** @returns {boolean} false: it is not a message of the pool */
function take(message) {
  const id = idIn(message, base);

  if (id === -1) return false;
  if (id === 0) {
    if (message[1] === ABORT) controllers.get(message[2])?.abort(message[3]);
    return true;
  }
  last = id;
  if (isReady && running < concurrency && waiting.length === 0) begin(id, message);
  else waiting.push({ id, message });
  if (waiting.length > 0) next();
  return true;
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
 * @param {{ byRequire: Function, byImport: Function }} how require() and import()
 * @param {(take: (message: unknown) => boolean) => void} intercept makes parentPort ask
 *   `take` before it delivers a message
 */
async function start(how, intercept) {
  const startup = getEnvironmentData(STARTUP);

  setEnvironmentData(STARTUP, undefined); // not for threads that a task starts
  state.isWorkerThread = true;
  state.workerData = workerData;
  load = how;
  ({ base, concurrentTasksPerWorker: concurrency, passesContext } = startup);
  claims = new Claims(startup.claims);
  defaults = { filename: startup.filename, name: startup.name };
  beNice(startup.niceIncrement);
  parentPort.on('messageerror', (error) => {
    post([base, UNREADABLE, last, error], undefined);
  });
  intercept(take); // before anything else listens to parentPort
  if (defaults.filename !== null) {
    try {
      handler = await findHandler(defaults.filename, defaults.name);
    } catch {
      // the first task tries again, and is rejected with the error
    }
  }
  isReady = true;
  parentPort.postMessage([base, READY]);
  next();
}

module.exports = { start };
