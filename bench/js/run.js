'use strict';

/* run.js - the main benchmark: ringport and worker_threads. See ../README.md. */

const fs = require('node:fs');
const path = require('node:path');
const { names: implementations } = require('./threads');
const { machine, measure, playScenario, announce, save } = require('./harness');
const { parse, positive, listOf, start } = require('./cli');

const scenarioNames = fs.readdirSync(path.join(__dirname, 'scenarios'))
  .map((file) => path.basename(file, '.js'));

/** What README.md shows; figures.js makes its table and its chart of it. */
const README = {
  scenario: 'oneway,batch,views,roundtrip,startup',
  filter: [
    ...['number', 'string 12', '{action, powerLevel}', '5 fields', 'nested', '20 rows'].map((name) => `${name}, to worker`),
    ...['1 KiB bytes', '64 KiB bytes', '1 MiB bytes', 'transfer 1'].map((name) => `${name}, to worker`),
    'number, window', 'a worker',
  ].join('|'),
};

const usage = `Usage: node bench/js/run.js [options]

  --scenario a,b         of ${scenarioNames.join(', ')}
                         (default: all)
  --filter text          only cases whose name contains the text; several with |
  --readme               the cases of README.md
  --implementations a,b  competitors, the one to compare with first
                         (default: ${implementations.join(',')})
  --rounds n             rounds per case (default: 5)
  --ms n                 measured time per run in milliseconds (default: 400)
  --quick                few cases (unless filtered), short runs: to see that it works, not to
                         publish
  --json file            write all figures to this file; bench/js/chart.js draws it
  --list                 only list the cases
  --help                 this text
`;

start(async () => {
  const options = parse({
    scenario: { type: 'string', default: scenarioNames.join(',') },
    filter: { type: 'string', default: '' },
    implementations: { type: 'string', default: implementations.join(',') },
    list: { type: 'boolean', default: false },
    readme: { type: 'boolean', default: false },
  }, usage);

  if (options.readme) Object.assign(options, README);

  const competitors = listOf(options, 'implementations', implementations);
  const rounds = positive(options, 'rounds', options.quick ? 2 : 5);
  const times = {
    measureMs: positive(options, 'ms', options.quick ? 80 : 400),
    warmMs: options.quick ? 60 : 250,
  };
  const filters = options.filter.split('|');
  const chosen = listOf(options, 'scenario', scenarioNames).map((name) => {
    const scenario = require(`./scenarios/${name}`);
    const cases = scenario.cases({ quick: options.quick && options.filter === '' }).filter(
      (one) => filters.some((text) => one.name.includes(text)));
    return { name, scenario, cases };
  }).filter(({ cases }) => cases.length > 0);
  if (chosen.length === 0) {
    throw new RangeError(`--filter: no case has '${options.filter}' in its name`);
  }

  if (options.list) {
    for (const { name, cases } of chosen) {
      cases.forEach((one) => console.log(`${name}: ${one.name}`));
    }
    return;
  }
  const report = { machine: machine(), settings: { rounds, ...times }, scenarios: [] };
  announce(report.machine);
  for (const { name, scenario, cases } of chosen) {
    const run = (implementation, params) => measure(process.execPath, [
      ...process.execArgv, ...scenario.execArgv ?? [], path.join(__dirname, 'child.js'),
      JSON.stringify({ implementation, scenario: name, params, ...times }),
    ]);
    report.scenarios.push(await playScenario(scenario, cases, competitors, rounds, run));
  }
  save(report, options.json);
});
