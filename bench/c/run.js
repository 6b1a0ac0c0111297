'use strict';

/*
 * run.js - the benchmark of the C rings: the segment ring of ports and the rings of
 * RingBuffer, with 1 and 32 records per publish, compared with Concurrency Kit's ck_ring
 * and with an atomic word. Compiles ring.c for each of them.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync, execFileSync } = require('node:child_process');
const { compiler } = require('../../scripts/toolchain');
const { machine, measure, playScenario, announce, save } = require('../js/harness');
const { parse, positive, start } = require('../js/cli');

const usage = `Usage: node bench/c/run.js [options]

  --scenario s  only those whose title has this in it
  --rounds n    rounds per case (default: 5)
  --ms n        measured time per run in milliseconds (default: 400)
  --quick       short runs: to see that it works, not to publish
  --json file   write all figures to this file; bench/js/chart.js draws it
  --help        this text

CC chooses the compiler. ck_ring takes part if Concurrency Kit's headers are installed.
`;

const ROOT = path.join(__dirname, '../..');
const CORE = [
  'port/segment_ring', 'process/barrier', 'ring/shared_memory', 'ring/spsc', 'ring/mpsc', 'ring/mpmc',
];
const SOURCES = [path.join(__dirname, 'ring.c'), ...CORE
  .map((name) => path.join(ROOT, `src/core/${name}.c`))];
const FLAGS = ['-std=c11', '-D_GNU_SOURCE', '-O3', '-DNDEBUG', '-pthread',
  `-I${path.join(ROOT, 'src')}`];

/* The compiler arguments of each competitor. */
const defines = {
  'ck_ring': ['-DLANE_CK'],
  'atomic word': ['-DLANE_WORD'],
  'ringport': ['-DBATCH=1'],
  'ringport by 32': ['-DBATCH=32'],
  'spsc': ['-DLANE_SPSC', '-DBATCH=1'],
  'spsc by 32': ['-DLANE_SPSC', '-DBATCH=32'],
  'ck_ring mpmc': ['-DLANE_CK', '-DLANE_CK_MPMC'],
  'mpmc': ['-DLANE_MPMC', '-DBATCH=1'],
  'mpmc by 32': ['-DLANE_MPMC', '-DBATCH=32'],
  'mpsc': ['-DLANE_MPSC', '-DBATCH=1'],
};

const recordSizes = [8, 64, 1024];

function hasConcurrencyKit(cc) {
  const { status } = spawnSync(cc[0], [...cc.slice(1), '-E', '-x', 'c', '-'],
    { input: '#include <ck_ring.h>\n', stdio: ['pipe', 'ignore', 'ignore'] });
  return status === 0;
}

/**
 * @returns {Function} which returns the program of a competitor and record size, and
 *   compiles it on first use
 */
function programs(cc, folder) {
  const built = new Map();
  return (competitor, record) => {
    const name = `${Object.keys(defines).indexOf(competitor)}-${record}`;
    if (!built.has(name)) {
      const file = path.join(folder, name);
      execFileSync(cc[0], [...cc.slice(1), ...FLAGS, ...defines[competitor],
        `-DRECORD=${record}`, ...SOURCES, '-o', file], { stdio: ['ignore', 'inherit', 'pipe'] });
      built.set(name, file);
    }
    return built.get(name);
  };
}

function scenarios(kit) {
  const withKit = (name, ...ours) => [...kit ? [name] : [], ...ours];
  const sized = (mode) => recordSizes.map(
    (record) => ({ name: `${record} bytes`, params: { mode, record } }));
  const ways = [['in one thread', 'one'], ['from one thread to another', 'two']];
  const rings = [
    ['A record through a ring', withKit('ck_ring', 'ringport', 'ringport by 32')],
    ['A record through a shared ring, spsc,', withKit('ck_ring', 'spsc', 'spsc by 32')],
    ['A record through a shared ring, mpmc and mpsc,',
      withKit('ck_ring mpmc', 'mpmc', 'mpmc by 32', 'mpsc')],
  ];
  return [
    ...rings.flatMap(([title, competitors]) => ways.map(([way, mode]) => ({
      title: `${title} ${way}`, metrics: { wall: 'ns/record' }, competitors, cases: sized(mode),
    }))),
    {
      title: 'Ping-pong of two spinning threads', metrics: { wall: 'ns/round trip' },
      competitors: ['atomic word', ...withKit('ck_ring', 'ringport', 'spsc')],
      cases: [{ name: '8 bytes', params: { mode: 'pingpong', record: 8 } }],
    },
  ];
}

async function play(options, cc, folder) {
  const rounds = positive(options, 'rounds', options.quick ? 2 : 5);
  const ms = positive(options, 'ms', options.quick ? 80 : 400);
  const kit = hasConcurrencyKit(cc);
  const programOf = programs(cc, folder);
  const report = { machine: machine(), settings: { rounds, measureMs: ms }, scenarios: [] };

  announce(report.machine);
  if (!kit) {
    console.log('ck_ring does not take part: its headers are not installed ' +
      '(on Debian or Ubuntu: apt-get install libck-dev)');
  }
  const wanted = scenarios(kit).filter(({ title }) => title.includes(options.scenario ?? ''));
  for (const { competitors, cases, ...scenario } of wanted) {
    const run = (competitor, { mode, record }) =>
      measure(programOf(competitor, record), [mode, String(ms)]);
    report.scenarios.push(await playScenario(scenario, cases, competitors, rounds, run));
  }
  save(report, options.json);
}

start(async () => {
  const options = parse({ scenario: { type: 'string' } }, usage);
  const cc = compiler()?.split(' ');
  if (cc === undefined) {
    throw new Error('no C compiler found (on Debian or Ubuntu: apt-get install gcc)');
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-bench-'));
  try {
    await play(options, cc, folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
