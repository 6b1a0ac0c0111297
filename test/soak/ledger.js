'use strict';

/*
 * ledger.js - counts all messages of the soak test, in shared memory.
 *
 * Each end of a channel has a row, which only its current owner writes. It counts
 * messages about to be sent (INTENT) and sent (SENT): when a thread is terminated, these
 * tell what must arrive and what may. Each pair of ring and producer has a row, too.
 *
 * Ends `e` and `e ^ 1` belong to channel `e >> 1`. The first channels are those of the
 * workers: channel `w` connects Worker (end 0) and parentPort (end 1); LANES + w is a
 * plain Node port for commands and transfer handles.
 */

const FIELDS = [
  'INTENT', // messages about to be sent, with those sent
  'SENT', // messages that postMessage has returned for
  'RECEIVED',
  'OWNER', // number of the player and 1, IN_FLIGHT, or NOBODY yet
  'SELF', // 1: its owner has called close()
  'CLOSED', // 1: its owner has got 'close'
  'CARRIER', // IN_FLIGHT: the end that it was sent by
  'TICKET', // IN_FLIGHT: the number of the message that carries it
];
const F = Object.fromEntries(FIELDS.map((name, index) => [name, index]));
const WIDTH = FIELDS.length;

const PLAYERS = 8;
const LANES = PLAYERS;
const FIRST_CHANNEL = 2 * PLAYERS;
const CHANNELS = 1024;
const RINGS = 3;
const IN_FLIGHT = -1;
const NOBODY = 0;

const ROWS = 2 * CHANNELS + RINGS * PLAYERS;
/* Words for the entire round, after the rows. */
const NEXT_CHANNEL = ROWS * WIDTH;
const FINISHED = NEXT_CHANNEL + 1;

class Ledger {
  constructor(buffer = new SharedArrayBuffer((FINISHED + 1) * 4)) {
    this.words = new Int32Array(buffer);
    Atomics.compareExchange(this.words, NEXT_CHANNEL, 0, FIRST_CHANNEL);
  }

  get(row, field) { return Atomics.load(this.words, row * WIDTH + F[field]); }
  set(row, field, value) { Atomics.store(this.words, row * WIDTH + F[field], value); }
  add(row, field, value = 1) { Atomics.add(this.words, row * WIDTH + F[field], value); }

  /** @returns {number} an unused channel; -1 if there are no more in this round */
  channel() {
    const id = Atomics.add(this.words, NEXT_CHANNEL, 1);

    return id < CHANNELS ? id : -1;
  }

  /** Number of channels used so far, including those of the workers. */
  get channels() { return Math.min(CHANNELS, Atomics.load(this.words, NEXT_CHANNEL)); }

  /** Whether the main thread has stopped sending. */
  get finished() { return Atomics.load(this.words, FINISHED) === 1; }
  finish() { Atomics.store(this.words, FINISHED, 1); }

  describe(row) {
    return FIELDS.map((name) => `${name} ${this.get(row, name)}`).join(', ');
  }
}

const ringRow = (ring, producer) => 2 * CHANNELS + ring * PLAYERS + producer;

module.exports = { Ledger, ringRow, PLAYERS, LANES, FIRST_CHANNEL, RINGS, IN_FLIGHT, NOBODY };
