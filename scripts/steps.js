'use strict';

// Runs test commands one after the other, reads their counts from what they print, and sums them up. Tests
// print thousands of lines: those go to build/log, and only what failed is shown. What failed is shown once
// more at the very end: a long log is mostly read from there.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn } = require('node:child_process');

const { root } = require('./sources');

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {number} passed
 * @property {number} failed at least 1 if the command did not end with 0
 * @property {string[]} [culprits] the test files that failed
 * @property {number} seconds
 */

/** The end of what each failed command printed; commands that run others share it with them. */
const failures = process.env.RINGPORT_FAILURES ??
  path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-ci-')), 'failures');
const FAILURE_LINES = 100;

/** Test files that run at a time. */
const LANES = Math.min(2, os.availableParallelism());

function failuresSize() {
  return fs.statSync(failures, { throwIfNoEntry: false })?.size ?? 0;
}

/** What each command has printed, to be read later. */
const logs = path.join(root, 'build', 'log');

function keepLog(name, output) {
  fs.mkdirSync(logs, { recursive: true });
  fs.writeFileSync(path.join(logs, `${name.replace(/[^\w.]+/g, '-')}.log`), output);
}

/** Of what a command prints, that which says what failed: of mocha its list, of ours the lines with FAIL. */
function failedPart(output) {
  const list = /^ {2}\d+ failing$[^]*/m.exec(output);

  if (list) return list[0];

  const found = output.split(/^(?=ok |FAIL )/m).filter((part) => part.startsWith('FAIL '));

  return found.length > 0 ? found.join('') : output;
}

function noteFailure(name, output) {
  const lines = failedPart(output).trimEnd().split('\n').slice(-FAILURE_LINES);

  fs.appendFileSync(failures, `\n### ${name}\n\n${lines.join('\n')}\n`);
}

/** Show the failures, if no other command waits for this one and will. */
function showFailures() {
  if (process.env.RINGPORT_FAILURES !== undefined) return;
  if (failuresSize() > 0) console.log(`\n## What failed\n${fs.readFileSync(failures, 'utf8')}`);
  fs.rmSync(path.dirname(failures), { recursive: true, force: true });
}

/**
 * What a command's closing line says: the last 'N passed, N failed', else mocha's summary.
 * @returns {{passed: number, failed: number}|undefined}
 */
function counts(output) {
  const line = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);

  if (line) return { passed: Number(line[1]), failed: Number(line[2]) };

  const passing = /^ {2}(\d+) passing\b/m.exec(output);
  const failing = /^ {2}(\d+) failing\b/m.exec(output);

  return passing ? { passed: Number(passing[1]), failed: Number(failing?.[1] ?? 0) } : undefined;
}

