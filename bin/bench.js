'use strict';

/*
 * bench.js - `ringport bench`: a short comparison of ringport and worker_threads on the
 * user's own machine, by the same programs as the figures of README.md.
 */

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { machine, measure } = require('../bench/js/harness');
const { median, ratios } = require('../bench/js/stats');
const { cases } = require('./bench/cases');
const { html, svg, table } = require('./bench/report');

/** In the order of the first round; the next has them the other way round. */
const COMPETITORS = ['worker_threads', 'ringport'];

/**
 * Variables that the measured processes do not inherit: a preload such as
 * ringport/register would replace worker_threads, and the others change the speed.
 */
const WITHOUT = Object.fromEntries([
  'NODE_OPTIONS', 'NODE_V8_COVERAGE', 'NODE_DEBUG',
  'RINGPORT_TOP', 'RINGPORT_SPIN', 'RINGPORT_LINGER', 'RINGPORT_COLD',
].map((name) => [name, undefined]));

const usage = `Usage: ringport bench [options]

Compares ringport with worker_threads on this machine, in about 25 seconds. Each figure
is the median of some rounds of fresh processes; rows in which ringport is slower are
shown, too. Run it on a quiet machine.

  --rounds n      rounds (default: 3)
  --chart file    write a chart: .svg, or .html with the table below it
  --json file     write all figures to this file
  --help          this text
`;

const options = {
  rounds: { type: 'string', default: '3' },
  chart: { type: 'string' },
  json: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
};

const charts = { '.svg': svg, '.html': html };

/** @returns {number} @throws {Error} */
function roundsOf(text) {
  const rounds = Number(text);

  if (Number.isInteger(rounds) && rounds >= 1 && rounds <= 100) return rounds;
  throw new Error(`--rounds must be a number from 1 to 100, not '${text}'`);
}

/** Shows on a terminal how far it is. */
function progress(total) {
  const { stderr } = process;
  let done = 0;

  return {
    step() {
      done++;
      if (stderr.isTTY) stderr.write(`\r${Math.floor(done / total * 100)} %\x1b[K`);
    },
    end() {
      if (stderr.isTTY) stderr.write('\r\x1b[K');
    },
  };
}

/** Run all rounds. @returns {Promise<object[]>} the rows, with all times in ns */
async function play(rounds) {
  const rows = cases.flatMap(({ rows: names, group }) =>
    names.map((name) => ({ name, group, worker_threads: [], ringport: [] })));
  const { step, end } = progress(rounds * cases.length * COMPETITORS.length);

  for (let round = 0; round < rounds; round++) {
    let first = 0;

    for (const { rows: names, argsFor, read } of cases) {
      for (const name of round % 2 ? COMPETITORS.toReversed() : COMPETITORS) {
        const times = read(await measure(process.execPath, argsFor(name), WITHOUT));

        times.forEach((time, i) => rows[first + i][name].push(time));
        step();
      }
      first += names.length;
    }
  }
  end();
  return rows.map(({ name, group, worker_threads: theirs, ringport: ours }) => ({
    name, group, theirs: median(theirs), ours: median(ours), ratio: ratios(theirs, ours),
    times: { worker_threads: theirs, ringport: ours },
  }));
}

/** @param {string[]} args */
async function main(args) {
  const { values } = parseArgs({ args, options });

  if (values.help) {
    process.stdout.write(usage);
    return;
  }

  const rounds = roundsOf(values.rounds);
  const draw = values.chart === undefined ? null : charts[path.extname(values.chart)];

  if (draw === undefined) throw new Error(`--chart makes .svg and .html, not '${values.chart}'`);
  for (const file of [values.chart, values.json]) {
    if (file !== undefined) fs.accessSync(path.dirname(path.resolve(file)), fs.constants.W_OK);
  }

  const report = { machine: machine(), rounds, rows: await play(rounds) };
  const { stdout, env } = process;

  stdout.write(table(report, stdout.isTTY === true && !env.NO_COLOR && stdout.getColorDepth() > 1));
  for (const [file, text] of [
    [values.chart, draw && draw(report)], [values.json, `${JSON.stringify(report, null, 1)}\n`],
  ]) {
    if (file === undefined) continue;
    fs.writeFileSync(file, text);
    stdout.write(`written to ${file}\n`);
  }
}

module.exports = { main };
