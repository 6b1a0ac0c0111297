'use strict';

// Runs test commands one after the other, shows what they print, reads their counts from it, and
// sums them up.

const { spawn } = require('node:child_process');

const { root } = require('./sources');

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {number} passed
 * @property {number} failed at least 1 if the command did not end with 0
 * @property {number} seconds
 */

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

function kill(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/**
 * Run a command of the project. One without a closing line counts as one test.
 * @param {string} name for people
 * @param {string} command
 * @param {string[]} args
 * @param {object} [options]
 * @param {number} [options.minutes] after which the command is stopped and has failed
 * @param {object} [options.env] more environment variables
 * @returns {Promise<Step>}
 */
function run(name, command, args, { minutes = 10, env = {} } = {}) {
  console.log(`\n## ${name}`);

  return new Promise((resolve) => {
    const start = performance.now();
    // A group of its own: what hangs is mostly a grandchild, of npm or of a test.
    const child = spawn(command, args, {
      cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'], detached: true,
    });
    const interrupt = () => {
      kill(child);
      process.exit(130);
    };
    const timer = setTimeout(() => {
      console.log(`${name}: no end after ${minutes} minutes`);
      kill(child);
    }, minutes * 60_000);
    let output = '';

    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text) => {
      output += text;
      process.stdout.write(text);
    });
    child.on('error', (error) => console.log(error.message));
    process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
      if (code !== 0) console.log(`${name}: ${signal ?? `exit code ${code}`}`);

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

/** Run mocha in the given Node. @returns {Promise<Step>} */
function runMocha(name, node, suites, options) {
  // Well below the limit of a step that runs mocha inside.
  return run(name, node, ['node_modules/mocha/bin/mocha.js', '--no-color', ...suites], { minutes: 5, ...options });
}

/** Print what each step did and the closing line; a failure becomes the exit code. */
function total(steps) {
  const sum = (key) => steps.reduce((all, step) => all + step[key], 0);
  const width = Math.max(...steps.map((step) => step.name.length));

  console.log('');
  for (const { name, passed, failed, seconds } of steps) {
    const time = `${seconds.toFixed(1).padStart(6)} s`;

    console.log(`${name.padEnd(width)}  ${time}  ${passed} passed${failed ? `, ${failed} FAILED` : ''}`);
  }

  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);
  if (sum('failed') > 0) process.exitCode = 1;
}

module.exports = { run, runMocha, total };
