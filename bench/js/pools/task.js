'use strict';

/* task.js - the tasks of pools.js, in the form that each of the pools wants. */

/** Occupy the core for some microseconds. @returns {number} */
function spin(microseconds) {
  if (microseconds > 0) {
    const end = performance.now() + microseconds / 1000;

    while (performance.now() < end);
  }
  return microseconds;
}

module.exports = spin;

/* workerpool and poolifier have their workers register the function. */
if (process.env.BENCH_POOL === 'workerpool') require('workerpool').worker({ spin });
if (process.env.BENCH_POOL === 'poolifier') {
  const { ThreadWorker } = require('poolifier');

  module.exports = new ThreadWorker(spin, { maxInactiveTime: 60_000 });
}
