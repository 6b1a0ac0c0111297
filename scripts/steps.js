'use strict';

// Runs test commands one after the other, reads the number of passed and failed tests
// from their output, and prints the totals. The output goes to build/log; only failures
// are printed, and once more at the very end, where a long log is usually read first.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn } = require('node:child_process');

const { root } = require('./sources');

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {number} passed
 * @property {number} failed at least 1 if the exit code was not 0
 * @property {string[]} [culprits] the test files that failed
 * @property {number} seconds
 */

/** A file with the last lines of each failed command. Nested commands share it. */
const failures = process.env.RINGPORT_FAILURES ??
  path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-ci-')), 'failures');
const FAILURE_LINES = 100;

/**
 * Number of test files that run at a time: one more than two cores can run, because a
 * third of the time of most is spent waiting.
 */
const LANES = os.availableParallelism() > 1 ? 3 : 1;

/** The slowest files start first, so that no lane is left alone with one at the end. */
const SLOWEST = [
  'many-parts', 'lifecycle', 'bundlers', 'frameworks', 'runtime', 'register-threads', 'over-node', 'storm',
  'replaced-globals', 'start', 'scale', 'codec-property', 'values', 'register', 'ring-end',
];

function failuresSize() {
  return fs.statSync(failures, { throwIfNoEntry: false })?.size ?? 0;
}

/** The folder of all commands' output. */
const logs = path.join(root, 'build', 'log');

function keepLog(name, output) {
  fs.mkdirSync(logs, { recursive: true });
  fs.writeFileSync(path.join(logs, `${name.replace(/[^\w.]+/g, '-')}.log`), output);
}

/** The failures in a command's output: mocha's list, or our lines with FAIL. */
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

/** Print all failures, unless a command that started this one will. */
function showFailures() {
  if (process.env.RINGPORT_FAILURES !== undefined) return;
  if (failuresSize() > 0) console.log(`\n## What failed\n${fs.readFileSync(failures, 'utf8')}`);
  fs.rmSync(path.dirname(failures), { recursive: true, force: true });
}

/**
 * Read a command's result: the last 'N passed, N failed', else mocha's summary.
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

/** End a command and all that it has started. SIGTERM first, for our own scripts. */
function stop(child) {
  signal(child, 'SIGTERM');
  setTimeout(() => signal(child, 'SIGKILL'), 2000).unref();
}

/** End the running commands when this process is ended. */
const children = new Set();

for (const name of ['SIGINT', 'SIGTERM']) {
  process.on(name, () => {
    for (const child of children) stop(child);
    process.exit(130);
  });
}

/**
 * Run a command of the project. If it prints no result, it counts as one test.
 * @param {string} name to print
 * @param {string} command
 * @param {string[]} args
 * @param {object} [options]
 * @param {number} [options.minutes] time limit; then the command is ended and has failed
 * @param {object} [options.env] additional environment variables
 * @param {boolean} [options.alone] whether no other command runs meanwhile: if failures
 *   were noted, they are this command's own, so it is not noted again
 * @param {boolean} [options.quiet] print only failures, at the end
 * @returns {Promise<Step>}
 */
function run(name, command, args, { minutes = 10, env = {}, alone = true, quiet = !alone } = {}) {
  if (!quiet) console.log(`\n## ${name}`);

  return new Promise((resolve) => {
    const start = performance.now();
    const noted = failuresSize();
    // In its own process group: usually a grandchild hangs, started by npm or a test.
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

      // The commands that it ran have noted their failures themselves.
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

function slowestFirst(files) {
  const place = (file) => {
    const at = SLOWEST.indexOf(path.basename(file, '.test.js'));

    return at < 0 ? SLOWEST.length : at;
  };

  return [...files].sort((a, b) => place(a) - place(b));
}

/** Show progress: on a terminal, in a line that the next one overwrites. */
function progress(text) {
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${text}`);
}

/**
 * Run mocha, each test file in its own process, so that a crash or hang of the addon is
 * limited to one file.
 * @param {string} name to print
 * @param {string | string[]} node the Node binary, or the words of a command that runs
 *   one
 * @param {string[]} suites test files, or directories of them
 * @param {object} [options] of run(), for each file
 * @returns {Promise<Step>}
 */
async function runMocha(name, node, suites, options) {
  const step = { name, passed: 0, failed: 0, seconds: 0, culprits: [] };

  const files = slowestFirst(testFiles(suites));
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
 * Run commands one after the other, then print their results.
 * @param {Record<string, [string, string[]]>} commands by name
 * @param {number} minutes time limit of each
 */
async function runAll(commands, minutes) {
  const done = [];

  for (const [name, [command, args]] of Object.entries(commands)) {
    done.push(await run(name, command, args, { minutes }));
  }
  total(done);
}

/** Print each step's result and the totals; set the exit code to 1 if a test failed. */
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
