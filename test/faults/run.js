'use strict';

// node test/faults/run.js [--only kill|exit|memory] [points...]
//
// Fault injection. A worker is stopped at each rp_failpoint() in the addon's sources.
// There it is terminated, its process exits, or its peers are closed or transferred; then
// it continues (kill.js, story.js). After that, each allocation of the addon fails in
// turn (memory.js).
//
// In the end, every message and record whose post or write has returned has arrived, in
// order and complete; every other end has emitted 'close', and the Worker 'exit'; no
// thread, file, endpoint in transit, spawn or block of memory is left. A failpoint that
// no worker reaches is a failure.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { parseArgs } = require('node:util');

const { build, orExplain } = require('../../scripts/build');
const sources = require('../../scripts/sources');

const { values, positionals } = parseArgs({ options: { only: { type: 'string' } }, allowPositionals: true });

const ENDS = ['terminate', 'close', 'transfer'];
/** Time limit of a process; each step in it has its own limit. */
const MINUTES = 10;
const lanes = Math.min(2, os.availableParallelism());

/** All failpoints in the sources. */
function points() {
  const files = [...sources.core(), ...sources.node(), ...sources.headers()];
  const named = files.flatMap((file) =>
    [...fs.readFileSync(path.join(sources.root, file), 'utf8').matchAll(/^ *rp_failpoint\("([^"]+)"\);/gm)]);

  return [...new Set(named.map((match) => match[1]))]
    .filter((point) => positionals.length === 0 || positionals.includes(point));
}

/** Run a program in this folder. @returns {Promise<{lines: object[], wrong: string}>} */
function run(program, args, binary) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [path.join(__dirname, program), ...args], {
      /* Everything by ring: messages by Node reach no failpoint. */
      env: {
        ...process.env, RINGPORT_BINARY: binary, RINGPORT_REQUIRED: '1', RINGPORT_COLD: '0',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), MINUTES * 60_000);
    let output = '';
    let errors = '';

    child.stdout.on('data', (data) => { output += data; });
    child.stderr.on('data', (data) => { errors += data; });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({
        lines: output.split('\n').filter(Boolean).map((line) => JSON.parse(line)),
        wrong: code === 0 && errors === '' ? '' : `ended with ${signal ?? code}\n${errors}`,
      });
    });
  });
}

/** Do all the work, a few items at a time. */
async function inLanes(jobs) {
  const lane = async () => {
    for (let job; (job = jobs.shift()) !== undefined;) await job();
  };

  await Promise.all(Array.from({ length: lanes }, lane));
}

let passed = 0;
const failures = [];

function judge(name, wrong) {
  if (!wrong) {
    passed++;
    return;
  }
  failures.push(name);
  console.log(`not ok ${name}: ${wrong}`);
}

/**
 * The runs for a failpoint: stop a worker the first time it gets there; for termination,
 * also in the middle of all times.
 */
function kill(binary, all, counts) {
  const times = (end, point) =>
    (end === 'terminate' && counts[point] > 2 ? [1, Math.ceil(counts[point] / 2)] : [1]);

  return ENDS.map((end) => async () => {
    const wanted = all.flatMap((point) => times(end, point).map((nth) => [end, point, nth]));
    const { lines, wrong } = await run('kill.js', wanted.flat().map(String), binary);

    /* A crash counts as one failure, at its failpoint. */
    wanted.slice(0, lines.length + (wrong ? 1 : 0)).forEach(([, point, nth], i) => {
      const line = lines[i] ?? { wrong: `the process ${wrong}` };
      const missed = nth === 1 && !line.stopped && 'nobody comes to this point';

      judge(`${end} at ${point}, time ${nth}`, line.wrong ?? missed);
    });
  });
}

function exits(binary, all) {
  return all.map((point) => async () => {
    const { lines, wrong } = await run('kill.js', ['exit', point, '1'], binary);

    judge(`exit at ${point}`, wrong || (!lines[0]?.stopped && 'nobody comes to this point'));
  });
}

async function memory(binary) {
  const { lines, wrong } = await run('memory.js', [], binary);

  for (const { kind, n, wrong: problem } of lines) judge(`${kind} ${n} fails`, problem);
  judge('the end of the process', wrong || (lines.length < 40 && 'hardly anything allocates'));
}

async function main() {
  const binary = orExplain(() => build({ variant: 'faults', quiet: true }));
  const all = points();
  const jobs = [];
  const wants = (part) => values.only === undefined || values.only === part;

  if (wants('kill')) {
    const { lines } = await run('kill.js', ['nothing', '', '0'], binary);

    jobs.push(...kill(binary, all, lines[0].reached));
  }
  if (wants('memory')) jobs.push(() => memory(binary));
  if (wants('exit')) jobs.push(...exits(binary, all));
  await inLanes(jobs);
  console.log(`${all.length} points`);
  console.log(`\n${passed} passed, ${failures.length} failed`);
  if (failures.length > 0) process.exitCode = 1;
}

main();
