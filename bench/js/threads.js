'use strict';

/*
 * The competitors, by name. A scenario gets the module of one of them and uses nothing but what
 * worker_threads exports, so every competitor runs the very same lines.
 */

/* Or it would be worker_threads by another name where it cannot run. */
process.env.RINGPORT_REQUIRED ??= '1';

const modules = {
  worker_threads: () => require('node:worker_threads'),
  ringport: () => require('../..'),
};

/** The names that `--implementations` takes. */
const names = Object.keys(modules);

/** The module called `name`; each thread of a run loads it for itself. */
function load(name) {
  return modules[name]();
}

/**
 * Start the worker side of a job. It runs `scenario.worker(threads, params)`; an error in it ends
 * the run.
 */
function startWorker(threads, job) {
  return new threads.Worker(require.resolve('./worker'), { workerData: job });
}

module.exports = { names, load, startWorker };
