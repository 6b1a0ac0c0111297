'use strict';

/*
 * round.js - one round of the soak test: starts workers, runs operations, ends
 * everything, and checks the ledger.
 */

const path = require('node:path');
const { MessageChannel: PlainChannel } = require('node:worker_threads');
const { Ledger, ringRow, PLAYERS, LANES, FIRST_CHANNEL, IN_FLIGHT, NOBODY } = require('./ledger');
const { Player, laneEnd } = require('./player');
const { DRAIN } = require('./rings');
const { below, pick } = require('./values');
const { random } = require('../js/support/random');

/* Time limit for the end of a round, in milliseconds. */
const LIMIT = 60000;
const ENDS = [undefined, undefined, undefined, 'terminate', 'terminate', 'exit', 'throw'];

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function ringPlans(api, next, players) {
  if (!api.RingBuffer) return [];
  const shuffled = [...players].sort(() => next() - 0.5);
  const [first, second, ...rest] = shuffled;
  const ring = (mode, producers, consumers) => ({
    mode, producers, consumers, buffer: new api.RingBuffer(1 << (10 + below(next, 6)), { mode }).buffer,
  });

  return [
    ring('spsc', [first], [second]), ring('mpsc', [second, ...rest], [first]),
    ring('mpmc', shuffled, [first, pick(next, [second, ...rest])]),
  ];
}

class Round {
  failures = [];
  workers = new Map();

  constructor({ implementation, seed, milliseconds }) {
    const api = require(implementation);
    const next = random(seed);
    const count = 1 + below(next, Math.min(4, PLAYERS - 1));
    const ids = Array.from({ length: count }, (_, i) => i + 1);

    Object.assign(this, { api, next, milliseconds, implementation, seed, ledger: new Ledger() });
    this.rings = ringPlans(api, next, [0, ...ids]);
    this.player = new Player({
      api, id: 0, seed, buffer: this.ledger.words.buffer, rings: this.rings,
      onFail: (why, history) => this.fail(why, history),
    });
    this.player.lanes = [];
    for (const id of ids) this.#start(id);
  }

  fail(why, history = []) { this.failures.push({ why, history: [...history] }); }

  #start(id) {
    const { port1: port, port2 } = new PlainChannel();
    const killed = pick(this.next, ENDS);
    const worker = new this.api.Worker(path.join(__dirname, 'worker.js'), {
      workerData: {
        implementation: this.implementation, id, seed: (this.seed + id) | 0, buffer: this.ledger.words.buffer,
        rings: this.rings, lane: port2, killed, after: below(this.next, 200),
      },
      transferList: [port2],
    });
    const one = { id, worker, killed, stopped: false };
    const lane = { id: laneEnd(id, 0), port };

