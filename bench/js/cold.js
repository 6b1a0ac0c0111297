'use strict';

/*
 * cold.js - the cost of a program's first messages: the total time for the first 1, 10,
 * 100 ... messages, and of a program that starts a worker and calls it a few times. Runs
 * pairs of fresh processes. The ratio is Node's time over ringport's: above 1, ringport
 * is faster.
 */

const { machine, measure, announce, save } = require('./harness');
const { load, names } = require('./threads');
const { now } = require('./measure');
const { payloads } = require('./payloads');
const { parse, positive, listOf, start } = require('./cli');
const { interval, median, ratios } = require('./stats');

const SCENARIOS = ['to-worker', 'from-worker', 'in-thread', 'calls', 'calls-10', 'program'];
const KINDS = ['number', 'string 12', 'new string', '5 fields', 'nested', '20 rows', '1 KiB bytes'];

const usage = `Usage: node bench/js/cold.js [options]

  --scenario a,b  of ${SCENARIOS.join(', ')} (default: all)
  --payload a,b   of those of a curve (default: ${KINDS.join(', ')})
  --readme        the cases of README.md
  --rounds n      pairs of processes per case (default: 7)
  --most n        messages of a curve at most (default: 100000)
  --quick         one pair, 1,000 messages: to see that it works
  --json file     write all figures to this file
  --help          this text
`;

const POINTS = [1, 10, 100, 1000, 3000, 10_000, 30_000, 100_000, 1_000_000];
const CALLS = [1, 10, 100, 1000];
const makers = {
  'new string': (i) => `message ${i} of many`,
  ...Object.fromEntries(Object.entries(payloads).map(([name, { make }]) => [name, make])),
};

/* Each scenario returns, for each point, the time since the first message in
 * microseconds. */

/** Call `send` in bursts; `settled` waits for the end of each. */
async function burst(points, make, send, settled) {
  const begin = now();
  const times = [];
  let sent = 0;

  for (const point of points) {
    for (; sent < point; sent++) send(make(sent));
    await settled();
    times.push((now() - begin) / 1000);
  }
  return times;
}

const curves = {
  async 'to-worker'(threads, points, make) {
    const worker = new threads.Worker(__filename, { workerData: { role: 'sink', name: threads.benchName } });
    const answer = () => new Promise((resolve) => { worker.once('message', resolve); });

    await answer();
    return burst(points, make, (value) => worker.postMessage(value), () => {
      worker.postMessage('end of a burst');
      return answer();
    });
  },

  async 'from-worker'(threads, points, make, kind) {
    const worker = new threads.Worker(__filename,
      { workerData: { role: 'source', name: threads.benchName, points, kind } });
    const times = [];
    let begin = 0;
    let heard = 0;

    return new Promise((resolve) => {
      worker.on('message', () => {
        if (begin === 0) { // the worker has started
          begin = now();
          worker.postMessage('go on');
        } else if (++heard === points[times.length]) {
          times.push((now() - begin) / 1000);
          if (times.length === points.length) resolve(times);
          else worker.postMessage('go on');
        }
      });
    });
  },

  async 'in-thread'(threads, points, make) {
    const { port1, port2 } = new threads.MessageChannel();
    let left = 0;
    let settled;

    port2.on('message', () => --left === 0 && settled());
    return burst(points, make, (value) => {
      left++;
      port1.postMessage(value);
    }, () => new Promise((resolve) => { settled = resolve; }));
  },
};

/** Make calls that are answered, `window` of them at a time. */
async function call(threads, points, window) {
  const worker = new threads.Worker(__filename, { workerData: { role: 'echo', name: threads.benchName } });
  const next = () => new Promise((resolve) => { worker.once('message', resolve); });

  await next();

  const begin = now();
  const times = [];
  let sent = 0;
  let done = 0;

  return new Promise((resolve) => {
    const post = () => {
      if (sent < points.at(-1)) worker.postMessage({ id: sent++, job: 'resize', args: [1, 2, 'x'] });
    };

    worker.on('message', () => {
      if (++done === points[times.length]) times.push((now() - begin) / 1000);
      if (times.length === points.length) resolve(times);
      else post();
    });
    for (let i = 0; i < window; i++) post();
  });
}

/**
 * Measure from before the library is loaded.
 * @returns {Promise<[number, number]>} wall time and CPU time
 */
async function program(name, count) {
  const begin = now();
  const threads = load(name);
  const worker = new threads.Worker(__filename, { workerData: { role: 'echo', name } });
  const next = () => new Promise((resolve) => { worker.once('message', resolve); });

  await next();
  for (let id = 0; id < count; id++) {
    const answer = next();

    worker.postMessage({ id, job: 'resize', args: [1, 2, 'x'] });
    await answer;
  }

  const wall = (now() - begin) / 1000;
  const { user, system } = process.cpuUsage();

  return [wall, user + system];
}

