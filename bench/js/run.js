'use strict';

/*
 * The benchmark driver: every figure the project publishes comes from here. Each case runs in a
 * fresh process per competitor; the competitors take turns within a round (and swap who goes
 * first), so that what else the machine does hits all of them. What is printed is the median over
 * the rounds; a ratio is taken per round, and shown as median (min to max).
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFile } = require('node:child_process');
const { parseArgs, promisify } = require('node:util');
const { names: implementations } = require('./threads');
const { spread, ratios, geometricMean } = require('./stats');
const { heading, line } = require('./table');

const run = promisify(execFile);

const scenarioNames = fs.readdirSync(path.join(__dirname, 'scenarios'))
  .map((file) => path.basename(file, '.js'));

const usage = `Usage: node bench/js/run.js [options]

  --scenario a,b         of ${scenarioNames.join(', ')}
                         (default: all)
  --filter text          only cases whose name contains the text; several with commas
  --implementations a,b  competitors, the one to compare with first
                         (default: ${implementations.join(',')})
  --rounds n             rounds per case (default: 5)
  --ms n                 measured time per run in milliseconds (default: 400)
  --quick                few payloads, short runs: to see that it works, not to publish
  --json file            write all figures to this file; bench/js/chart.js draws it
  --list                 only list the cases
  --help                 this text
`;

/** The command line, or one line that says what is wrong with it. */
function parse(known) {
  try {
    return parseArgs({ options: known }).values;
  } catch (error) {
    console.error(`${error.message}\nSee --help.`);
    return process.exit(1);
  }
}

const options = parse({
  scenario: { type: 'string', default: scenarioNames.join(',') },
  filter: { type: 'string', default: '' },
  implementations: { type: 'string', default: implementations.join(',') },
  rounds: { type: 'string' },
  ms: { type: 'string' },
  quick: { type: 'boolean', default: false },
  json: { type: 'string' },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
});

/** A positive number from the command line. */
function positive(name, fallback) {
  const value = options[name] === undefined ? fallback : Number(options[name]);
  if (!(value >= 1)) {
    throw new RangeError(`--${name} must be a positive number, not '${options[name]}'`);
  }
  return value;
}

/** A list from the command line, each one of `known`. */
function listOf(name, known) {
  const list = [...new Set(options[name].split(','))];
  const unknown = list.find((value) => !known.includes(value));
  if (unknown !== undefined) {
    throw new RangeError(`--${name}: '${unknown}' is not one of ${known.join(', ')}`);
  }
  return list;
}

function machine() {
  const cpus = os.cpus();
  return {
    cpu: `${cpus[0].model.trim()}, ${cpus.length} cores`,
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    os: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.versions.node,
    v8: process.versions.v8,
    libuv: process.versions.uv,
    load: os.loadavg()[0].toFixed(2),
    command: ['node', ...process.execArgv, 'bench/js/run.js', ...process.argv.slice(2)].join(' '),
    date: new Date().toISOString(),
  };
}

/** One run in a process of its own. */
async function measure(implementation, scenario, params, times) {
  const job = JSON.stringify({ implementation, scenario, params, ...times });
  const { execArgv = [] } = require(`./scenarios/${scenario}`);
  const { stdout } = await run(process.execPath,
    [...process.execArgv, ...execArgv, path.join(__dirname, 'child.js'), job]);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

/** All rounds of one case: { implementation: { metric: [cost of round 1, ...] } }. */
async function play(competitors, scenario, params, { rounds, ...times }) {
  const results = {};
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 ? competitors.toReversed() : competitors) {
      const costs = await measure(name, scenario, params, times);
      for (const [metric, cost] of Object.entries(costs)) {
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
      costs: Object.fromEntries(Object.entries(results).map(
        ([name, costs]) => [name, spread(costs[metric])])),
      ratios: Object.fromEntries(others.map(
        (name) => [name, ratios(results[baseline][metric], results[name][metric])])),
    }]));
}

async function playScenario(name, competitors, settings, filters) {
  const { title, metrics, cases } = require(`./scenarios/${name}`);
  const chosen = cases({ quick: settings.quick }).filter(
    (one) => filters.some((text) => one.name.includes(text)));
  if (options.list) {
    chosen.forEach((one) => console.log(`${name}: ${one.name}`));
    return null;
  }
  console.log(`\n${title}\n${heading(competitors)}`);
  const played = [];
  for (const { name: label, params } of chosen) {
    const results = await play(competitors, name, params, settings);
    const summary = summarize(results, Object.keys(metrics), competitors);
    Object.entries(summary).forEach(([metric, figures], row) => {
      console.log(line(row === 0 ? label : '', metrics[metric], figures, competitors));
    });
    played.push({ name: label, params, summary, results });
  }
  const [first] = Object.keys(metrics);
  for (const other of competitors.slice(1)) {
    const medians = played.map(({ summary }) => summary[first].ratios[other].median);
    if (medians.length > 1) {
      console.log(`geometric mean of the ${metrics[first]} ratios of ${other}: ` +
        `${geometricMean(medians).toFixed(2)}x`);
    }
  }
  return { name, title, metrics, cases: played };
}

async function main() {
  if (options.help) {
    process.stdout.write(usage);
    return;
  }
  const competitors = listOf('implementations', implementations);
  const scenarios = listOf('scenario', scenarioNames);
  const filters = options.filter.split(',');
  const measureMs = positive('ms', options.quick ? 80 : 400);
  const settings = {
    rounds: positive('rounds', options.quick ? 2 : 5),
    quick: options.quick, measureMs, warmMs: options.quick ? 60 : 250,
  };
  const report = { machine: machine(), settings, competitors, scenarios: [] };
  if (!options.list) {
    Object.entries(report.machine).forEach(([key, value]) => console.log(`${key}: ${value}`));
  }
  for (const name of scenarios) {
    report.scenarios.push(await playScenario(name, competitors, settings, filters));
  }
  if (options.json && !options.list) {
    fs.writeFileSync(options.json, `${JSON.stringify(report, null, 1)}\n`);
    console.log(`\nwritten to ${options.json}`);
  }
}

main().catch((error) => {
  console.error(error.stderr ? `a run failed:\n${error.stderr}` : `${error.message}`);
  process.exitCode = 1;
});