    one.exit = new Promise((resolve) => {
      worker.once('exit', (code) => {
        one.exited = true;
        this.player.ends.delete(2 * id);
        this.player.lanes = this.player.lanes.filter((other) => other !== lane);
        if (!killed && code !== 0) this.fail(`worker ${id} has ended with ${code}`);
        this.#checkWorker(one);
        resolve();
      });
    });
    worker.on('error', (error) => {
      if (killed !== 'throw' || error.message !== 'soak') this.fail(`worker ${id}: ${error.stack}`);
    });
    if (killed === 'terminate') {
      one.timer = setTimeout(() => worker.terminate(), this.next() * this.milliseconds * 1.2);
    }
    this.workers.set(id, one);
    one.lane = lane;
    this.player.lanes.push(lane);
    this.player.takeLane(lane, (message) => {
      if (message.stopped) one.stopped = true;
      else this.fail(message.why ?? `worker ${id} has open: ${message.open.join(' ')}`, message.history);
    });
    this.player.hold(2 * id, worker, true);
  }

  /**
   * Check that everything that a worker posted has arrived before 'exit', and, if it
   * ended by itself, everything that was sent to it.
   */
  #checkWorker({ id, killed }) {
    const { ledger } = this;
    const [main, there] = [2 * id, 2 * id + 1];

    if (ledger.get(main, 'RECEIVED') < ledger.get(there, 'SENT')) {
      this.fail(`worker ${id} (${killed}): ${ledger.get(main, 'RECEIVED')} of ${ledger.get(there, 'SENT')} at 'exit'`);
    }
    if (!killed && ledger.get(there, 'RECEIVED') !== ledger.get(main, 'SENT')) {
      this.fail(`worker ${id} got ${ledger.get(there, 'RECEIVED')} of ${ledger.get(main, 'SENT')}`);
    }
  }

  #killed(id) { return id > 0 && this.workers.get(id).killed !== undefined; }

  #checkEnd(end) {
    const { ledger } = this;
    const owner = ledger.get(end, 'OWNER');
    const [received, sent] = [ledger.get(end, 'RECEIVED'), ledger.get(end ^ 1, 'SENT')];
    const fail = (why) => this.fail(
      `end ${end}: ${why}\n  here: ${ledger.describe(end)}\n  peer: ${ledger.describe(end ^ 1)}`);

    /* The thread was terminated when it was about to create the channel. */
    if (owner === NOBODY) return;
    if (received > ledger.get(end ^ 1, 'INTENT')) fail('more has come than was sent');
    if (owner === IN_FLIGHT) {
      const carrier = ledger.get(end, 'CARRIER');
      const channel = carrier >> 1;

      if (channel >= LANES && channel < FIRST_CHANNEL) {
        if (!this.#killed(channel - LANES)) fail('lost as a transfer handle');
      } else if (ledger.get(carrier ^ 1, 'RECEIVED') > ledger.get(end, 'TICKET')) {
        fail(`lost, though the message with it has come: ${ledger.describe(carrier ^ 1)}`);
      }
    } else if (!this.#killed(owner - 1)) {
      if (ledger.get(end, 'CLOSED') === 0) fail('has not heard of its close');
      if (ledger.get(end, 'SELF') === 0 && received < sent) fail(`${sent - received} messages are lost`);
    }
  }

  #checkRings() {
    const killed = (list) => list.filter((id) => this.#killed(id)).length;

    this.rings.forEach(({ mode, producers, consumers }, ring) => {
      /* Without a reader, the ring stays full; one of two readers may end within a batch.
       * */
      const gone = killed(consumers);

      for (const producer of producers) {
        const [intent, sent, received] = ['INTENT', 'SENT', 'RECEIVED'].map(
          (field) => this.ledger.get(ringRow(ring, producer), field));

        if (received > intent || (gone < consumers.length && received < sent - DRAIN * gone)) {
          this.fail(`${mode}: ${received} of ${sent} to ${intent} records of player ${producer}`);
        }
      }
    });
  }

  async #wait(what, done) {
    for (const start = performance.now(); !done(); this.player.turn()) {
      await (this.player.next() < 0.7 ? new Promise(setImmediate) : sleep(this.player.next() * 4));
      if (this.failures.length > 0) return false;
      if (performance.now() - start < LIMIT) continue;
      this.fail(`${what}: no end after ${LIMIT} ms; open in the main thread: ${[...this.player.ends.keys()]}`,
        this.player.history);
      for (const { lane } of this.workers.values()) lane.port.postMessage({ command: 'history' });
      await sleep(2000);
      return false;
    }
    return true;
  }

  async #end() {
    const all = [...this.workers.values()];

    this.player.finish();
    this.ledger.finish();
    for (const { lane } of all) lane.port.postMessage({ command: 'finish' });
    if (!await this.#wait('stop', () => all.every(({ stopped, exited }) => stopped || exited))) return;
    for (const { buffer } of this.rings) new this.api.RingBuffer(buffer).close();
    if (!await this.#wait('end', () => all.every(({ exited }) => exited) && this.player.open === 0 &&
      this.player.rings.every((ring) => ring.done))) return;
    for (let end = 2 * FIRST_CHANNEL; end < 2 * this.ledger.channels; end++) this.#checkEnd(end);
    this.#checkRings();
  }

  /** The ends that never arrived, and how the workers ended, for debugging. */
  lost() {
    const { ledger } = this;
    const lines = [...this.workers.values()].map(({ id, killed }) => `worker ${id}: ${killed ?? 'ended by itself'}`);

    for (let end = 2 * FIRST_CHANNEL; end < 2 * ledger.channels; end++) {
      if (ledger.get(end, 'OWNER') === IN_FLIGHT) lines.push(`end ${end} in flight: ${ledger.describe(end)}`);
    }
    return lines;
  }

  /**
   * @returns {Promise<{messages: number, records: number, channels: number, failures:
   *   object[]}>}
   */
  async run() {
    const until = performance.now() + this.milliseconds;

    if (await this.#wait('play', () => performance.now() > until)) await this.#end();

    for (const { worker, timer, exit, lane } of this.workers.values()) {
      clearTimeout(timer);
      worker.terminate();
      await exit;
      lane.port.close();
    }
    for (const { ring } of this.player.rings) ring.detach();

    const { ledger } = this;
    const sum = (from, to) => {
      let all = 0;

      for (let row = from; row < to; row++) all += ledger.get(row, 'RECEIVED');
      return all;
    };

    return {
      messages: sum(0, 2 * ledger.channels), records: sum(ringRow(0, 0), ringRow(this.rings.length, 0)),
      channels: ledger.channels - FIRST_CHANNEL, workers: this.workers.size, failures: this.failures,
    };
  }
}

module.exports = { Round };
