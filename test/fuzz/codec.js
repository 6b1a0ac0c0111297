'use strict';

/*
 * node --expose-gc test/fuzz/codec.js [--seconds 10] [--seed 1] [file]
 *
 * Fuzzes deserialize(): it returns a value or throws a documented error; no setter runs;
 * memory is bounded by the number of bytes; and a value that it returns can be serialized
 * and deserialized to the same value.
 */

const fs = require('node:fs');
const { deserialize, serialize } = require('../../lib');
const { Random, Watchdog, fail, mutate, options } = require('./support');

const CODES = ['ERR_RINGPORT_CORRUPT', 'ERR_RINGPORT_VERSION'];

/**
 * Memory limit for an input: per byte (an empty Map takes one byte of input), and fixed.
 */
const PER_BYTE = 1024;
const SLACK = 8 << 20;

/**
 * Unique keys in the seeds' objects; setters for them detect a set instead of a define.
 */
const NAMES = ['qa', 'qb', 'qid', 'label'];
let setters = 0;

for (const name of NAMES) {
  Object.defineProperty(Object.prototype, name, {
    configurable: true, get: () => undefined, set: () => { setters++; },
  });
}

function seeds() {
  const shared = { qid: 1 };
  const cycle = { label: 'cycle', list: [] };
  const bytes = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);

  const extra = Object.defineProperty([1], 'label', { value: 2, enumerable: true });

  cycle.list.push(cycle, shared, shared);
  return [
    undefined, null, true, 0, -1, 63, 64, 300, 70000, 2 ** 40, 0.5, NaN, -0, 12n, -(2n ** 80n), '', 'ascii',
    'x'.repeat(100), 'ünïcode \u2021 \ud800', { qa: 1, qb: 'two' }, { qid: 7, label: 'x', qa: { qb: [] } },
    shared, cycle,
    { ['__proto__']: 5, constructor: 1, length: 2 }, [], [1, 2, 3], [1.5, 2.5], [, 1, , 'x'], extra,
    Array.from({ length: 40 }, (_, i) => i), Array.from({ length: 40 }, (_, i) => i * 1000),
    Object.assign([], { 5000: 1 }),
    new Date(5), new Date(NaN), /a+/giu, new Map([[1, { qa: 1 }], ['k', shared]]), new Set([1, 'x', shared, shared]),
    new Error('message', { cause: shared }), new RangeError('r'), Object(5), Object('s'), Object(5n), Object(true),
    bytes.buffer, new ArrayBuffer(8, { maxByteLength: 64 }), bytes, bytes.subarray(2, 5), new Float64Array([1.5, 2]),
    new DataView(bytes.buffer, 1, 3), new BigInt64Array(2), [bytes, bytes.buffer],
    Array.from({ length: 20 }, (_, i) => ({ qid: i, label: `n${i}`, qa: [i], qb: { qa: i } })),
  ].map((value) => serialize(value));
}

function used() {
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();

  return heapUsed + Math.max(external, arrayBuffers);
}

/** @returns {boolean} whether the bytes are a value */
function check(bytes) {
  const before = used();
  let value;

  try {
    value = deserialize(bytes);
  } catch (error) {
    if (!CODES.includes(error?.code)) fail('codec', bytes, `not a documented error: ${error?.stack}`);
    return false;
  } finally {
    const grown = used() - before;

    if (grown > PER_BYTE * bytes.length + SLACK) fail('codec', bytes, `${grown} bytes for ${bytes.length}`);
    if (setters > 0) fail('codec', bytes, 'a setter ran');
  }

  const again = serialize(value);
  const other = serialize(deserialize(again));

  if (!again.equals(other)) fail('codec', bytes, `changes: ${again.toString('hex')}\n${other.toString('hex')}`);
  return true;
}

function main() {
  const { seconds, seed, file } = options();

  if (file !== undefined) {
    console.log(check(fs.readFileSync(file)) ? 'a value' : 'an error');
    return;
  }

  const random = new Random(seed);
  const watchdog = new Watchdog();
  const pool = seeds();
  const originals = pool.length;
  const end = performance.now() + seconds * 1000;
  let inputs = 0;
  let values = 0;

  while (performance.now() < end) {
    const bytes = mutate(random.pick(pool), random, random.pick(pool));

    watchdog.next(bytes);
    inputs++;
    if (!check(bytes)) continue;
    values++;
    /* An input that is still valid becomes another seed. */
    if (bytes.length > 4096) continue;
    if (pool.length < 2000) pool.push(bytes);
    else pool[originals + random.below(pool.length - originals)] = bytes;
  }
  console.log(`${inputs} inputs, ${values} of them values`);
}

main();
