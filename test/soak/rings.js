'use strict';

/*
 * rings.js - writes and reads the rings of a round, in every way that there is.
 *
 * A record consists of four words and a filler: producer, number, checksum, length.
 */

const { ringRow } = require('./ledger');
const { below, pick } = require('./values');

const HEAD = 16;
/* Maximum number of records lost if a thread ends while it drains an mpmc ring. */
const DRAIN = 20;
const check = (producer, n, length) => Math.imul(producer + 1, 0x9e3779b1) ^ Math.imul(n, 0x85ebca6b) ^ length;

function fill(target, producer, n) {
  const { length } = target;
  const head = new DataView(target.buffer, target.byteOffset, length);

  [producer, n, check(producer, n, length), length].forEach((word, i) => head.setInt32(4 * i, word, true));
  for (let i = HEAD; i < length; i++) target[i] = n + i;
  return target;
}

class RingPart {
  #last = new Map();
  #player;
  #id;

  /**
   * @param {{buffer: SharedArrayBuffer, producers: number[], consumers: number[]}} plan
   */
  constructor(player, id, { buffer, producers, consumers }) {
    this.#player = player;
    this.#id = id;
    this.ring = new player.api.RingBuffer(buffer);
    this.writes = producers.includes(player.id);
    this.reads = consumers.includes(player.id);
    this.strict = consumers.length === 1;
  }

  get done() { return !this.reads || this.ring.ended; }

  write() {
    const { ledger, next, id } = this.#player;
    const { ring } = this;
    const row = ringRow(this.#id, id);
    const n = ledger.get(row, 'SENT');
    const length = HEAD + below(next, Math.min(ring.maxLength, 1000) - HEAD + 1);
    const make = (i) => fill(new Uint8Array(length), id, n + i);
    const ways = {
      tryWrite: () => Number(ring.tryWrite(make(0))),
      writeMany: () => ring.writeMany(Array.from({ length: 5 }, (_, i) => make(i))),
      claim: () => {
        const room = ring.claim(length);

        if (room === null) return 0;
        fill(room, id, n);
        if (next() < 0.1) return ring.abort() ?? 0;
        ring.commit();
        return 1;
      },
    };
    const way = pick(next, Object.keys(ways));

    ledger.set(row, 'INTENT', n + 5);
    const written = ways[way]();
    ledger.set(row, 'SENT', n + written);
    ledger.set(row, 'INTENT', n + written);
  }

  read() {
    const { next, api } = this.#player;
    const { ring } = this;
    const take = (bytes) => bytes && this.#take(bytes);
    const ways = {
      read: () => take(ring.read()),
      readInto: () => {
        const target = new Uint8Array(ring.maxLength);
        const length = ring.readInto(target);

        if (length >= 0) take(target.subarray(0, length));
      },
      drain: () => ring.drain((bytes, length) => this.#take(bytes.subarray(0, length)), 1 + below(next, DRAIN)),
      peek: () => {
        const bytes = ring.peek();

        if (bytes === null) return;
        take(bytes);
        ring.release();
      },
    };

    try {
      ways[pick(next, Object.keys(ways))]();
    } catch (error) {
      if (!(error instanceof api.RingportError)) throw error;
      this.#player.fail(`ring ${this.#id}: ${error.stack}`);
    }
  }

  #take(bytes) {
    const player = this.#player;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const [producer, n, sum, length] = [0, 4, 8, 12].map((at) => view.getInt32(at, true));
    const last = this.#last.get(producer) ?? -1;

    if (sum !== check(producer, n, length) || length !== bytes.length) {
      return player.fail(`ring ${this.#id}: a record of ${bytes.length} bytes is torn`);
    }
    for (let i = HEAD; i < length; i++) {
      if (bytes[i] !== ((n + i) & 255)) return player.fail(`ring ${this.#id}: byte ${i} of a record is wrong`);
    }
    if (this.strict ? n !== last + 1 : n <= last) {
      player.fail(`ring ${this.#id}: ${n} of player ${producer} after ${last}`);
    }
    this.#last.set(producer, n);
    player.ledger.add(ringRow(this.#id, producer), 'RECEIVED');
  }
}

module.exports = { RingPart, DRAIN };
