'use strict';

/*
 * ledger.js - what the soak test knows of every message, in shared memory.
 *
 * Each end of a channel has a row that only its owner of the moment writes. It says what the end was about to
 * send (INTENT) and has sent (SENT), so that of a thread that is terminated it is known what must arrive
 * and what may. Each pair of ring and producer has a row too.
 *
 * End `e` and end `e ^ 1` are the two of channel `e >> 1`. The first channels are those of the workers:
 * channel `w` is Worker (side 0) and parentPort (side 1), LANES + w the plain port of Node that
 * commands and transfer handles go over.
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
/* Words of the whole round, after the rows. */
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

  /** @returns {number} a channel that nobody has, -1 if the round has had them all */
  channel() {
    const id = Atomics.add(this.words, NEXT_CHANNEL, 1);

    return id < CHANNELS ? id : -1;
  }

  /** How many channels there have been, with those of the workers. */
  get channels() { return Math.min(CHANNELS, Atomics.load(this.words, NEXT_CHANNEL)); }

  /** The main thread sends nothing any more. */
  get finished() { return Atomics.load(this.words, FINISHED) === 1; }
  finish() { Atomics.store(this.words, FINISHED, 1); }

  describe(row) {
    return FIELDS.map((name) => `${name} ${this.get(row, name)}`).join(', ');
  }
}

const ringRow = (ring, producer) => 2 * CHANNELS + ring * PLAYERS + producer;

module.exports = { Ledger, ringRow, PLAYERS, LANES, FIRST_CHANNEL, RINGS, IN_FLIGHT, NOBODY };
