'use strict';

/*
 * child.js - one run of one case by one competitor, in its own process, like ../child.js.
 */

const begun = process.hrtime.bigint();

const assert = require('node:assert');
const { competitors, values } = require('./competitors');
const { Phases, now } = require('../measure');
const { percentile, sort } = require('../stats');

/* More samples than this do not make a percentile better. */
const MAX_SAMPLES = 1 << 20;
/** Between two calls to a thread that is to be asleep, in milliseconds. */
const PAUSE = 2;

function sleep() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
}

function withPercentiles(result, samples) {
  const sorted = sort(samples);

  return { ...result, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
}

const ways = {
  awake(call, make, { warmMs, measureMs }) {
    const phases = new Phases(warmMs, measureMs);
    const samples = [];

    for (let i = 0; ; i++) {
      const time = now();

      call(make(i & 4095));
      if (phases.counting && samples.length < MAX_SAMPLES) samples.push(now() - time);
      if (!phases.running(1)) return withPercentiles(phases.result(), samples);
    }
  },

  asleep(call, make, { measureMs }) {
    const samples = [];
    const count = Math.ceil(measureMs / PAUSE);

    for (let i = 0; i < 2 * count; i++) {
      sleep();

      const time = now();

      call(make(i));
      if (i >= count) samples.push(now() - time);
    }
    return withPercentiles(
      { wall: samples.reduce((sum, each) => sum + each) / samples.length, count }, samples);
  },

  first(call, make, { calls }) {
    for (let i = 1; i < calls; i++) call(make(i));
    return { first: Number(process.hrtime.bigint() - begun) };
  },

  async awaited(call, make, { warmMs, measureMs }) {
    const phases = new Phases(warmMs, measureMs);

    for (let i = 0; ; i++) {
      await call(make(i & 4095));
      if (!phases.running(1)) return phases.result();
    }
  },
};

const { competitor, params: { value, way, calls }, ...times } = JSON.parse(process.argv[2]);
const make = values[value];
const call = competitors[competitor]();

/** What comes back must be what was sent, and the other thread be up. */
async function main() {
  const answer = call(make(7));
  const result = way === 'first' ? await ways.first(call, make, { calls }) : undefined;

  assert.deepStrictEqual(await answer, make(7));
  console.log(JSON.stringify(result ?? await ways[way](call, make, times)));
  process.exit();
}

main();

