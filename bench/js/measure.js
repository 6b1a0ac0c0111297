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

/**
 * Two phases of the same work: warm-up, so that both threads are compiled, then the measured one.
 * `running()` is asked once per block; it starts the meter when the warm-up is over and says false
 * when the measured time is.
 */
class Phases {
  #meter = new Meter();
  #warm;
  #end;
  #measureMs;
  #counting = false;

  /** Operations done in the measured phase. */
  count = 0;

  constructor(warmMs, measureMs) {
    this.#warm = performance.now() + warmMs;
    this.#measureMs = measureMs;
  }

  /** Tell that `operations` more are done. Returns false once the measured time is over. */
  running(operations) {
    const time = performance.now();
    if (this.#counting) {
      this.count += operations;
      return time < this.#end;
    }
    if (time >= this.#warm) {
      this.#counting = true;
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
