'use strict';

/*
 * cases.js - what `ringport bench` measures: a few cases of bench/js, each run in a fresh
 * process. The cold ones come first: they are where ringport gains least.
 */

const path = require('node:path');

const bench = path.join(__dirname, '..', '..', 'bench', 'js');

/** Milliseconds that are measured, and before. */
const MEASURE = 80;
const WARM = 120;
/** C writes the first 60,000 objects; see COLD_FLATS in lib/loading/native.js. */
const WARM_OBJECTS = 350;
/** Messages of the curve. */
const POINTS = [1, 100, 1000, 10_000, 100_000];

const MICRO = 1000;
const count = (n) => n.toLocaleString('en-US');

/**
 * A run of cold.js.
 * @param {string[]} rows names of the rows, in the order of the times that it prints
 */
function cold(rows, job) {
  return {
    rows, group: 'cold',
    argsFor: (name) => [path.join(bench, 'cold.js'), '--child', JSON.stringify({ ...job, name })],
    read: (times) => times.slice(0, rows.length).map((time) => time * MICRO),
  };
}

/** A run of a scenario of run.js. */
function scenario(row, group, name, metric, params, warmMs = WARM) {
  const job = { scenario: name, params, warmMs, measureMs: MEASURE };

  return {
    rows: [row], group,
    argsFor: (implementation) => [path.join(bench, 'child.js'), JSON.stringify({ ...job, implementation })],
    read: (costs) => [costs[metric]],
  };
}

const oneWay = (row, payload, warmMs) =>
  scenario(row, 'warm', 'oneway', 'wall', { payload, direction: 'to worker' }, warmMs);
const roundTrip = (row, window) => scenario(row, 'warm', 'roundtrip', 'wall', { payload: 'number', window });

/**
 * Each case is a process of one competitor and gives one time per row, in nanoseconds.
 */
const cases = [
  scenario('a worker, until its first message', 'cold', 'startup', 'first', { workers: 3 }),
  cold(['a program with 100 calls to a worker'], { scenario: 'program', count: 100 }),
  cold(['a program with 1,000 calls'], { scenario: 'program', count: 1000 }),
  cold(POINTS.map((n) => (n === 1 ? 'the first number to a worker' : `the first ${count(n)} numbers`)),
    { scenario: 'to-worker', kind: 'number', points: POINTS }),
  oneWay('number', 'number'),
  oneWay('object of 5 fields', '5 fields', WARM_OBJECTS),
  oneWay('nested object', 'nested', WARM_OBJECTS),
  oneWay('1 KiB of bytes', '1 KiB bytes'),
  oneWay('64 KiB of bytes', '64 KiB bytes'),
  roundTrip('round trip of a number', 1),
  roundTrip('round trip, 256 under way', 256),
];

/** Headings of the groups. */
const groups = {
  cold: 'cold: a start, and the first messages',
  warm: 'warm: per message, once V8 has compiled the code',
};

module.exports = { cases, groups };
