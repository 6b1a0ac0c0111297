'use strict';

/*
 * values-hot.js - the process of a kind for values.js: NAME ROUNDS MS. Prints the CPU
 * time of a message for worker_threads and ringport in each round, in microseconds.
 *
 * Both are in one process and take turns, each message is sent and received in this
 * thread. So other load and V8's heap are the same for both.
 */

const assert = require('node:assert');
const node = require('node:worker_threads');
const { variants, bytesOf } = require('./kinds');
const { load } = require('./threads');

/** Node's own method: ringport wraps it to count posts. */
const { postMessage } = node.MessagePort.prototype;

const [name, rounds, ms] = process.argv.slice(2);
const values = variants(name);
/** Each competitor sends at least so often, and for so many ms, before it is measured. */
const WARM_MESSAGES = 200;
const WARM_MS = 300;
/** ... up to so many messages: V8 compiles by how often a function runs. */
const WARM_ENOUGH = 20000;
const WARM_LIMIT_MS = 1000;

/**
 * A round takes at least so many messages of a large kind, unless it takes so long: else
 * a collection falls in one round in ten, and costs as much as all its messages.
 */
const least = bytesOf(name) < 4096 ? 1 : Math.ceil(64 * 1024 * 1024 / bytesOf(name));
const LEAST_LIMIT_MS = 400;

/** Messages between two looks at the clock. */
const STEP_MS = 0.5;

class Competitor {
  #receive;
  #from;
  #to;
  #next = 0;
  #step = 1;

  constructor(threads) {
    const { port1, port2 } = new threads.MessageChannel();

    if (threads === node) Object.defineProperty(port1, 'postMessage', { value: postMessage });
    this.#receive = threads.receiveMessageOnPort;
    this.#from = port1;
    this.#to = port2;
  }

  /** Send and receive `count` messages. @returns {unknown} the last one */
  send(count) {
    let last;

    for (let i = 0; i < count; i++) {
      this.#from.postMessage(values[this.#next]);
      last = this.#receive(this.#to).message;
      this.#next = this.#next + 1 === values.length ? 0 : this.#next + 1;
    }
    return last;
  }

  /** Send until `done(count, ms)`. @returns {number} the CPU time of a message */
  run(done) {
    const usage = process.cpuUsage();
    const begin = performance.now();
    let count = 0;
    let passed = 0;

    while (!done(count, passed)) {
      const before = passed;

      this.send(this.#step);
      count += this.#step;
      passed = performance.now() - begin;
      if (passed - before < STEP_MS) this.#step *= 2;
      else if (passed - before > STEP_MS * 4 && this.#step > 1) this.#step /= 2;
    }

    const { user, system } = process.cpuUsage(usage);

    return { CPU: (user + system) / count };
  }
}

const both = ['worker_threads', 'ringport'].map((implementation) => new Competitor(load(implementation)));

assert.deepStrictEqual(both[1].send(1), both[0].send(1));
for (const each of both) {
  each.run((count, passed) => (count >= WARM_ENOUGH && passed >= WARM_MS) ||
    (passed >= WARM_LIMIT_MS && count >= WARM_MESSAGES) || passed >= WARM_LIMIT_MS * 4);
}

const measured = [];

for (let round = 0; round < rounds; round++) {
  const pair = [];

  for (const which of round % 2 === 0 ? [0, 1] : [1, 0]) {
    pair[which] = both[which].run((count, passed) => passed >= ms &&
      (count >= least || passed >= LEAST_LIMIT_MS));
  }
  measured.push(pair);
}
process.stdout.write(`${JSON.stringify(measured)}\n`, () => process.exit(0));
