'use strict';

/* timing.js - how long tasks wait and run. Histograms hold microseconds. */

const { createHistogram } = require('node:perf_hooks');

const PERCENTILES = {
  p0_001: 0.001, p0_01: 0.01, p0_1: 0.1, p1: 1, p2_5: 2.5, p10: 10, p25: 25, p50: 50, p75: 75,
  p90: 90, p97_5: 97.5, p99: 99, p99_9: 99.9, p99_99: 99.99, p99_999: 99.999,
};

/** @returns {object} the summary of a histogram, in milliseconds */
function summaryOf(histogram) {
  const { mean, stddev, min, max } = histogram;
  const summary = {
    average: mean / 1000, mean: mean / 1000, stddev: stddev / 1000, min: min / 1000,
    max: max / 1000,
  };

  for (const [name, percentile] of Object.entries(PERCENTILES)) {
    summary[name] = histogram.percentile(percentile) / 1000;
  }
  return summary;
}

const microseconds = (ms) => Math.max(1, Math.trunc(ms * 1000));

class Timing {
  runTime = createHistogram();
  waitTime = createHistogram();
  /** Milliseconds that all tasks have run. */
  total = 0;

  record(info, waited, ran) {
    this.waitTime.record(microseconds(waited));
    this.runTime.record(microseconds(ran));
    this.total += ran;
    if (info.histogram !== null) info.histogram.record(microseconds(ran));
  }
}

module.exports = { Timing, newHistogram: createHistogram, summaryOf };
