'use strict';

/*
 * threads.js - the competitors, by name. A scenario gets the module of one of them and
 * uses only what worker_threads exports, so all competitors run the same code.
 */

/* Fail where ringport cannot run, instead of measuring worker_threads twice. */
process.env.RINGPORT_REQUIRED ??= '1';

const modules = {
  worker_threads: () => require('node:worker_threads'),
  ringport: () => require('../..'),
};

/** The names for `--implementations`. */
const names = Object.keys(modules);

/** Load the competitor `name`, in each thread of a run. */
function load(name) {
  return modules[name]();
}

/**
 * Start a job's worker, which runs `scenario.worker(threads, params)`. An error in it
 * ends the run.
 */
function startWorker(threads, job) {
  return new threads.Worker(require.resolve('./worker'), { workerData: job });
}

module.exports = { names, load, startWorker };
