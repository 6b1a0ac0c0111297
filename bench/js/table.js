'use strict';

/* table.js - formats the tables that run.js prints. */

const LABEL = 36;
const UNIT = 15;
const COST = 16;

/** Format a cost with three significant digits. */
function number(value) {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3);
}

function ratio({ median, min, max }) {
  const [middle, low, high] = [median, min, max].map((value) => value.toFixed(2));
  return `${middle}x (${low} to ${high})`;
}

/** The header for these competitors, the first of which is compared with the others. */
function heading(competitors) {
  return ['case'.padEnd(LABEL), 'per operation'.padEnd(UNIT),
    ...competitors.map((name) => name.padStart(COST)),
    ...competitors.slice(1).map((name) => `  ${name} is better by`)].join('');
}

/** A row: the medians, and the ratios as median (min to max); blank if not measured. */
function line(label, unit, { costs, ratios }, competitors) {
  return [label.padEnd(LABEL), unit.padEnd(UNIT),
    ...competitors.map((name) => (name in costs ? number(costs[name].median) : '').padStart(COST)),
    ...competitors.slice(1).map((name) => `  ${name in ratios ? ratio(ratios[name]) : ''}`),
  ].join('').trimEnd();
}

module.exports = { heading, line };
