'use strict';

/** The quantile of `sorted`; `share` is 0 to 1. */
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
 * The ratios of `theirs` to `ours`, one per round: the two runs of a round are close in
 * time, so other load on the machine affects both.
 */
function ratios(theirs, ours) {
  return spread(theirs.map((cost, round) => (cost === ours[round] ? 1 : cost / ours[round])));
}

/**
 * The 95% confidence interval of the median, for any distribution: two of the values,
 * which the binomial distribution determines. With fewer than six values, the level is
 * lower.
 * @returns {[number, number]}
 */
function interval(values) {
  const sorted = sort(values);
  const { length } = sorted;
  let chance = 0.5 ** length;
  let below = chance;
  let rank = 0;

  while (below + (chance *= (length - rank) / (rank + 1)) <= 0.025) {
    below += chance;
    rank++;
  }
  return [sorted[rank], sorted[length - 1 - rank]];
}

module.exports = { percentile, sort, median, spread, geometricMean, interval, ratios };
