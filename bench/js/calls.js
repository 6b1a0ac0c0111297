'use strict';

/*
 * calls.js - the benchmark of calls: requestSync() compared with synckit and
 * sync-message-port, which also block, and request() compared with a round trip of
 * messages. bench/README.md has the rules.
 */

const path = require('node:path');
const { machine, measure, playScenario, announce, save } = require('./harness');
const { parse, positive, start } = require('./cli');
const { values } = require('./calls/competitors');

const usage = `Usage: node bench/js/calls.js [options]

  --filter text  only cases whose name contains the text; several with |
  --rounds n     rounds per case (default: 5)
  --ms n         measured time per run in milliseconds (default: 400)
  --quick        short runs: to see that it works, not to publish
  --json file    write all figures to this file; bench/js/chart.js draws it
  --help         this text
`;

const BLOCKING = ['synckit', 'sync-message-port', 'ringport', 'ringport/synckit'];

const scenarios = [{
  title: 'Calls that block, one after the other',
  metrics: { wall: 'ns/call', cpu: 'CPU ns', p50: 'p50 ns', p99: 'p99 ns', switches: 'switches' },
  competitors: BLOCKING,
  cases: Object.keys(values).map((value) => ({ name: `${value}, both awake`, params: { value, way: 'awake' } })),
}, {
  title: 'Calls that block, 2 ms apart: the other thread sleeps',
  metrics: { wall: 'ns/call', p50: 'p50 ns' },
  competitors: BLOCKING,
  cases: [{ name: 'object, asleep', params: { value: 'object', way: 'asleep' } }],
}, {
  title: 'From the start of the program to the answer of its first calls that block',
  metrics: { first: 'ns' },
  competitors: BLOCKING,
  cases: [['first call', 1], ['10 calls', 10], ['100 calls', 100]]
    .map(([name, calls]) => ({ name, params: { value: 'object', way: 'first', calls } })),
}, {
  title: 'Calls that do not block, one after the other',
  metrics: { wall: 'ns/call', cpu: 'CPU ns' },
  competitors: ['messages', 'request'],
  cases: [{ name: 'object, awaited', params: { value: 'object', way: 'awaited' } }],
}];

start(async () => {
  const options = parse({ filter: { type: 'string', default: '' } }, usage);
  const rounds = positive(options, 'rounds', options.quick ? 2 : 5);
  const times = {
    measureMs: positive(options, 'ms', options.quick ? 80 : 400),
    warmMs: options.quick ? 60 : 250,
  };
  const filters = options.filter.split('|');
  const report = { machine: machine(), settings: { rounds, ...times }, scenarios: [] };

  announce(report.machine);
  for (const scenario of scenarios) {
    const cases = scenario.cases.filter(({ name }) => filters.some((text) => name.includes(text)));
    const run = (competitor, params) => measure(process.execPath, [
      path.join(__dirname, 'calls/child.js'), JSON.stringify({ competitor, params, ...times }),
    ]);

    if (cases.length === 0) continue;
    report.scenarios.push(await playScenario(scenario, cases, scenario.competitors, rounds, run));
  }
  save(report, options.json);
});
