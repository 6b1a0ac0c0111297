'use strict';

/*
 * The job: stream lines to workers, one message per line, and merge the words they counted. It is
 * told which module to use and does not know which one it is.
 */

const path = require('node:path');
const { once } = require('node:events');
const { setTimeout: sleep } = require('node:timers/promises');
const { merge } = require('./words');

/* Lines under way per worker, and lines between two acknowledgements. */
const WINDOW = 4096;
const ACK_EVERY = 1024;

const PING_EVERY_MS = 2;
const IDLE_PINGS = 300;

class Job {
  #lines;
  #onProgress;
  #next = 0;
  #workers = [];
  #answers = {};
  #acks = 0;

  /** Milliseconds from ping to answer: behind the lines under way, and with nothing to do. */
  busyPings = [];
  idlePings = [];

  constructor(lines, onProgress) {
    this.#lines = lines;
    this.#onProgress = onProgress;
  }

  /** Start `count` workers with `Worker` of the module whose path or name is `module`. */
  async start(module, count) {
    const { Worker } = require(module);
    for (let i = 0; i < count; i++) {
      const worker = new Worker(path.join(__dirname, 'counter.js'), {
        workerData: { module, ackEvery: ACK_EVERY },
      });
      await once(worker, 'message');
      const slot = { worker, credit: WINDOW, counts: null };
      worker.on('message', (message) => this.#onMessage(slot, message));
      worker.on('error', (error) => this.#answers.fail(error));
      this.#workers.push(slot);
    }
  }

  /** Stream all lines. Resolves with what it took and the words counted. */
  async run() {
    const counts = new Map();
    const begin = performance.now();
    const timer = setInterval(() => this.#ping(this.#workers[0]), PING_EVERY_MS);
    try {
      await this.#answer(() => this.#pump());
    } finally {
      clearInterval(timer);
    }
    for (const slot of this.#workers) {
      merge(counts, slot.counts);
    }
    const seconds = (performance.now() - begin) / 1000;
    const messages = this.#lines.length + this.#acks + 2 * this.busyPings.length;
    return { seconds, messages, counts };
  }

  /** Ping one worker, one ping at a time, while nothing else goes on. */
  async pingIdle() {
    await sleep(20);
    for (let i = 0; i < IDLE_PINGS; i++) {
      await this.#answer(() => this.#ping(this.#workers[0], true));
    }
  }

  async stop() {
    await Promise.all(this.#workers.map(({ worker }) => worker.terminate()));
  }

  /** A promise for the end of what `begin` begins. */
  #answer(begin) {
    return new Promise((resolve, reject) => {
      this.#answers = { done: resolve, fail: reject };
      begin();
    });
  }

  #ping({ worker }, idle = false) {
    worker.postMessage({ type: 'ping', idle, begin: performance.now() });
  }

  #onMessage(slot, message) {
    switch (message.type) {
      case 'ack':
        this.#acks++;
        slot.credit += ACK_EVERY;
        this.#pump();
        break;
      case 'ping': {
        const pings = message.idle ? this.idlePings : this.busyPings;
        pings.push(performance.now() - message.begin);
        if (message.idle) {
          this.#answers.done();
        }
        break;
      }
      default:
        slot.counts = message.counts;
        if (this.#workers.every(({ counts }) => counts !== null)) {
          this.#answers.done();
        }
    }
  }

  /** Post lines to whoever has credit; after the last line ask for the counts. */
  #pump() {
    if (this.#next === this.#lines.length) {
      return;
    }
    for (const slot of this.#workers) {
      while (slot.credit > 0 && this.#next < this.#lines.length) {
        slot.worker.postMessage(this.#lines[this.#next++]);
        slot.credit--;
      }
    }
    this.#onProgress(this.#next / this.#lines.length);
    if (this.#next === this.#lines.length) {
      this.#workers.forEach(({ worker }) => worker.postMessage({ type: 'finish' }));
    }
  }
}

/**
 * Run the job over `module`, with `count` fresh workers.
 *
 * @returns {Promise<{ seconds: number, messages: number, counts: Map,
 *   busyPings: number[], idlePings: number[] }>}
 */
async function runJob({ module, lines, workers, onProgress }) {
  const job = new Job(lines, onProgress);
  try {
    await job.start(module, workers);
    const result = await job.run();
    await job.pingIdle();
    return { ...result, busyPings: job.busyPings, idlePings: job.idlePings };
  } finally {
    await job.stop();
  }
}

module.exports = { runJob };
