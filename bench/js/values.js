'use strict';

/* values.js - kinds of values: ringport beside worker_threads. See ../README.md. */

const path = require('node:path');
const { names } = require('./kinds');
const { machine, measure, announce, save } = require('./harness');
const { median, geometricMean, ratios } = require('./stats');
const { parse, positive, start } = require('./cli');

const usage = `Usage: node bench/js/values.js [options]

  --filter text   only kinds whose name contains the text; several with |
  --cold          the time of the first message and of the first 20 to a fresh worker
  --floor n       list what is below this ratio at the end (default: 0.95)
  --rounds n      rounds per kind (default: 7)
  --ms n          measured time per kind and round (default: 20)
  --quick         few rounds: to see that it works, not to publish
  --json file     write all figures to this file
  --list          only list the kinds
  --help          this text
`;

const POINTS = { cold: ['first', 'first 20'], hot: ['CPU'] };

/** Run one kind: [{ metric: cost } of worker_threads, of ringport], for each round. */
async function runCold(name, { rounds }) {
  const played = [];

  for (let i = 0; i < rounds; i++) {
    const pair = [];

    for (const implementation of i % 2 === 0 ? [0, 1] : [1, 0]) {
      pair[implementation] = await measure(process.execPath,
        [path.join(__dirname, 'values-cold.js'), name, ['worker_threads', 'ringport'][implementation]]);
    }
    played.push(pair);
  }
  return played;
}

function runHot(name, { rounds, ms }) {
  return measure(process.execPath, [path.join(__dirname, 'values-hot.js'), name, String(rounds), String(ms)]);
}

function summarize(played, metric) {
  const [theirs, ours] = [0, 1].map((which) => played.map((pair) => pair[which][metric]));

  return { worker_threads: median(theirs), ringport: median(ours), ratio: ratios(theirs, ours) };
}

function line(name, metric, { worker_threads: theirs, ringport: ours, ratio }) {
  const cost = (us) => us.toPrecision(3).padStart(12);

  return `${name.padEnd(40)}${metric.padEnd(9)}${cost(theirs)}${cost(ours)}  ` +
    `${ratio.median.toFixed(2)}x (${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)})`;
}

start(async () => {
  const options = parse({
    filter: { type: 'string', default: '' },
    floor: { type: 'string' },
    cold: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  }, usage);
  const filters = options.filter.split('|');
  const chosen = names.filter((name) => filters.some((text) => name.includes(text)));

  if (chosen.length === 0) {
    throw new RangeError(`--filter: no kind has '${options.filter}' in its name`);
  }
  if (options.list) return chosen.forEach((name) => console.log(name));

  const settings = {
    rounds: positive(options, 'rounds', options.quick ? 2 : 7),
    ms: positive(options, 'ms', options.quick ? 5 : 20),
  };
  const floor = options.floor === undefined ? 0.95 : Number(options.floor);
  const metrics = options.cold ? POINTS.cold : POINTS.hot;
  const report = { machine: machine(), settings: { ...settings, cold: options.cold }, kinds: [] };

  announce(report.machine);
  console.log(`\n${'microseconds a message'.padEnd(49)}worker_threads ringport  ringport is better by`);
  for (const name of chosen) {
    const played = await (options.cold ? runCold : runHot)(name, settings);
    const summary = Object.fromEntries(
      metrics.map((metric) => [metric, summarize(played, metric)]));

    metrics.forEach((metric, row) => {
      console.log(line(row === 0 ? name : '', metric, summary[metric]));
    });
    report.kinds.push({ name, summary, played });
  }
  for (const metric of metrics) {
    const all = report.kinds.map(
      ({ name, summary }) => ({ name, ratio: summary[metric].ratio.median }));
    const weak = all.filter(({ ratio }) => ratio < floor).sort((a, b) => a.ratio - b.ratio);

    console.log(`\n${metric}: geometric mean ${geometricMean(all.map(({ ratio }) => ratio)).toFixed(2)}x, ` +
      `${weak.length} of ${all.length} below ${floor}`);
    weak.forEach(({ name, ratio }) => console.log(`  ${ratio.toFixed(2)}x ${name}`));
  }
  save(report, options.json);
});
