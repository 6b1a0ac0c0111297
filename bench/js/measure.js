'use strict';

/*
 * measure.js - measures the cost of some work for the process: wall time, and CPU time,
 * context switches and page faults of all threads, so that work that moves to another
 * thread counts.
 */

/** The monotonic clock in nanoseconds, as a number. */
function now() {
  return performance.now() * 1e6;
}

class Meter {
  #time = 0;
  #usage = null;

  start() {
    this.#usage = process.resourceUsage();
    this.#time = now();
  }

  /** The costs since start(), divided by `count` operations; wall and cpu in ns. */
  stop(count) {
    const wall = now() - this.#time;
    const to = process.resourceUsage();
    const used = (...keys) => keys.reduce((sum, key) => sum + to[key] - this.#usage[key], 0);
    return {
      wall: wall / count,
      cpu: (used('userCPUTime', 'systemCPUTime') * 1000) / count,
      switches: used('voluntaryContextSwitches', 'involuntaryContextSwitches') / count,
      faults: used('minorPageFault', 'majorPageFault') / count,
      count,
    };
  }
}

/* The warm-up takes a number of operations, because V8 compiles functions by how often
 * they run: on a busy machine, a fixed time could be too short. Slow operations end it
 * earlier. */
const WARM_OPERATIONS = 20000;
const MOST_WARM_UPS = 4;

/**
 * Runs the same work in two phases: a warm-up, in which V8 compiles both threads' code,
 * and a measured phase. Call running() once per block. It starts the meter at the end of
 * the warm-up, and returns false at the end of the measured phase.
 */
class Phases {
  #meter = new Meter();
  #begin = performance.now();
  #end = 0;
  #warmMs;
  #measureMs;
  #counting = false;

  /** Number of operations done in this phase. */
  count = 0;

  constructor(warmMs, measureMs) {
    this.#warmMs = warmMs;
    this.#measureMs = measureMs;
  }

  /** Count `operations` more. @returns {boolean} false: the measured time is over */
  running(operations) {
    const time = performance.now();
    this.count += operations;
    if (this.#counting) {
      return time < this.#end;
    }
    const warm = (time - this.#begin) / this.#warmMs;
    if (warm >= MOST_WARM_UPS || (warm >= 1 && this.count >= WARM_OPERATIONS)) {
      this.#counting = true;
      this.count = 0;
      this.#meter.start();
      this.#end = performance.now() + this.#measureMs;
    }
    return true;
  }

  /** Whether this is the measured phase. */
  get counting() {
    return this.#counting;
  }

  result() {
    return this.#meter.stop(this.count);
  }
}

module.exports = { Meter, Phases, now };
