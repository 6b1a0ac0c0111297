'use strict';

/*
 * streams.js - ringport/thread-stream and thread-stream: writes of 500 bytes to a file in
 * a worker, as in thread-stream's own benchmark. Each run is a fresh process.
 */

const { createWriteStream } = require('node:fs');
const { once } = require('node:events');

const { machine, measure, playScenario, announce, save } = require('./harness');
const { parse, positive, listOf, start } = require('./cli');

const COMPETITORS = ['thread-stream', 'ringport'];
const SCENARIOS = ['async', 'sync', 'first-async', 'first-sync', 'program-async', 'program-sync'];

const usage = `Usage: node bench/js/streams.js [options]

  --scenario a,b  of ${SCENARIOS.join(', ')} (default: all)
  --writes a,b    their numbers (default: 1,10,100,1000,10000)
  --rounds n      processes per case and stream (default: 7)
  --quick         short runs: to see that it works, not to publish
  --json file     write all figures to this file
  --help          this text
`;

const files = { 'thread-stream': 'thread-stream', ringport: '../../dist/thread-stream' };
const line = 'hello'.repeat(100);
/** The runs of a warm case. */
const RUNS = 40;

/** The destination, which the worker loads this file for. */
async function toFile() {
  const stream = createWriteStream('/dev/null');

  await once(stream, 'open');
  return stream;
}

const now = () => Number(process.hrtime.bigint()) / 1000;

function open(name, sync) {
  const ThreadStream = require(files[name]);

  return new ThreadStream({ filename: __filename, sync, bufferSize: 4 * 1024 * 1024 });
}

/** Write, and wait as thread-stream's own benchmark does. */
function write(stream, sync, count) {
  return new Promise((resolve) => {
    let more = true;

    for (let i = 0; i < count; i++) more = stream.write(line) && more;
    if (sync || more) setImmediate(resolve);
    else stream.once('drain', resolve);
  });
}

const flushed = (stream) => new Promise((resolve, reject) => {
  stream.flush((error) => (error ? reject(error) : resolve()));
});

/** Times since `begin`: all is written, and the destination has all of it. */
async function timed(stream, sync, count, begin) {
  await write(stream, sync, count);

  const written = now() - begin;

  await flushed(stream);
  return { written, delivered: now() - begin };
}

/** CPU time in microseconds and memory in MiB of the process so far. */
function used() {
  const { user, system } = process.cpuUsage();

  return { cpu: user + system, memory: process.resourceUsage().maxRSS / 1024 };
}

/** What a run measures, by the first word of its scenario. */
const runs = {
  /** A program, from the require() of the stream on. */
  async program(name, sync, count) {
    const begin = now();

    return { ...await timed(open(name, sync), sync, count, begin), ...used() };
  },
  /** The first writes, to a worker that has started. */
  async first(name, sync, count) {
    const stream = open(name, sync);

    await once(stream, 'ready');

    const { cpu } = used();
    const times = await timed(stream, sync, count, now());

    return { ...times, cpu: used().cpu - cpu };
  },
  /** Again and again, the median. */
  async warm(name, sync, count) {
    const stream = open(name, sync);

    await once(stream, 'ready');
    for (let i = 0; i < RUNS; i++) await write(stream, sync, count);
    await flushed(stream);

    const { cpu } = used();
    const begin = now();

    for (let i = 0; i < RUNS; i++) await write(stream, sync, count);

    const written = (now() - begin) / RUNS;

    await flushed(stream);
    return { written, cpu: (used().cpu - cpu) / RUNS, memory: used().memory };
  },
};

async function child(name, scenario, count) {
  const [mode, kind = 'warm'] = scenario.split('-').reverse();
  const result = await runs[kind](name, mode === 'sync', Number(count));

  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit());
}

const METRICS = { written: 'written, us', delivered: 'delivered, us', cpu: 'CPU us', memory: 'MiB' };
const TITLES = {
  async: '500 bytes, sync: false, until \'drain\', again and again (us)',
  sync: '500 bytes, sync: true, again and again (us)',
  'first-async': 'The first writes, sync: false, to a worker that has started (us)',
  'first-sync': 'The first writes, sync: true, to a worker that has started (us)',
  'program-async': 'A program, sync: false, from require() on (us)',
  'program-sync': 'A program, sync: true, from require() on (us)',
};

async function main() {
  const options = parse({
    scenario: { type: 'string', default: SCENARIOS.join(',') }, writes: { type: 'string', default: '1,10,100,1000,10000' },
  }, usage);
  const rounds = positive(options, 'rounds', options.quick ? 1 : 7);
  const writes = options.quick ? [10_000] : options.writes.split(',').map(Number);
  const report = { machine: machine(), settings: { rounds }, scenarios: [] };

  announce(report.machine);
  for (const name of listOf(options, 'scenario', SCENARIOS)) {
    const counts = name.includes('-') ? writes : writes.slice(-1);
    const cases = counts.map((count) => ({ name: `${count}`, params: { count } }));

    const run = (competitor, { count }) =>
      measure(process.execPath, [__filename, 'child', competitor, name, `${count}`]);

    report.scenarios.push(await playScenario({ title: TITLES[name], metrics: METRICS },
      cases, COMPETITORS, rounds, run));
  }
  save(report, options.json);
}

if (process.argv[2] === 'child') child(...process.argv.slice(3));
else if (require.main === module) start(main);

module.exports = toFile;
