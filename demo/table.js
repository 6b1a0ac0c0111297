'use strict';

/* The table of the demo, and the sentence below it. */

const count = (value) => Math.round(value).toLocaleString('en-US');
const micros = (value) => (value < 9.95 ? `${value.toFixed(1)} us` : `${count(value)} us`);
const percent = (value) => `${(value * 100).toFixed(value < 0.0995 ? 1 : 0)}%`;

/* name, property of a second, how to show it, whether more is better */
const ROWS = [
  ['records aggregated a second', 'records', count, true],
  ['CPU of all threads for a record', 'cpu', (value) => `${value.toFixed(2)} us`, false],
  ['answers awaited a second', 'answers', count, true],
  ['  an answer takes, median', 'answerP50', micros, false],
  ['  p99', 'answerP99', micros, false],
  ['event loop busy, 100,000 records/s', 'busy', percent, false],
  ['  late by, median', 'lateP50', micros, false],
  ['  late by, p99', 'lateP99', micros, false],
];

const NAMES = ['one thread', 'worker_threads', 'ringport'];
const WIDTHS = [36, 13, 15, 15, 9];

function line(cells) {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[0]) : cell.padStart(WIDTHS[i])))
    .join('').trimEnd();
}

/** How many times better the second of ringport is. */
function better(theirs, ours, isMore) {
  const ratio = isMore ? ours / theirs : theirs / ours;

  return Number.isFinite(ratio) ? `${ratio < 9.95 ? ratio.toFixed(1) : count(ratio)}x` : '';
}

/** The rows of one second of all, `at` a place in their lists. */
function part(title, reports, at) {
  const [alone, theirs, ours] = NAMES.map((name) => reports[name].seconds.at(at));

  return [
    line([title, ...NAMES, 'ratio']),
    ...ROWS.map(([name, key, show, isMore]) => line([
      name, show(alone[key]), show(theirs[key]), show(ours[key]),
      better(theirs[key], ours[key], isMore),
    ])),
  ];
}

/**
 * @param {Record<string, { seconds: object[], memory: number }>} reports by competitor
 */
function table(reports) {
  const { seconds: { length } } = reports.ringport;
  const memories = NAMES.map((name) => `${count(reports[name].memory)} MB`);

  return [
    ...part('The first second', reports, 0), '',
    ...length > 1 ? [...part(`After ${length - 1} s`, reports, -1), ''] : [],
    line(['most memory, of the process', ...memories]),
  ].map((text) => text && `  ${text}`).join('\n');
}

/** What the figures mean, whoever has won. */
function meaning(reports) {
  const [alone, theirs, ours] = NAMES.map((name) => reports[name].seconds.at(-1));
  const speed = ({ records }) => `${percent(records / alone.records)} of its speed in one thread`;
  const free = ({ busy }) => percent(1 - busy);

  return `What it means: moved to a worker, this aggregate runs at ${speed(theirs)} over worker_threads and at ` +
    `${speed(ours)} over ringport; with 100,000 records a second the main thread's event loop is free ` +
    `${free(theirs)} of the time over worker_threads, ${free(ours)} over ringport, ${free(alone)} without a ` +
    `worker; and an awaited answer takes ${micros(theirs.answerP50)} and ${micros(ours.answerP50)}.`;
}

module.exports = { meaning, table };
