'use strict';

/*
 * Updates the figures of README.md. Usage: node bench/js/figures.js run.json cold.json
 *
 * The arguments are what `run.js --readme --json` and `cold.js --readme --json` have
 * written. They are summarized in docs/figures/node.json, from which the table in
 * README.md and the two charts beside that file are made. Without arguments only the
 * table and the charts are made; --check compares them with docs/figures/node.json
 * instead.
 */

const fs = require('node:fs');
const path = require('node:path');
const { isDeepStrictEqual } = require('node:util');

const { median } = require('./stats');

const root = path.join(__dirname, '..', '..');
const FIGURES = path.join(root, 'docs', 'figures', 'node.json');
const README = path.join(root, 'README.md');
const BEGIN = '<!-- figures: made by bench/js/figures.js -->\n';
const END = '<!-- end of figures -->\n';

const RUN = 'One-way cost of a message';
const ROUND = 'Round trip';

/** The rows: name, scenario of run.js or `cold` for cold.js, case. */
const ROWS = [
  ['number', RUN, 'number, to worker'],
  ['string of 12 characters', RUN, 'string 12, to worker'],
  ['`{ action, powerLevel }`', RUN, '{action, powerLevel}, to worker'],
  ['object of 5 fields', RUN, '5 fields, to worker'],
  ['nested object', RUN, 'nested, to worker'],
  ['20 rows of 5 fields', RUN, '20 rows, to worker'],
  ['1 KiB of bytes', RUN, '1 KiB bytes, to worker'],
  ['64 KiB of bytes', RUN, '64 KiB bytes, to worker'],
  ['1 MiB of bytes', RUN, '1 MiB bytes, to worker'],
  ['1 MiB of bytes, `receiveViews`', 'views', '1 MiB bytes, to worker'],
  ['1 KiB transferred', RUN, 'transfer 1, to worker'],
  ['number, by `postMessages`', 'batch', 'number, to worker'],
  ['object of 5 fields, by `postMessages`', 'batch', '5 fields, to worker'],
  ['round trip of a number', ROUND, 'number, window 1'],
  ['round trip, 10 under way', ROUND, 'number, window 10'],
  ['round trip, 256 under way', ROUND, 'number, window 256'],
  ['the first number to a worker', 'cold', 'to-worker, number, 1'],
  ['the first 100 numbers', 'cold', 'to-worker, number, 100'],
  ['the first 1,000 numbers', 'cold', 'to-worker, number, 1,000'],
  ['the first 3,000 numbers', 'cold', 'to-worker, number, 3,000'],
  ['the first 10,000 numbers', 'cold', 'to-worker, number, 10,000'],
  ['the first 100,000 numbers', 'cold', 'to-worker, number, 100,000'],
  ['a worker, until its first message', 'startup', 'a worker'],
  ['a program with 100 calls to a worker', 'cold', 'program with 100 calls, wall'],
  ['a program with 1,000 calls to a worker', 'cold', 'program with 1000 calls, wall'],
];

/** What run.js calls its scenarios in its report. */
const TITLES = {
  [RUN]: RUN,
  [ROUND]: ROUND,
  batch: require('./scenarios/batch').title,
  views: require('./scenarios/views').title,
  startup: require('./scenarios/startup').title,
};

/** @returns {object} a row of figures, in ns */
function figureOf([name, from, label], run, cold) {
  if (from === 'cold') {
    const { theirs, ours, ratio } = cold.cases.find((one) => one.label === label);

    return { name, theirs: median(theirs) * 1000, ours: median(ours) * 1000, ratio };
  }

  const scenario = run.scenarios.find(({ title }) => title === TITLES[from]);
  const { summary } = scenario.cases.find((one) => one.name === label);
  const { costs, ratios } = summary[Object.keys(scenario.metrics)[0]];
  const { worker_threads: theirs, ringport: ours } = costs;

  return { name, theirs: theirs.median, ours: ours.median, ratio: ratios.ringport };
}

const UNITS = [['s', 1e9], ['ms', 1e6], ['us', 1e3], ['ns', 1]];

/** @returns {string} a time in three digits, with its unit */
function time(ns) {
  const [unit, size] = UNITS.find(([, one]) => ns >= one) ?? UNITS.at(-1);

  return `${Number((ns / size).toPrecision(3))} ${unit}`;
}

/** Whether ringport is quicker, by what `times` shows. */
const isMore = (ratio) => ratio >= 0.995;
const times = (ratio) => (ratio >= 9.95 ? ratio.toFixed(0) : ratio.toFixed(isMore(ratio) ? 1 : 2));

/** @returns {string} the part of README.md between BEGIN and END */
function part({ machine, rounds, rows }) {
  const lines = rows.map(({ name, theirs, ours, ratio }) => {
    const text = `${times(ratio.median)}x (${times(ratio.min)} to ${times(ratio.max)})`;

    return `| ${name} | ${time(theirs)} | ${time(ours)} | ${isMore(ratio.median) ? text : `**${text}**`} |`;
  });
  const { cpu, node, date } = machine;

  return `
| Node ${node.split('.')[0]} | worker_threads | ringport | times less (min to max) |
|---|---|---|---|
${lines.join('\n')}

    node bench/js/run.js --readme       # all rows but the first messages and the programs
    node bench/js/cold.js --readme      # those

Medians of ${rounds.run} rounds and ${rounds.cold} pairs of fresh processes, worker_threads and ringport in turns; one way from the main
thread to a worker, unless said otherwise. ${cpu}, Node ${node}, ${date.slice(0, 10)}. In bold: where ringport is slower.

`;
}

