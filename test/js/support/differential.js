'use strict';

/*
 * differential.js - runs a scenario with Node's worker_threads and with ringport, and
 * compares the results. Node defines the expected result, so tests need not state it.
 */

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const { inspect } = require('node:util');
const { reference, subject } = require('./implementations');
const { source } = require('./program');
const { Scene } = require('./scene');

/* Time limit. Scenarios are fast, but the machine may be busy. Less than mocha's limit.
 * */
const LIMIT = 50000;

async function play(implementation, scenario, limit) {
  const scene = new Scene(implementation);
  let timer;
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => {
      const log = inspect(scene.log, { depth: 4 });
      reject(new Error(`${scene.name} did not finish in ${limit} ms; it recorded ${log}`));
    }, limit);
  });

  /* Always start in the same phase of the loop. */
  await new Promise(setImmediate);
  try {
    await Promise.race([scenario(scene.wt, scene), late]);
    return [...scene.log]; /* without entries of the clean-up */
  } finally {
    clearTimeout(timer);
    await scene.end();
  }
}

/**
 * Define a test that runs `scenario(wt, scene)` with both implementations and compares
 * the logs. `when: false` skips it, if the running Node lacks a feature. `together: true`
 * runs both at the same time, for scenarios that wait for other threads and share no
 * state.
 */
function same(title, scenario, { limit = LIMIT, when = true, together = false } = {}) {
  (when ? it : it.skip)(title, async function () {
    this.timeout(0); /* play() has its own limits, and reports what was recorded */
    const logs = [];
    /* Called from a single source line, so that the stacks of errors are the same. */
    for (const one of [reference, subject]) {
      const playing = play(one, scenario, limit);

      logs.push(together ? playing : await playing);
    }

    const [expected, actual] = await Promise.all(logs);
    assert.notStrictEqual(expected.length, 0, 'a scenario must record something');
    assert.deepStrictEqual(actual, expected);
  });
}

/* Run a process to its end. Returns how it ended, and the lines it wrote. */
function run(implementation, args, { limit = LIMIT, ...options }) {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      args,
      { timeout: limit, killSignal: 'SIGKILL', ...options },
      (error, stdout, stderr) => {
        resolve({
          code: child.exitCode,
          signal: child.signalCode,
          lines: stdout.split('\n').filter(Boolean),
          stderr
        });
      }
    );
  });
}

/**
 * Define a test that runs `program(wt, tools)` (see program.js) in a process with each
 * implementation, and compares exit code, signal and output. With `stderr: true` it also
 * compares the lines of stderr that `pick` returns.
 */
function sameProcess(title, program, { flags = [], when = true, pick, data, ...options } = {}) {
  (when ? it : it.skip)(title, async function () {
    this.timeout(0);
    const play = async (implementation) => {
      const text = source(implementation.id, program, data);
      const { stderr, ...end } = await run(implementation, [...flags, '-e', text], options);

      if (pick) end.stderr = stderr.split('\n').filter(pick);
      return { end, stderr };
    };
    const [expected, actual] = await Promise.all([play(reference), play(subject)]);

    try {
      assert.deepStrictEqual(actual.end, expected.end);
    } catch (error) {
      error.message += `\nringport's stderr:\n${actual.stderr.slice(0, 3000)}`;
      throw error;
    }
  });
}

module.exports = { same, sameProcess, run };
