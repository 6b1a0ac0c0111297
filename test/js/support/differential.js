'use strict';

/*
 * Tests that run one scenario on Node's worker_threads and on ringport and compare what happened.
 * Node's built-in is the judge, so an expected value is never written down here.
 */

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const { inspect } = require('node:util');
const { reference, subject } = require('./implementations');
const { source } = require('./program');
const { Scene } = require('./scene');

/* What takes longer hangs: nothing here is slow, but machines are busy. Less than mocha's limit. */
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

  /* Start from the same phase of the loop, whatever went before. */
  await new Promise(setImmediate);
  try {
    await Promise.race([scenario(scene.wt, scene), late]);
    return [...scene.log]; /* not what the clean-up adds */
  } finally {
    clearTimeout(timer);
    await scene.end();
  }
}

/**
 * A test that plays `scenario(wt, scene)` on both implementations and compares the logs.
 * `when: false` marks it pending, for what the running Node does not have. `together: true` plays both
 * at the same time, for scenarios that wait for other threads and touch nothing but their own things.
 */
function same(title, scenario, { limit = LIMIT, when = true, together = false } = {}) {
  (when ? it : it.skip)(title, async function () {
    this.timeout(0); /* play() has limits of its own, and says what was recorded */
    const logs = [];
    /* From one line of the source, so that the stacks of errors are the same. */
    for (const one of [reference, subject]) {
      const playing = play(one, scenario, limit);

      logs.push(together ? playing : await playing);
    }

    const [expected, actual] = await Promise.all(logs);
    assert.notStrictEqual(expected.length, 0, 'a scenario must record something');
    assert.deepStrictEqual(actual, expected);
  });
}

/* The end of a process: how it ended and the lines it wrote. */
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
 * A test that runs `program(wt, tools)` (see program.js) as a process of its own on both
 * implementations and compares exit code, signal and lines written. With `stderr: true` it compares
 * the lines of stderr that `pick` keeps, too.
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