/** The worker of a scenario. */
const roles = {
  sink({ parentPort }) {
    parentPort.on('message', (m) => { if (m === 'end of a burst') parentPort.postMessage(m); });
    parentPort.postMessage('up');
  },
  echo({ parentPort }) {
    parentPort.on('message', ({ id }) => parentPort.postMessage({ id, ok: true }));
    parentPort.postMessage('up');
  },
  source({ parentPort }, { points, kind }) {
    const make = makers[kind];
    let sent = 0;
    let at = 0;

    parentPort.on('message', () => {
      for (; sent < points[at]; sent++) parentPort.postMessage(make(sent));
      at++;
    });
    parentPort.postMessage('up');
  },
};

async function child({ scenario, name, kind, points, count }) {
  if (scenario === 'program') return program(name, count);

  const threads = Object.assign(Object.create(load(name)), { benchName: name });

  if (scenario === 'calls') return call(threads, points, 1);
  if (scenario === 'calls-10') return call(threads, points, 10);
  return curves[scenario](threads, points, makers[kind], kind);
}

/**
 * Run a case in pairs.
 * @returns {Promise<{theirs: number[][], ours: number[][]}>} times by metric, then round
 */
async function pairs(rounds, job) {
  const runs = { worker_threads: [], ringport: [] };

  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 ? names.toReversed() : names) {
      runs[name].push(await measure(process.execPath,
        [...process.execArgv, __filename, '--child', JSON.stringify({ ...job, name })]));
    }
  }

  const byMetric = (list) => list[0].map((_, i) => list.map((times) => times[i]));

  return { theirs: byMetric(runs.worker_threads), ours: byMetric(runs.ringport) };
}

/** A table row: both medians in microseconds, the ratio, its 95% confidence interval. */
function figure(label, theirs, ours) {
  const ratio = ratios(theirs, ours);
  const [low, high] = interval(theirs.map((cost, i) => cost / ours[i]));
  const show = (cost) => Math.round(cost).toLocaleString('en-US').padStart(11);

  console.log(`${label.padEnd(44)}${show(median(theirs))}${show(median(ours))}   ` +
    `${ratio.median.toFixed(2)}x (${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)})   ` +
    `${low.toFixed(2)} to ${high.toFixed(2)}`);
  return { label, theirs, ours, ratio, interval: [low, high] };
}

async function main() {
  const options = parse({
    scenario: { type: 'string', default: SCENARIOS.join(',') },
    payload: { type: 'string', default: KINDS.join(',') },
    most: { type: 'string' },
    readme: { type: 'boolean', default: false },
  }, usage);

  if (options.readme) Object.assign(options, { scenario: 'to-worker,program', payload: 'number' });

  const rounds = positive(options, 'rounds', options.quick ? 1 : 7);
  const most = positive(options, 'most', options.quick ? 1000 : 100_000);
  const points = POINTS.filter((point) => point <= most);
  const scenarios = listOf(options, 'scenario', SCENARIOS);
  const kinds = listOf(options, 'payload', Object.keys(makers));
  const report = { machine: machine(), settings: { rounds, points }, cases: [] };
  const add = (...args) => report.cases.push(figure(...args));
  const addCurve = async (title, job) => {
    const { theirs, ours } = await pairs(rounds, { ...job, points });

    points.forEach((point, i) => add(`${title}, ${point.toLocaleString('en-US')}`, theirs[i], ours[i]));
  };

  announce(report.machine);
  console.log(`${'total time since the first message, in us'.padEnd(44)}${'Node'.padStart(11)}` +
    `${'ringport'.padStart(11)}   Node / ringport   95 %`);
  for (const scenario of scenarios) {
    if (scenario in curves) {
      for (const kind of kinds) await addCurve(`${scenario}, ${kind}`, { scenario, kind });
    } else if (scenario !== 'program') {
      await addCurve(`${scenario}`, { scenario });
    } else {
      for (const count of CALLS.filter((n) => n <= most)) {
        const { theirs, ours } = await pairs(rounds, { scenario, count });

        add(`program with ${count} calls, wall`, theirs[0], ours[0]);
        add(`program with ${count} calls, CPU`, theirs[1], ours[1]);
      }
    }
  }
  save(report, options.json);
}

const { isMainThread, workerData } = require('node:worker_threads');

if (!isMainThread) {
  roles[workerData.role](load(workerData.name), workerData);
} else if (process.argv[2] === '--child') {
  child(JSON.parse(process.argv[3])).then((times) => {
    console.log(JSON.stringify(times));
    process.exit();
  });
} else {
  start(main);
}

