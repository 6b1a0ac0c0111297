'use strict';

/*
 * callee.js - the worker's side of createSyncFn(): loads the worker's file, whose module
 * calls runAsWorker(), and answers. caller.js describes the answers.
 *
 * The parent is blocked when something goes wrong, so nobody else would tell it. A
 * failure that the worker does not survive is written to shared memory (failure.js), and
 * the worker ends, which the parent hears.
 */

const { pathToFileURL } = require('node:url');

const { process } = require('../loading/builtins');
const { local, threads } = require('../loading/native');
const { pack } = require('../request/errors');
const failure = require('./failure');
const { flagsOf } = require('./flags');
const { overrideStdio } = require('./stdio');

/** Errors of require() for a file that only import() can load. */
const FOR_IMPORT = new Set([
  'ERR_REQUIRE_ESM', 'ERR_REQUIRE_ASYNC_MODULE', 'ERR_UNKNOWN_FILE_EXTENSION',
]);
const [EXCEPTION, REJECTION] = ['uncaughtException', 'unhandledRejection'];

/** Where the parent looks for the reason; null: createSyncFn() has not started this. */
let memory = null;
/** What the module has given to runAsWorker(). */
let run = null;
/** Calls that have come before that. @type {(() => void)[]} */
const waiting = [];
/** Calls that are being answered, each a function that answers. */
const open = new Set();
/** What has been written to stdout and stderr since the last answer. */
const output = [];

function done(result) {
  return output.length === 0 ? [result] : [result, output.splice(0)];
}

function failed(error) {
  return [undefined, output.splice(0), pack(error)];
}

/** @returns {unknown[] | Promise<unknown[]>} the answer */
function call(args) {
  let result;

  try {
    result = run(...args);
    if (typeof result?.then !== 'function') return done(result);
  } catch (error) {
    return failed(error);
  }
  return new Promise((resolve) => {
    open.add(resolve);
    /* fail() may have answered already: what has been written is for the next answer. */
    Promise.resolve(result).then((found) => {
      if (open.delete(resolve)) resolve(done(found));
    }, (error) => {
      if (open.delete(resolve)) resolve(failed(error));
    });
  });
}

/** The handler of requests. */
function serve(args) {
  if (run !== null) return call(args);
  return new Promise((resolve) => waiting.push(() => resolve(call(args))));
}

/** End this worker because of an error. */
function end(error) {
  failure.write(memory, error);
  process.exit(1);
}

/** Whether an unhandled rejection becomes an exception. */
function doRejectionsThrow() {
  const mode = flagsOf(process).valueOf('--unhandled-rejections');

  return mode === undefined || mode === 'throw' || mode === 'strict';
}

/** Whether the worker's own listeners let it go on. */
function isHandled(event) {
  if (process.listenerCount(event) > 0) return true;
  return event === REJECTION && (!doRejectionsThrow() || process.listenerCount(EXCEPTION) > 0);
}

/** An error that no call has caught. */
function fail(error, event) {
  unguard();
  if (run === null || !isHandled(event)) end(error);
  guard();
  for (const resolve of open) resolve(failed(error));
  open.clear();
}

const onException = (error) => fail(error, EXCEPTION);
const onRejection = (error) => fail(error, REJECTION);

function guard() {
  process.on(EXCEPTION, onException).on(REJECTION, onRejection);
}

function unguard() {
  process.off(EXCEPTION, onException).off(REJECTION, onRejection);
}

async function load({ file, isEsm, shims }, { byRequire, byImport }) {
  if (shims.length > 0) await require('./shims').put(shims, file, isEsm);
  if (isEsm) return byImport(pathToFileURL(file).href);
  try {
    return byRequire(file);
  } catch (error) {
    if (!FOR_IMPORT.has(error?.code)) throw error;
    return byImport(pathToFileURL(file).href);
  }
}

/** Start to answer, and load the worker's file. @see lib/synckit-worker.js */
function startWorker(loaders) {
  const { workerData } = threads;

  ({ memory } = workerData);
  guard();
  process.on('exit', (code) => failure.write(memory, new Error(`Worker exited with code ${code}`)));
  local.parentPort.handle(serve);
  local.parentPort.unref(); // until it runs: a module that does not begin ends the worker
  load(workerData, loaders).catch(end);
}

/** @param {(...args: unknown[]) => unknown} fn */
function runAsWorker(fn) {
  if (memory === null) return;
  overrideStdio(output);
  run = fn;
  local.parentPort.ref();
  for (const begin of waiting.splice(0)) begin();
}

module.exports = { runAsWorker, startWorker };
