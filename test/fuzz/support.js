'use strict';

/*
 * support.js - for the JavaScript targets: random numbers, mutations of bytes, a
 * watchdog.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { Worker } = require('node:worker_threads');

const { random } = require('../js/support/random');

/** Time limit for one input, on a busy machine. */
const HANG_MS = 20000;

/** A random generator with a seed. */
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

/** Mutations: each returns changed bytes. `other` is a second input to copy from. */
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

/** @returns {Buffer} a copy of `bytes` with one to four mutations */
function mutate(bytes, random, other) {
  let result = Buffer.from(bytes);

  for (let i = 1 + random.below(4); i > 0 && result.length > 0; i--) {
    result = random.pick(mutations)(result, random, other);
  }
  return result;
}

/**
 * Watches this thread from another one: prints an input that hangs, and ends the process.
 */
class Watchdog {
  /**
   * Words: number of inputs, length of the current one, and one that is never notified.
   */
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

  /** Begin the next input. */
  next(bytes) {
    this.#bytes.set(bytes.subarray(0, this.#bytes.length));
    this.#words[1] = bytes.length;
    this.#words[0]++;
  }
}

/** Save an input that failed, and print its name. */
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
