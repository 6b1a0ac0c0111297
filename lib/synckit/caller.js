'use strict';

/*
 * caller.js - createSyncFn(): functions that start a worker, and block until it has
 * answered. See callee.js for the worker's side.
 *
 * A request is the array of the arguments. An answer is [result], [result, what the
 * worker has written to its stdout and stderr], or [undefined, that, error], the error as
 * request/errors.js packs it.
 */

const path = require('node:path');
const { fileURLToPath } = require('node:url');

const { folder } = require('../folder');
const { unpack } = require('../request/errors');
const { Worker } = require('../worker/worker');
const failure = require('./failure');

const FILE = path.join(folder, 'synckit-worker.js');

/**
 * @param {ReturnType<import('./settings').constantsOf>} constants
 * @param {ReturnType<import('./ts-runner').tsRunnersOf>} tsRunners
 * @param {NodeJS.Process} process where the worker's output is written
 */
function callersOf(constants, { checkRunner, setupTsRunner }, process) {
  /** @type {Map<string, Function>} by the worker's path */
  const started = new Map();

  /** The error for one that requestSync() has thrown. */
  function errorFor(error, memory) {
    if (error?.name === 'TimeoutError') {
      return new Error('Internal error: Atomics.wait() failed: timed-out', { cause: error });
    }
    if (error?.code !== 'ERR_RINGPORT_CLOSED') return error;
    return failure.read(memory)?.error ?? new Error('Worker exited', { cause: error });
  }

  /** @returns {unknown} the result */
  function resultOf([result, output, error]) {
    for (const { type, chunk, encoding } of output) process[type].write(chunk, encoding);
    if (error !== undefined) throw unpack(error);
    return result;
  }

  function startWorkerThread(workerPath, {
    timeout = constants.DEFAULT_TIMEOUT, execArgv = constants.DEFAULT_EXEC_ARGV,
    tsRunner = constants.DEFAULT_TS_RUNNER, transferList = [],
    globalShims = constants.DEFAULT_GLOBAL_SHIMS,
  } = {}) {
    const setup = setupTsRunner(workerPath, { execArgv, tsRunner });

    checkRunner(setup);

    const shims = globalShims === true ? constants.DEFAULT_GLOBAL_SHIMS_PRESET : globalShims || [];
    const memory = failure.create();
    const worker = new Worker(FILE, {
      workerData: {
        file: setup.workerPath, isEsm: setup.jsUseEsm || setup.tsUseEsm, shims, memory,
      },
      execArgv: setup.execArgv,
      transferList,
    });
    const options = timeout === undefined ? undefined : { timeout: Math.max(0, timeout) };

    worker.unref();
    return (...args) => {
      let answer;

      try {
        answer = worker.requestSync(args, options);
      } catch (error) {
        throw errorFor(error, memory);
      }
      return answer.length === 1 ? answer[0] : resultOf(answer);
    };
  }

  /** @param {string | URL} workerPath */
  function createSyncFn(workerPath, timeoutOrOptions) {
    const file = typeof workerPath !== 'string' || workerPath.startsWith('file://')
      ? fileURLToPath(workerPath) : workerPath;

    if (started.has(file)) return started.get(file);
    if (!path.isAbsolute(file)) throw new Error('`workerPath` must be absolute');

    const options = typeof timeoutOrOptions === 'number'
      ? { timeout: timeoutOrOptions } : timeoutOrOptions;
    const call = startWorkerThread(file, options);

    started.set(file, call);
    return call;
  }

  return { createSyncFn, startWorkerThread };
}

module.exports = { callersOf };
