'use strict';

/*
 * play.js - runs a program `(wt, tools)` (see program.js) in its own process: for tests
 * that would stop the suite if they failed, by a deadlock or a crash, and for counts per
 * process.
 */

const assert = require('node:assert');
const { run } = require('./differential');
const { subject } = require('./implementations');
const { source } = require('./program');

/**
 * Run a program that must end by itself with 0.
 * @returns {Promise<unknown[][]>} the arguments of its calls of note()
 */
async function play(program, { limit = 50000, flags = [], data, ...options } = {}) {
  const args = [...flags, '-e', source(subject.id, program, data)];
  const { code, signal, lines, stderr } = await run(subject, args, { limit, ...options });

  assert.deepStrictEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' }, stderr + lines);
  return lines.map((line) => JSON.parse(line));
}

module.exports = { play };
