'use strict';

/*
 * One competitor's run, in a process of its own: `index.js` forks it with the settings as
 * JSON, and gets progress and a report. Each second it does three things:
 *
 *   stream   send as many records as the service takes, a block per turn of the event
 * loop
 *   ask      await one answer after the other
 *   paced    send RATE records a second, and see what is left of the event loop
 *
 * The first second begins before the module is loaded and the worker started.
 */

const { monitorEventLoopDelay } = require('node:perf_hooks');
const { setImmediate: nextTurn, setTimeout: sleep } = require('node:timers/promises');
const { percentile, sort } = require('../bench/js/stats');
const { inspect } = require('./inspect');
const { InThisThread, InWorker } = require('./services');
const { readText } = require('./text');

const STREAM_MS = 500;
const ASK_MS = 250;
const PACED_MS = 250;
const RATE = 100_000;
const BLOCK = 256;
const RESOLUTION_MS = 1;

/** Of the histogram of times between two answers. */
const BUCKETS_PER_DOUBLING = 6;

/**
 * @returns {[number, number][]} the lower end of a bucket in us, and how many times are
 * in it
 */
function histogram(micros) {
  const counts = new Map();

  for (const time of micros) {
    const bucket = Math.floor(Math.log2(time) * BUCKETS_PER_DOUBLING);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => a - b)
    .map(([bucket, count]) => [2 ** (bucket / BUCKETS_PER_DOUBLING), count]);
}

class Run {
  #files;
  #service;
  #file = 0;
  #line = 0;
  #question = 0;

  /** What has been sent, to be compared with what has been aggregated. */
  sent = { lines: 0, characters: 0, words: 0 };

  constructor(files, service) {
    this.#files = files;
    this.#service = service;
  }

  /** One second of the three things. */
  async second() {
    return { ...await this.#stream(), ...await this.#ask(), ...await this.#paced() };
  }

  /** Inspect and send the next `count` lines; after the last one the first follows. */
  #send(count) {
    const { sent } = this;

    for (let left = count; left > 0; left--) {
      while (this.#line === this.#files[this.#file].lines.length) {
        this.#file = (this.#file + 1) % this.#files.length;
        this.#line = 0;
      }

      const { name, lines } = this.#files[this.#file];

      if (this.#line === 0) this.#service.name(this.#file, name);

      const line = lines[this.#line++];
      const record = inspect(this.#file, this.#line, line);

      sent.lines++;
      sent.characters += record.length;
      sent.words += record.words;
      this.#service.send(record);
    }
  }

  async #stream() {
    const begin = performance.now();
    const before = process.cpuUsage();
    let records = 0;

    do {
      await this.#service.room(BLOCK);
      this.#send(BLOCK);
      records += BLOCK;
      await nextTurn();
    } while (performance.now() - begin < STREAM_MS);
    await this.#service.ask(null); // all of them have arrived

    const { user, system } = process.cpuUsage(before);

    return {
      records: records / (performance.now() - begin) * 1000,
      cpu: (user + system) / records,
    };
  }

  async #ask() {
    const times = [];
    const begin = performance.now();
    let last = begin;

    do {
      this.#question = (this.#question + 1) % this.#files.length;
      await this.#service.ask(this.#files[this.#question].name);

      const now = performance.now();

      times.push((now - last) * 1000);
      last = now;
    } while (last - begin < ASK_MS);

    const sorted = sort(times);

    return {
      answers: times.length / (last - begin) * 1000,
      answerP50: percentile(sorted, 0.5),
      answerP99: percentile(sorted, 0.99),
      histogram: histogram(sorted),
    };
  }

  async #paced() {
    const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    const begin = performance.now();
    const before = performance.eventLoopUtilization();
    let sent = 0;

    delay.enable();
    for (let time = 0; time < PACED_MS; time = performance.now() - begin) {
      const block = Math.min(Math.floor(time * RATE / 1000) - sent, BLOCK);

      await this.#service.room(BLOCK);
      this.#send(block);
      sent += block;
      await (block < BLOCK ? sleep(1) : nextTurn());
    }
    delay.disable();

    const { utilization } = performance.eventLoopUtilization(before);
    const late = (share) => Math.max(0, delay.percentile(share) / 1e3 - RESOLUTION_MS * 1000);

    return { busy: utilization, lateP50: late(50), lateP99: late(99) };
  }
}

/** Whatever was sent is in the aggregate, once. */
function check({ lines, characters, words }, sent) {
  if (lines !== sent.lines || characters !== sent.characters || words !== sent.words) {
    throw new Error(`sent ${JSON.stringify(sent)}, aggregated ` +
      JSON.stringify({ lines, characters, words }));
  }
}

async function main({ module, given, megabytes, seconds }) {
  const { files } = readText(given, megabytes * 1e6);
  const begin = performance.now();
  const service = module === null ? new InThisThread() : new InWorker(module);
  const run = new Run(files, service);
  const all = [];

  while (all.length < seconds) {
    all.push({ at: (performance.now() - begin) / 1000, ...await run.second() });
    process.send({ progress: all.length / seconds });
  }

  const total = await service.ask(null);

  check(total, run.sent);
  await service.stop();
  process.send({ report: { seconds: all, total, memory: process.resourceUsage().maxRSS / 1024 } });
  process.disconnect();
}

main(JSON.parse(process.argv[2]));
