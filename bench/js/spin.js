'use strict';

/*
 * spin.js - round trips of a small message between two threads that poll before they
 * sleep (setIdleStrategy). Compared with worker_threads and ringport, whose threads
 * sleep, and with the lower limit: an atomic word that two C threads on two cores write
 * in turn.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const { compiler } = require('../../scripts/toolchain');
const { machine, measure, playScenario, announce, save } = require('./harness');
const { parse, positive, start } = require('./cli');
const roundtrip = require('./scenarios/roundtrip');
const { ratios } = require('./stats');

const usage = `Usage: node bench/js/spin.js [options]

  --spin n      microseconds to watch (default: 50)
  --rounds n    rounds per case (default: 5)
  --ms n        measured time per run in milliseconds (default: 400)
  --quick       short runs: to see that it works, not to publish
  --json file   write all figures to this file; bench/js/chart.js draws it
  --help        this text

CC chooses the compiler. Means nothing without two free cores.
`;

const WORD = 'atomic word';
const SPINNING = 'ringport spins';
const competitors = ['worker_threads', WORD, 'ringport', SPINNING];
const payloads = ['number', 'string 12', '{action, powerLevel}'];

/** The ping-pong of bench/c by an atomic word. */
function buildWord(folder) {
  const cc = compiler()?.split(' ');
  if (cc === undefined) {
    throw new Error('no C compiler found (on Debian or Ubuntu: apt-get install gcc)');
  }
  const root = path.join(__dirname, '../..');
  const file = path.join(folder, 'word');
  execFileSync(cc[0], [...cc.slice(1), '-std=c11', '-D_GNU_SOURCE', '-O3', '-DNDEBUG', '-pthread',
    `-I${path.join(root, 'src')}`, '-DLANE_WORD', '-DRECORD=8', path.join(root, 'bench/c/ring.c'),
    '-o', file], { stdio: ['ignore', 'inherit', 'pipe'] });
  return file;
}

async function play(options, folder) {
  const rounds = positive(options, 'rounds', options.quick ? 2 : 5);
  const spin = positive(options, 'spin', 50);
  const times = {
    measureMs: positive(options, 'ms', options.quick ? 80 : 400),
    warmMs: options.quick ? 60 : 250,
  };
  const word = buildWord(folder);
  const report = { machine: machine(), settings: { rounds, spin, ...times }, scenarios: [] };

  announce(report.machine);
  const run = (competitor, params) => {
    if (competitor === WORD) {
      return measure(word, ['pingpong', String(times.measureMs)]);
    }
    const implementation = competitor === SPINNING ? 'ringport' : competitor;
    const job = { implementation, scenario: 'roundtrip', params, ...times };
    return measure(process.execPath,
      [...process.execArgv, path.join(__dirname, 'child.js'), JSON.stringify(job)],
      competitor === SPINNING ? { RINGPORT_SPIN: String(spin) } : {});
  };
  const cases = payloads.map((payload) => ({ name: payload, params: { payload, window: 1 } }));
  const title = `Round trip, both ends watch for ${spin} us before they sleep`;
  const scenario = await playScenario({ ...roundtrip, title }, cases, competitors, rounds, run);

  for (const { name, results } of scenario.cases) {
    const { median, min, max } = ratios(results[SPINNING].wall, results[WORD].wall);
    console.log(`${name}: ${median.toFixed(1)} times the atomic word ` +
      `(${min.toFixed(1)} to ${max.toFixed(1)})`);
  }
  report.scenarios.push(scenario);
  save(report, options.json);
}

start(async () => {
  const options = parse({ spin: { type: 'string' } }, usage);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-bench-'));
  try {
    await play(options, folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