function signal(child, name) {
  try {
    process.kill(-child.pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** End a command and what it started: first so that a script of ours can do the same to its own. */
function stop(child) {
  signal(child, 'SIGTERM');
  setTimeout(() => signal(child, 'SIGKILL'), 2000).unref();
}

/** Whoever ends us ends all that we have started. */
const children = new Set();

for (const name of ['SIGINT', 'SIGTERM']) {
  process.on(name, () => {
    for (const child of children) stop(child);
    process.exit(130);
  });
}

/**
 * Run a command of the project. One without a closing line counts as one test.
 * @param {string} name for people
 * @param {string} command
 * @param {string[]} args
 * @param {object} [options]
 * @param {number} [options.minutes] after which the command is stopped and has failed
 * @param {object} [options.env] more environment variables
 * @param {boolean} [options.alone] nothing else runs: if it has noted failures of its own, it is none
 * @param {boolean} [options.quiet] only what failed is shown, at its end; the rest is in build/log
 * @returns {Promise<Step>}
 */
function run(name, command, args, { minutes = 10, env = {}, alone = true, quiet = !alone } = {}) {
  if (!quiet) console.log(`\n## ${name}`);

  return new Promise((resolve) => {
    const start = performance.now();
    const noted = failuresSize();
    // A group of its own: what hangs is mostly a grandchild, of npm or of a test.
    const child = spawn(command, args, {
      cwd: root,
      env: { RINGPORT_REQUIRED: '1', ...process.env, RINGPORT_FAILURES: failures, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const timer = setTimeout(() => {
      output += `${name}: no end after ${minutes} minutes\n`;
      if (!quiet) console.log(`${name}: no end after ${minutes} minutes`);
      stop(child);
    }, minutes * 60_000);
    let output = '';

    for (const stream of ['stdout', 'stderr']) {
      child[stream].setEncoding('utf8').on('data', (text) => {
        output += text;
        if (!quiet) process[stream].write(text);
      });
    }
    child.on('error', (error) => {
      output += `${error.message}\n`;
      if (!quiet) console.log(error.message);
    });
    children.add(child);
    child.on('close', (code, killer) => {
      clearTimeout(timer);
      children.delete(child);
      if (quiet) keepLog(name, output);
      if (quiet && code !== 0) console.log(`\n## ${name}\n${failedPart(output).trimEnd()}`);
      if (code !== 0) console.log(`${name}: ${killer ?? `exit code ${code}`}`);

      // One that runs others has nothing to add to what they have noted.
      if (code !== 0 && !(alone && failuresSize() > noted)) noteFailure(name, output);

      const { passed, failed } = counts(output) ?? { passed: code === 0 ? 1 : 0, failed: 0 };

      resolve({
        name,
        passed,
        failed: code === 0 ? failed : Math.max(1, failed),
        seconds: (performance.now() - start) / 1000,
      });
    });
  });
}

/** @returns {string[]} the test files in the given files and directories */
function testFiles(suites) {
  return suites.flatMap((suite) => {
    if (!fs.statSync(path.join(root, suite)).isDirectory()) return [suite];

    return fs.readdirSync(path.join(root, suite), { recursive: true })
      .filter((name) => name.endsWith('.test.js'))
      .sort()
      .map((name) => path.join(suite, name));
  });
}

/** On a terminal, in a line that the next one overwrites. */
function progress(text) {
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${text}`);
}

/**
 * Run mocha, each test file in a process of its own: an addon's crash or hang then costs the rest
 * of one file, and shows which. Two at a time where there are cores for them: most of the time of a
 * file goes into starts of threads and processes, which wait for each other.
 * @param {string} name for people
 * @param {string | string[]} node the Node to run it in, or the words of a command that is one
 * @param {string[]} suites test files, or directories of them
 * @param {object} [options] as for run(), for each file
 * @returns {Promise<Step>}
 */
async function runMocha(name, node, suites, options) {
  const step = { name, passed: 0, failed: 0, seconds: 0, culprits: [] };

  const files = testFiles(suites);
  const all = files.length;
  let done = 0;
  const [command, ...words] = [node].flat();
  const start = performance.now();
  const lane = async () => {
    for (let file; (file = files.shift()) !== undefined;) {
      const args = [
        ...words, 'node_modules/mocha/bin/mocha.js', '--no-color', '--reporter', 'spec', file];
      const { passed, failed } = await run(`${name}: ${file}`, command, args, { ...options, alone: false });

      step.passed += passed;
      step.failed += failed;
      if (failed > 0) step.culprits.push(file);
      progress(`${name}: ${++done} of ${all} files`);
    }
  };

  await Promise.all(Array.from({ length: LANES }, lane));
  step.seconds = (performance.now() - start) / 1000;
  progress('');
  return step;
}

/**
 * Run commands one after the other, then print what each did.
 * @param {Record<string, [string, string[]]>} commands by name
 * @param {number} minutes for each at most
 */
async function runAll(commands, minutes) {
  const done = [];

  for (const [name, [command, args]] of Object.entries(commands)) {
    done.push(await run(name, command, args, { minutes }));
  }
  total(done);
}

/** Print what each step did and the closing line; a failure becomes the exit code. */
function total(steps) {
  const sum = (key) => steps.reduce((all, step) => all + step[key], 0);
  const width = Math.max(...steps.map((step) => step.name.length));

  showFailures();
  console.log('');
  for (const { name, passed, failed, seconds, culprits } of steps) {
    const time = `${seconds.toFixed(1).padStart(6)} s`;
    const where = culprits?.length > 0 ? ` in ${culprits.join(', ')}` : '';
    const verdict = failed > 0 ? `, ${failed} FAILED${where}` : '';

    console.log(`${name.padEnd(width)}  ${time}  ${passed} passed${verdict}`);
  }

  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);
  if (sum('failed') > 0) process.exitCode = 1;
}

module.exports = { run, runAll, runMocha, testFiles, total };
