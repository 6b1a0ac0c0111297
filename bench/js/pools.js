'use strict';

/*
 * pools.js - ringport's Pool and the pools of npm: what a task costs besides its work,
 * with two workers, and from the first task on. Each run is a fresh process.
 */

const path = require('node:path');

const { machine, measure, playScenario, announce, save } = require('./harness');
const { parse, positive, listOf, start } = require('./cli');
const { percentile } = require('./stats');

const COMPETITORS = ['piscina', 'tinypool', 'workerpool', 'poolifier', 'ringport'];
const SCENARIOS = ['saturated', 'single', 'work', 'latency', 'curve', 'many'];

const usage = `Usage: node bench/js/pools.js [options]

  --scenario a,b  of ${SCENARIOS.join(', ')} (default: all)
  --only a,b      of ${COMPETITORS.join(', ')} (default: all)
  --rounds n      processes per case and pool (default: 5)
  --quick         short runs: to see that it works, not to publish
  --json file     write all figures to this file
  --help          this text
`;

const WORKERS = 2;
const MANY_WORKERS = 8;
const filename = path.join(__dirname, 'pools/task.js');

/** Each starts a pool, and returns how to run a task and how to end. */
const makers = {
  async piscina(threads) {
    const { Piscina } = require('piscina');
    const pool = new Piscina({ filename, minThreads: threads, maxThreads: threads });

    return { run: (task) => pool.run(task), end: () => pool.destroy() };
  },
  async tinypool(threads) {
    const { default: Tinypool } = await import('tinypool');
    const pool = new Tinypool({ filename, minThreads: threads, maxThreads: threads });

    return { run: (task) => pool.run(task), end: () => pool.destroy() };
  },
  async workerpool(threads) {
    const pool = require('workerpool').pool(filename,
      { minWorkers: threads, maxWorkers: threads, workerType: 'thread' });

    return { run: (task) => pool.exec('spin', [task]), end: () => pool.terminate(true) };
  },
  async poolifier(threads) {
    const { FixedThreadPool } = require('poolifier');
    const pool = new FixedThreadPool(threads, filename);

    return { run: (task) => pool.execute(task), end: () => pool.destroy() };
  },
  async ringport(threads) {
    const { Pool } = require('../..');
    const pool = new Pool({ filename, minThreads: threads, maxThreads: threads });

    return { run: (task) => pool.run(task), end: () => pool.destroy() };
  },
};

const microseconds = (begin) => Number(process.hrtime.bigint() - begin) / 1000;

function all(pool, count, task) {
  return Promise.all(Array.from({ length: count }, () => pool.run(task)));
}

/** @returns {Promise<number>} microseconds per task */
async function timed(count, body) {
  const begin = process.hrtime.bigint();

  await body();
  return microseconds(begin) / count;
}

/** What a run measures. */
const runs = {
  async saturated({ name, tasks }) {
    const pool = await makers[name](WORKERS);

    await all(pool, tasks, 0);

    const cpu = process.cpuUsage();
    const cost = await timed(tasks, () => all(pool, tasks, 0));
    const { user, system } = process.cpuUsage(cpu);

    return { cost, cpu: (user + system) / tasks };
  },
  async many({ name, tasks }) {
    const pool = await makers[name](MANY_WORKERS);

    await all(pool, tasks, 0);
    return { cost: await timed(tasks, () => all(pool, tasks, 0)) };
  },
  async single({ name, tasks }) {
    const pool = await makers[name](WORKERS);
    const oneByOne = async () => {
      for (let i = 0; i < tasks; i++) await pool.run(0);
    };

    await oneByOne();
    return { cost: await timed(tasks, oneByOne) };
  },
  async work({ name, tasks, task }) {
    const pool = await makers[name](WORKERS);

    await all(pool, tasks, 0);
    return { cost: await timed(tasks, () => all(pool, tasks, task)) };
  },
  /** A hundred tasks are under way all the time. */
  async latency({ name, tasks, task }) {
    const pool = await makers[name](WORKERS);
    const times = [];
    let left = tasks;
    const loop = async () => {
      while (left-- > 0) {
        const begin = process.hrtime.bigint();

        await pool.run(task);
        times.push(microseconds(begin));
      }
    };

    await all(pool, tasks, 0);
    await Promise.all(Array.from({ length: 100 }, loop));
    times.sort((a, b) => a - b);
    return { median: percentile(times, 0.5), p99: percentile(times, 0.99) };
  },
  /** From the require() of the pool on. */
  async curve({ name, tasks }) {
    const begin = process.hrtime.bigint();
    const pool = await makers[name](WORKERS);

    await all(pool, tasks, 0);
    return { total: microseconds(begin) };
  },
};

/** A run in a process of its own: prints its result. */
async function child(name, scenario, tasks, task) {
  const result = await runs[scenario]({ name, tasks: Number(tasks), task: Number(task) });

  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit());
}

/** Title, metrics and cases of each scenario. */
function scenarios(isQuick) {
  const few = isQuick ? 200 : 20_000;
  const plan = (title, metrics, ...cases) =>
    ({ title, metrics, cases: cases.map(([name, tasks, task = 0]) =>
      ({ name, params: { tasks, task } })) });

  return {
    saturated: plan('Empty tasks, all at once, 2 workers (us per task)', { cost: 'us', cpu: 'CPU us' }, ['empty', few]),
    single: plan('Empty tasks, one at a time (us per task)', { cost: 'us' }, ['empty', few]),
    work: plan('Tasks of 20 us, all at once (us per task; 10 is the ideal of two idle cores)', { cost: 'us' },
      ['20 us', isQuick ? 200 : 10_000, 20]),
    latency: plan('100 tasks of 20 us under way (us)', { p99: 'p99', median: 'median' }, ['20 us', isQuick ? 200 : 10_000, 20]),
    curve: plan('From require() to the last result (us in all)', { total: 'us' },
      ...(isQuick ? [10] : [1, 10, 100, 1000, 10_000]).map((tasks) => [`${tasks}`, tasks])),
    many: plan('Empty tasks, all at once, 8 workers (us per task)', { cost: 'us' }, ['empty', few]),
  };
}

async function main() {
  const options = parse({
    scenario: { type: 'string', default: SCENARIOS.join(',') }, only: { type: 'string', default: COMPETITORS.join(',') },
  }, usage);
  const rounds = positive(options, 'rounds', options.quick ? 1 : 5);
  const competitors = listOf(options, 'only', COMPETITORS);
  const plans = scenarios(options.quick);
  const report = { machine: machine(), settings: { rounds, workers: WORKERS }, scenarios: [] };

  announce(report.machine);
  for (const name of listOf(options, 'scenario', SCENARIOS)) {
    const { cases, ...about } = plans[name];

    report.scenarios.push(await playScenario(about, cases, competitors, rounds,
      (competitor, { tasks, task }) => measure(process.execPath, [__filename, 'child', competitor, name, `${tasks}`, `${task}`],
        { BENCH_POOL: competitor })));
  }
  save(report, options.json);
}

if (process.argv[2] === 'child') child(...process.argv.slice(3));
else start(main);