const COLORS = {
  light: { text: '#1f2328', weak: '#59636e', line: '#d1d9e0', more: '#2f6fd0', less: '#c2551e' },
  dark: { text: '#e6edf3', weak: '#9198a1', line: '#3d444d', more: '#5b9bf8', less: '#e08a53' },
};

/** Width of the chart, and height of a row, in pixels. */
const WIDTH = 820;
const ROW = 21;

/**
 * Draw the ratios. On the logarithmic scale twice as fast and twice as slow are equally
 * far from the line in the middle.
 * @returns {string} an SVG
 */
function chart({ machine, rounds, rows }, colors) {
  const height = 64 + rows.length * ROW + 30;
  /** The power of two at an end of the scale. */
  const edge = (end, round) =>
    2 ** round(Math.log2(Math[end](...rows.map(({ ratio }) => ratio[end]))));
  const bar = (_, api) => {
    const row = api.value(1);
    const { median: ratio, min, max } = rows[row].ratio;
    const at = (value) => api.coord([value, row])[0];
    const [, y] = api.coord([1, row]);
    const x = Math.min(at(ratio), at(1));
    const fill = isMore(ratio) ? colors.more : colors.less;

    return {
      type: 'group',
      children: [{
        type: 'rect', style: { fill },
        shape: { x, y: y - 6, width: Math.abs(at(ratio) - at(1)), height: 12 },
      }, {
        type: 'line', shape: { x1: at(min), y1: y, x2: at(max), y2: y },
        style: { stroke: colors.weak, lineWidth: 1.2 },
      }, {
        type: 'text', x: Math.max(at(max), at(1)) + 6, y,
        style: {
          text: `${times(ratio)}x`, fill: colors.text, fontSize: 11, verticalAlign: 'middle',
        },
      }],
    };
  };

  const svg = require('./svg').render({
    backgroundColor: 'transparent',
    textStyle: { fontFamily: 'system-ui, sans-serif' },
    title: {
      text: 'How many times less time a message takes than with worker_threads',
      subtext: `Node ${machine.node}, ${machine.cpu}: median of ${rounds.run} rounds, line from min to max`,
      left: 8, top: 4,
      textStyle: { fontSize: 15, color: colors.text }, subtextStyle: { color: colors.weak },
    },
    grid: { left: 268, right: 66, top: 60, height: rows.length * ROW },
    xAxis: {
      type: 'log', logBase: 2, min: edge('min', Math.floor), max: edge('max', Math.ceil),
      axisLabel: { formatter: '{value}x', color: colors.weak },
      splitLine: { lineStyle: { color: colors.line } },
    },
    yAxis: {
      type: 'category', inverse: true, data: rows.map(({ name }) => name.replaceAll('`', '')),
      axisTick: { show: false }, axisLine: { show: false }, axisLabel: { color: colors.text },
    },
    series: [{
      type: 'custom',
      data: rows.map(({ ratio }, row) => [ratio.median, row]),
      renderItem: bar,
      markLine: {
        symbol: 'none', silent: true, label: { show: false }, data: [{ xAxis: 1 }],
        lineStyle: { color: colors.weak, type: 'solid' },
      },
    }],
  }, WIDTH, height);

  return `${svg}\n`;
}

/** @returns {Map<string, string>} the files that the figures make, by name */
function filesOf(figures) {
  const text = fs.readFileSync(README, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const after = rest.slice(rest.indexOf(END));

  return new Map([
    [README, `${before}${BEGIN}${part(figures)}${after}`],
    ...Object.entries(COLORS).map(([name, colors]) =>
      [path.join(path.dirname(FIGURES), `${name}.svg`), chart(figures, colors)]),
  ]);
}

function main(args) {
  if (args.length === 2) {
    const [run, cold] = args.map((file) => JSON.parse(fs.readFileSync(file, 'utf8')));
    const { cpu, os, node, v8, libuv, date } = run.machine;
    const figures = {
      machine: { cpu, os, node, v8, libuv, date },
      rounds: { run: run.settings.rounds, cold: cold.settings.rounds },
      rows: ROWS.map((row) => figureOf(row, run, cold)),
    };

    if (cold.machine.node !== node) throw new Error('The reports are of two versions of Node');
    fs.writeFileSync(FIGURES, `${JSON.stringify(figures, null, 1)}\n`);
  }

  const files = filesOf(JSON.parse(fs.readFileSync(FIGURES, 'utf8')));

  for (const [file, text] of files) {
    if (!args.includes('--check')) fs.writeFileSync(file, text);
    else if (!fs.existsSync(file) || !isDeepStrictEqual(fs.readFileSync(file, 'utf8'), text)) {
      console.log(`${path.relative(root, file)} has other figures than docs/figures/node.json`);
      process.exitCode = 1;
    }
  }
}

main(process.argv.slice(2));
