'use strict';

/*
 * storm-cli.js - starts and ends workers in rounds, with messages in both directions over
 * parentPort and another port. Checks that no message is lost or reordered, and that no
 * resources remain.
 *
 *   node test/js/storm-cli.js [--workers 1000] [--parallel 8] [--rounds 20] [--seed 1]
 *                             [--implementation ringport|worker_threads]
 *
 * One third of the workers is terminated 0 to 50 ms after the start, one third after a
 * number of messages. The others end by themselves: by closing their ports, by
 * process.exit(), or by an error. Exits with 1 and a list of failures.
 */

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const v8 = require('node:v8');
const vm = require('node:vm');
const { MessageChannel: PlainChannel, receiveMessageOnPort } = require('node:worker_threads');
const { reference, subject } = require('./support/implementations');
const { random } = require('./support/random');

/* Time limit for one worker, from its start to its last event. */
const LIMIT = 60000;
/* Limit for the growth of RSS per worker, plus a fixed slack for malloc's arenas. */
const GROWTH_PER_WORKER = 4 * 1024;
const SLACK = 16 * 1024 * 1024;

const ENDS = ['moment', 'count', 'close', 'moment', 'count', 'exit', 'moment', 'count', 'throw'];

/* The resources of the process; undefined without /proc. */
function holdings() {
  const count = (directory) => {
    try {
      return fs.readdirSync(directory).length;
    } catch {
      return undefined;
    }
  };

  return { threads: count('/proc/self/task'), files: count('/proc/self/fd') };
}

function detach(port) {
  if (port.detach) return port.detach();
  const { port1, port2 } = new PlainChannel();
  port1.postMessage(port, [port]);
  port1.close();
  return receiveMessageOnPort(port2).message;
}

/* Run one worker. Resolves to its failures. */
async function life({ api, id }, end, next) {
  const wrong = [];
  const { port1, port2 } = new api.MessageChannel();
  const handle = detach(port2);
  const after = 1 + Math.floor(next() * 100);
  const worker = new api.Worker(path.join(__dirname, 'support/storm-worker.js'), {
    workerData: { id, end, after, handle }, transferList: [handle], stderr: true
  });
  const counts = { posted: 0, received: 0, byPort: 0, last: undefined };
  const post = () => worker.postMessage({ n: counts.posted++, text: 'x'.repeat(counts.posted % 50) });

  worker.on('message', (m) => {
    if (m.wrong) wrong.push(`the worker ${m.wrong}`);
    else if (m.last !== undefined) counts.last = m.last;
    else {
      if (m.n !== counts.received++) wrong.push(`got ${m.n} instead of ${counts.received - 1}`);
      post();
      if (end === 'count' && counts.received === after) worker.terminate();
    }
  });
  worker.on('error', (error) => {
    if (end !== 'throw' || error.message !== 'storm') wrong.push(`error: ${error.stack}`);
  });
  port1.on('message', ({ n }) => {
    if (n !== counts.byPort++) wrong.push(`by the port got ${n} instead of ${counts.byPort - 1}`);
  });
  for (let i = 0; i < 10; i++) post();
  if (end === 'moment') setTimeout(() => worker.terminate(), next() * 50);

  let timer;
  const exited = new Promise((resolve) => worker.once('exit', resolve));
  const closed = new Promise((resolve) => port1.once('close', resolve));
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, LIMIT, `not over after ${LIMIT} ms: ${JSON.stringify({ end, ...counts })}`);
  });
  const over = exited.then(() => {
    /* Everything posted before the end is delivered before 'exit'. */
    if (end === 'moment' || end === 'count') return;
    if (counts.last === undefined) wrong.push(`${end}: the last message is missing`);
    else if (counts.last !== counts.received) wrong.push(`${end}: ${counts.received} of ${counts.last}`);
  });
  const error = await Promise.race([Promise.all([over, closed]), late]);

  clearTimeout(timer);
  if (typeof error === 'string') wrong.push(error);
  if (end === 'close' && counts.byPort !== counts.received) {
    wrong.push(`by the port ${counts.byPort} of ${counts.received}`);
  }
  return { wrong, messages: counts.posted + counts.received + counts.byPort };
}

async function main() {
  const { values } = parseArgs({
    options: {
      workers: { type: 'string', default: '1000' },
      parallel: { type: 'string', default: '8' },
      rounds: { type: 'string', default: '20' },
      seed: { type: 'string', default: '1' },
      implementation: { type: 'string', default: 'ringport' }
    }
  });
  const [workers, parallel, rounds, seed] =
    [values.workers, values.parallel, values.rounds, values.seed].map(Number);
  const implementation = values.implementation === 'worker_threads' ? reference : subject;
  const next = random(seed);
  const rss = [];
  const problems = [];
  let started = 0;
  let messages = 0;

  v8.setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('gc');

  console.log(`${implementation.name}, Node ${process.version}: ${workers} workers in ${rounds} rounds, ` +
    `${parallel} at a time, seed ${seed}`);
  /* The first workers create permanent threads (libuv's pool, V8's) and arenas. */
  for (let i = 0; i < parallel; i++) await life(implementation, 'close', next);
  const before = holdings();

  for (let round = 0; round < rounds; round++) {
    const target = Math.round(((round + 1) * workers) / rounds);
    const lane = async () => {
      while (started < target) {
        const end = ENDS[started++ % ENDS.length];
        const { wrong, messages: count } = await life(implementation, end, next);

        messages += count;
        for (const one of wrong) problems.push(`worker ${started}, end ${end}: ${one}`);
      }
    };

    await Promise.all(Array.from({ length: parallel }, lane));
    collect();
    await new Promise(setImmediate);
    rss.push(process.memoryUsage.rss());
    console.log(`round ${round + 1}: ${started} workers, ${messages} messages, ` +
      `RSS ${(rss.at(-1) / 1048576).toFixed(1)} MiB, ${JSON.stringify(holdings())}`);
    if (problems.length > 20) break;
  }

  const now = holdings();
  for (const key of Object.keys(before)) {
    if (now[key] > before[key]) problems.push(`${key}: ${before[key]} before, ${now[key]} after`);
  }

  /* With a leak, the last quarter of the rounds is entirely above the second. */
  const quarter = rss.length >> 2;
  const growth = Math.min(...rss.slice(-quarter)) - Math.max(...rss.slice(quarter, 2 * quarter));
  const allowed = SLACK + (workers / 4) * GROWTH_PER_WORKER;
  console.log(`RSS of the last quarter: ${(growth / 1048576).toFixed(1)} MiB above the second`);
  if (growth > allowed) problems.push(`RSS grew by ${growth} bytes in the second half`);

  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else console.log('nothing lost, nothing reordered, nothing left behind');
}

main();
