'use strict';

/*
 * Programs `(wt, tools)` (see program.js) in a process of their own: for what would stop the suite
 * if it went wrong - a dead-lock of threads, a crash - and for what is counted per process.
 */

const assert = require('node:assert');
const { run } = require('./differential');
const { subject } = require('./implementations');
const { source } = require('./program');

/**
 * Play a program that ends by itself with 0.
 * @returns {Promise<unknown[][]>} what it noted
 */
async function play(program, { limit = 50000, flags = [], data, ...options } = {}) {
  const args = [...flags, '-e', source(subject.id, program, data)];
  const { code, signal, lines, stderr } = await run(subject, args, { limit, ...options });

  assert.deepStrictEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' }, stderr + lines);
  return lines.map((line) => JSON.parse(line));
}

module.exports = { play };
