'use strict';

/*
 * What the JS targets share: random numbers with a seed, mutations of bytes, a watchdog.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { Worker } = require('node:worker_threads');

const { random } = require('../js/support/random');

/** How long one input may take before it counts as a hang, on a machine that does other things too. */
const HANG_MS = 20000;

/** The same inputs for the same seed. */
class Random {
  #next;

  constructor(seed) {
    this.#next = random(seed);
  }

  /** @returns {number} a u32 */
  u32() {
    return this.#next() * 2 ** 32;
  }

  below(limit) {
    return limit === 0 ? 0 : this.u32() % limit;
  }

  pick(list) {
    return list[this.below(list.length)];
  }
}

const WORDS = [0, 1, 2, 7, 8, 0x7f, 0xff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffff8,
  0xfffffffe, 0xffffffff];

/** Each takes bytes and gives others. `other` is a second input to take from. */
const mutations = [
  (bytes, random) => {
    bytes[random.below(bytes.length)] ^= 1 << random.below(8);
    return bytes;
  },
  (bytes, random) => {
    bytes[random.below(bytes.length)] = random.u32();
    return bytes;
  },
  (bytes, random) => {
    if (bytes.length < 4) return bytes;
    bytes.writeUInt32LE(random.pick(WORDS), random.below(bytes.length - 3));
    return bytes;
  },
  (bytes, random) => {
    if (bytes.length < 4) return bytes;
    bytes.writeUInt32LE(random.below(bytes.length * 2), random.below(bytes.length - 3));
    return bytes;
  },
  (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  (bytes, random) => {
    const at = random.below(bytes.length);

    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(8))]);
  },
  (bytes, random) => {
    const at = random.below(bytes.length);
    const from = random.below(bytes.length);

    return Buffer.concat([
      bytes.subarray(0, at), bytes.subarray(from, from + 1 + random.below(32)), bytes.subarray(at)]);
  },
  (bytes, random, other) => Buffer.concat([
    bytes.subarray(0, random.below(bytes.length)), other.subarray(random.below(other.length))]),
];

/** @returns {Buffer} a copy of `bytes`, changed in one to four ways */
function mutate(bytes, random, other) {
  let result = Buffer.from(bytes);

  for (let i = 1 + random.below(4); i > 0 && result.length > 0; i--) {
    result = random.pick(mutations)(result, random, other);
  }
  return result;
}

/**
 * Watches the inputs of this thread from another one: what hangs is printed, and ends the process.
 */
class Watchdog {
  /** How many inputs, the length of this one, and a word to wait at that nobody wakes. */
  #words = new Int32Array(new SharedArrayBuffer(12));
  #bytes = new Uint8Array(new SharedArrayBuffer(1 << 20));

  constructor() {
    const watch = ({ words, bytes, limit }) => {
      for (let last = -1; words[0] !== last;) {
        last = words[0];
        Atomics.wait(words, 2, 0, limit);
      }
      require('node:fs').writeSync(2, `hangs: ${Buffer.from(bytes).toString('hex', 0, words[1])}\n`);
      process.kill(process.pid, 'SIGKILL');
    };
    const workerData = { words: this.#words, bytes: this.#bytes, limit: HANG_MS };

    new Worker(`(${watch})(require('node:worker_threads').workerData)`, { eval: true, workerData }).unref();
  }

  /** The next input. */
  next(bytes) {
    this.#bytes.set(bytes.subarray(0, this.#bytes.length));
    this.#words[1] = bytes.length;
    this.#words[0]++;
  }
}

/** Keep an input that failed, and say so. */
function fail(name, bytes, what) {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-fuzz-')), name);

  fs.writeFileSync(file, bytes);
  console.error(`${what}\ninput: ${file}\n${Buffer.from(bytes).toString('hex').slice(0, 2000)}`);
  process.exit(1);
}

/** @returns {{seconds: number, seed: number, file: string | undefined}} */
function options() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '10' },
      seed: { type: 'string', default: '1' },
    },
  });

  return { seconds: Number(values.seconds), seed: Number(values.seed), file: positionals[0] };
}

module.exports = { Random, Watchdog, mutate, fail, options };
