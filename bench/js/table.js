'use strict';

/* The lines of the tables that run.js prints. */

const LABEL = 36;
const UNIT = 15;
const COST = 16;

/** A cost with three digits that say something. */
function number(value) {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3);
}

function ratio({ median, min, max }) {
  const [middle, low, high] = [median, min, max].map((value) => value.toFixed(2));
  return `${middle}x (${low} to ${high})`;
}

/** The header for these competitors, the first of which is the one compared with. */
function heading(competitors) {
  return ['case'.padEnd(LABEL), 'per operation'.padEnd(UNIT),
    ...competitors.map((name) => name.padStart(COST)),
    ...competitors.slice(1).map((name) => `  ${name} is better by`)].join('');
}

/** One case and metric: medians, and the ratio as median (min to max); nothing where it was not measured. */
function line(label, unit, { costs, ratios }, competitors) {
  return [label.padEnd(LABEL), unit.padEnd(UNIT),
    ...competitors.map((name) => (name in costs ? number(costs[name].median) : '').padStart(COST)),
    ...competitors.slice(1).map((name) => `  ${name in ratios ? ratio(ratios[name]) : ''}`),
  ].join('').trimEnd();
}

module.exports = { heading, line };
