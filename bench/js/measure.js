'use strict';

/*
 * What a stretch of work cost the whole process: wall time, and CPU time, context switches and page
 * faults of all of its threads, so that work moved to another thread still counts.
 */

/** Nanoseconds since an arbitrary moment, as a number. */
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

  /** Costs since start(), per one of `count` operations; wall and cpu in ns. */
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

/* Code is compiled by how often it runs, so a warm-up must not end by time alone: on a busy machine
 * a short one would measure the interpreter. Slow operations (large ones) may end it sooner. */
const WARM_OPERATIONS = 20000;
const MOST_WARM_UPS = 4;

/**
 * Two phases of the same work: warm-up, so that both threads are compiled, then the measured one.
 * `running()` is asked once per block; it starts the meter when the warm-up is over and says false
 * when the measured time is.
 */
class Phases {
  #meter = new Meter();
  #begin = performance.now();
  #end = 0;
  #warmMs;
  #measureMs;
  #counting = false;

  /** Operations done in this phase. */
  count = 0;

  constructor(warmMs, measureMs) {
    this.#warmMs = warmMs;
    this.#measureMs = measureMs;
  }

  /** Tell that `operations` more are done. Returns false once the measured time is over. */
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

  /** True in the measured phase. */
  get counting() {
    return this.#counting;
  }

  result() {
    return this.#meter.stop(this.count);
  }
}

module.exports = { Meter, Phases, now };
