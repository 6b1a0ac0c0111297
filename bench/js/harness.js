'use strict';

/*
 * Plays cases: each competitor in a fresh process, in turns within a round, the order swapped every
 * other round, so that what else the machine does hits all of them. Shown are medians over the
 * rounds; a ratio is taken per round, and shown as median (min to max).
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFile } = require('node:child_process');
const { promisify } = require('node:util');
const { spread, ratios, geometricMean } = require('./stats');
const { heading, line } = require('./table');

const exec = promisify(execFile);

/** What the figures were measured on, and by which command. */
function machine() {
  const cpus = os.cpus();
  const script = path.relative(path.join(__dirname, '../..'), process.argv[1]);
  return {
    cpu: `${cpus[0].model.trim()}, ${cpus.length} cores`,
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    os: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.versions.node,
    v8: process.versions.v8,
    libuv: process.versions.uv,
    load: os.loadavg()[0].toFixed(2),
    command: ['node', ...process.execArgv, script, ...process.argv.slice(2)].join(' '),
    date: new Date().toISOString(),
  };
}

/* A run takes a second or two; one that hangs must not hang the bench. */
const RUN_TIMEOUT_MS = 120000;

/** Run a program; its last line of output is its result as JSON: { metric: cost }. */
async function measure(program, args, env = {}) {
  try {
    const { stdout } = await exec(program, args,
      { timeout: RUN_TIMEOUT_MS, env: { ...process.env, ...env } });
    return JSON.parse(stdout.trim().split('\n').at(-1));
  } catch (error) {
    if (error.killed) {
      throw new Error(`a run did not end within ${RUN_TIMEOUT_MS / 1000} s: ${args.at(-1)}`,
        { cause: error });
    }
    throw error;
  }
}

/** All rounds of one case: { competitor: { metric: [cost of round 1, ...] } }. */
async function play(competitors, rounds, run) {
  const results = {};
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 ? competitors.toReversed() : competitors) {
      for (const [metric, cost] of Object.entries(await run(name))) {
        ((results[name] ??= {})[metric] ??= []).push(cost);
      }
    }
  }
  return results;
}

/** Medians of each competitor, and ratios of the first to each of the others. */
function summarize(results, metrics, [baseline, ...others]) {
  return Object.fromEntries(metrics
    .filter((metric) => results[baseline][metric])
    .map((metric) => [metric, {
      costs: Object.fromEntries(Object.entries(results)
        .filter(([, costs]) => costs[metric])
        .map(([name, costs]) => [name, spread(costs[metric])])),
      ratios: Object.fromEntries(others
        .filter((name) => results[name][metric])
        .map((name) => [name, ratios(results[baseline][metric], results[name][metric])])),
    }]));
}

/**
 * Play all cases of a scenario and print its table.
 *
 * @param {{ title: string, metrics: Object<string, string> }} scenario the first metric counts
 * @param {{ name: string, params: Object }[]} cases
 * @param {string[]} competitors the first is the one compared with
 * @param {number} rounds
 * @param {(competitor: string, params: Object) => Promise<Object<string, number>>} run
 * @returns {Promise<Object>} the part of the JSON report for this scenario
 */
async function playScenario({ title, metrics }, cases, competitors, rounds, run) {
  console.log(`\n${title}\n${heading(competitors)}`);
  const played = [];
  for (const { name, params } of cases) {
    const results = await play(competitors, rounds, (competitor) => run(competitor, params));
    const summary = summarize(results, Object.keys(metrics), competitors);
    Object.entries(summary).forEach(([metric, figures], row) => {
      console.log(line(row === 0 ? name : '', metrics[metric], figures, competitors));
    });
    played.push({ name, params, summary, results });
  }
  const [first] = Object.keys(metrics);
  for (const other of competitors.slice(1)) {
    const medians = played.map(({ summary }) => summary[first].ratios[other].median);
    if (medians.length > 1) {
      console.log(`geometric mean of the ${metrics[first]} ratios of ${other}: ` +
        `${geometricMean(medians).toFixed(2)}x`);
    }
  }
  return { title, metrics, competitors, cases: played };
}

/** Print what the figures that follow are measured on. */
function announce(about) {
  Object.entries(about).forEach(([key, value]) => console.log(`${key}: ${value}`));
}

/** Write the report to `file`, if there is one. */
function save(report, file) {
  if (file) {
    fs.writeFileSync(file, `${JSON.stringify(report, null, 1)}\n`);
    console.log(`\nwritten to ${file}`);
  }
}

module.exports = { machine, measure, playScenario, announce, save };
