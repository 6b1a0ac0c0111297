'use strict';

/* pools.js - what the tests of Pool share. Their pools end with the running test. */

const path = require('node:path');

const { Pool } = require('../../..');

const filename = path.join(__dirname, '../fixtures/pool-task.js');
const pools = [];

/** Have a pool end with the test. */
function keep(pool) {
  pools.push(pool);
  return pool;
}

const poolOf = (options) => keep(new Pool({ filename, ...options }));

const endAll = () => Promise.all(pools.splice(0).map((pool) => pool.destroy()));

const shared = (length = 2) => new Int32Array(new SharedArrayBuffer(4 * length));

/** Block until a word has this value. */
function until(words, index, value) {
  for (let now = Atomics.load(words, index); now !== value; now = Atomics.load(words, index)) {
    Atomics.wait(words, index, now);
  }
}

module.exports = { filename, poolOf, keep, endAll, shared, until };
