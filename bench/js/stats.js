'use strict';

/** The value below which `share` (0 to 1) of `sorted` lies. */
function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

function sort(values) {
  return Float64Array.from(values).sort();
}

function median(values) {
  const sorted = sort(values);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median, min and max. */
function spread(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

function geometricMean(values) {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/**
 * How many times less `ours` costs than `theirs`. Round by round: the two runs of a round stand
 * next to each other in time, so what else the machine does hits both.
 */
function ratios(theirs, ours) {
  return spread(theirs.map((cost, round) => (cost === ours[round] ? 1 : cost / ours[round])));
}

module.exports = { percentile, sort, median, spread, geometricMean, ratios };
