'use strict';

/*
 * harness.js - runs cases: each competitor in a fresh process, in turn within a round, in
 * reverse order in every other round, so that other load on the machine affects all of
 * them. Prints medians over the rounds. A ratio is computed per round, and printed as
 * median (min to max).
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFile } = require('node:child_process');
const { promisify } = require('node:util');
const { spread, ratios, geometricMean } = require('./stats');
const { heading, line } = require('./table');

const exec = promisify(execFile);

/** The machine, the versions and the command, for the report. */
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

/* Time limit of a run, which takes a second or two. */
const RUN_TIMEOUT_MS = 120000;

/** Run a program, whose last line of output is its result as JSON: { metric: cost }. */
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

/** Run all rounds of a case: { competitor: { metric: [cost of round 1, ...] } }. */
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

/**
 * The medians of each competitor, and the ratios of the first one to each of the others.
 */
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
 * Run all cases of a scenario and print its table.
 *
 * @param {{ title: string, metrics: Object<string, string> }} scenario the first metric
 *   is the main one
 * @param {{ name: string, params: Object }[]} cases
 * @param {string[]} competitors the first is compared with each of the others
 * @param {number} rounds
 * @param {(competitor: string, params: Object) => Promise<Object<string, number>>} run
 * @returns {Promise<Object>} this scenario's part of the JSON report
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

/** Print the machine, the versions and the command. */
function announce(about) {
  Object.entries(about).forEach(([key, value]) => console.log(`${key}: ${value}`));
}

/** Write the report to `file`, if given. */
function save(report, file) {
  if (file) {
    fs.writeFileSync(file, `${JSON.stringify(report, null, 1)}\n`);
    console.log(`\nwritten to ${file}`);
  }
}

module.exports = { machine, measure, playScenario, announce, save };
