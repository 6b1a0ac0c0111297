'use strict';

/*
 * rings.js - the benchmark of RingBuffer: compared with ringbuf.js for blocks and single
 * integers, and with thread-stream in the latter's own benchmark. See ../README.md.
 */

const path = require('node:path');
const { machine, measure, playScenario, announce, save } = require('./harness');
const { parse, positive, start } = require('./cli');
const { BLOCK, TEXTS } = require('./rings/lanes');

const usage = `Usage: node bench/js/rings.js [options]

  --filter text  only cases whose name contains the text; several with |
  --rounds n     rounds per case (default: 5)
  --ms n         measured time per run in milliseconds (default: 400)
  --quick        short runs: to see that it works, not to publish
  --json file    write all figures to this file; bench/js/chart.js draws it
  --help         this text
`;

const bytes = (length) => ({ kind: 'bytes', length });
const integers = (length) => ({ kind: 'integers', length });

const kinds = {
  '512-byte blocks': bytes(512),
  '1 KiB blocks': bytes(1024),
  'single integers': integers(1),
  [`integers, ${BLOCK} at a time`]: integers(BLOCK),
};

const ways = { 'worker to main': 'between', 'one thread': 'within' };

const scenarios = [{
  title: 'RingBuffer beside ringbuf.js',
  metrics: { wall: 'ns/unit', cpu: 'CPU ns' },
  competitors: ['ringbuf.js', 'ringport', 'ringport in batches'],
  cases: Object.entries(kinds).flatMap(([kind, params]) => Object.entries(ways).map(
    ([way, value]) => ({ name: `${kind}, ${way}`, params: { ...params, way: value } }))),
}, {
  title: `RingBuffer beside thread-stream: ${TEXTS.toLocaleString('en-US')} writes of 500 bytes, 4 MiB`,
  metrics: { send: 'send ns', wall: 'ns/write', cpu: 'CPU ns' },
  competitors: ['thread-stream', 'thread-stream sync', 'ringport'],
  cases: [{ name: '500-byte texts to a file', params: { way: 'texts' } }],
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
      path.join(__dirname, 'rings/child.js'), JSON.stringify({ competitor, params, ...times }),
    ]);

    if (cases.length === 0) continue;
    report.scenarios.push(await playScenario(scenario, cases, scenario.competitors, rounds, run));
  }
  save(report, options.json);
});
