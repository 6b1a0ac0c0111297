'use strict';

/*
 * RingBuffer in memory that is being overwritten: each call returns a result or throws
 * ERR_RINGPORT_CORRUPT. RINGPORT_RING_SEED selects other cases, RINGPORT_RING_FUZZ runs
 * more.
 */

const assert = require('node:assert');
const { random } = require('./support/random');
const { RingBuffer, MODES, each, run } = require('./support/rings');

const SEED = Number(process.env.RINGPORT_RING_SEED ?? 1);
const ROUNDS = Number(process.env.RINGPORT_RING_FUZZ ?? 400);

/** What a call may end with on a ring that makes no sense. */
const EXPECTED = new Set(['CORRUPT', 'CLOSED', 'FULL', 'TOO_LARGE', 'TAKEN', 'CLAIM', 'VERSION'].map((name) => `ERR_RINGPORT_${name}`));

function makeRing(mode, capacity) {
  return new RingBuffer(capacity, { mode, ...mode === 'mpmc' && { slotSize: 40 } });
}

/** Overwrite something: words of the header that change, or any bytes. */
function damage(buffer, pick) {
  const words = new Int32Array(buffer);
  const bytes = new Uint8Array(buffer);
  const value = [0, -1, 8, 1 << 30, -8, 0x7fffffff, -0x80000000, pick(2 ** 32) | 0, words[pick(words.length)]][pick(9)];
  const kind = pick(4);

  if (kind === 0) words[[32, 33, 34, 64, 65, 96, 97][pick(7)]] = value;
  else if (kind === 1) words[pick(words.length)] = value;
  else if (kind === 2) words[640 + pick(words.length - 640)] = value;
  else for (let i = pick(40); i > 0; i--) bytes[2560 + pick(bytes.length - 2560)] = pick(256);
}

const ACTIONS = [
  (ring, pick) => ring.tryWrite(Buffer.alloc(pick(60), 1)),
  (ring, pick) => ring.tryWrite('text'.repeat(pick(12))),
  (ring, pick) => ring.writeMany(Array.from({ length: pick(6) }, () => Buffer.alloc(pick(40)))),
  (ring, pick) => {
    if (ring.claim(pick(40))?.fill(3) !== undefined) ring[pick(2) ? 'commit' : 'abort']();
  },
  (ring) => ring.tryPostMessage([1, 'two']),
  (ring) => ring.read(),
  (ring) => ring.readInto(Buffer.alloc(64)),
  (ring, pick) => ring.drain((bytes, length) => {
    assert.strictEqual(bytes.length, length);
    assert.ok(length <= ring.capacity && bytes.byteOffset >= 2560);
  }, 1 + pick(20)),
  (ring) => {
    if (ring.peek() !== null) ring.release();
  },
  (ring) => ring.receiveMessage(),
  (ring) => ring.waitReadable({ timeout: 0 }),
  (ring) => ring.waitWritable({ timeout: 0, length: 8 }),
  (ring) => ring.ended || ring.closed || ring.stats,
];

/** Do one of them. @returns whether the ring was found to be corrupt */
function act(ring, pick) {
  try {
    ACTIONS[pick(ACTIONS.length)](ring, pick);
    return false;
  } catch (error) {
    if (error.code === 'ERR_OUT_OF_RANGE') return false; // a record that is larger than the target
    if (!EXPECTED.has(error.code)) throw error;
    return error.code === 'ERR_RINGPORT_CORRUPT';
  }
}

describe('RingBuffer in memory that is overwritten', function () {
  this.timeout(120_000);

  each('does what it can, or says that it cannot', (mode) => {
    let corrupt = 0;

    for (let round = 0; round < ROUNDS; round++) {
      const next = random(SEED * 1000 + round);
      const pick = (below) => Math.floor(next() * below);
      const ring = makeRing(mode, [64, 256, 1024][pick(3)]);
      const other = new RingBuffer(ring.buffer);

      for (let i = pick(20); i > 0; i--) act(ring, pick);
      for (let i = 0; i < 60; i++) {
        if (i % 3 === 0) damage(ring.buffer, pick);
        if (act(pick(4) === 0 ? other : ring, pick)) corrupt++;
      }
      ring.detach();
      other.detach();
      try {
        new RingBuffer(ring.buffer).read();
      } catch (error) {
        assert.ok(EXPECTED.has(error.code) || /INVALID_RING|VERSION/.test(error.code), error.stack);
      }
    }
    assert.ok(corrupt > ROUNDS, `${corrupt} were found out`);
  });

  each('does so while another thread overwrites it all the time', async (mode) => {
    for (let round = 0; round < 6; round++) {
      const ring = makeRing(mode, 1024);
      const stop = new Int32Array(new SharedArrayBuffer(4));
      const vandal = run((there, { seed, stopped }, { say }) => {
        const words = new Int32Array(there.buffer);
        let state = seed;
        const pick = (below) => {
          state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
          return (state >> 8) % below;
        };

        say('here');
        while (Atomics.load(stopped, 0) === 0) {
          words[pick(3) === 0 ? [32, 33, 34, 64, 96][pick(5)] : 640 + pick(words.length - 640)] =
            [0, 8, -8, pick(1 << 30), -1][pick(5)];
          for (let i = pick(100); i > 0; i--);
        }
      }, ring.buffer, { seed: SEED + round, stopped: stop });
      const next = random(SEED + round);
      const pick = (below) => Math.floor(next() * below);
      const end = performance.now() + 60;

      await vandal.said();
      while (performance.now() < end) for (let i = 0; i < 100; i++) act(ring, pick);
      Atomics.store(stop, 0, 1);
      await vandal.done;
    }
  });

  each('fails those that wait, or lets them wait', async (mode) => {
    for (let round = 0; round < 20; round++) {
      const next = random(round);
      const pick = (below) => Math.floor(next() * below);
      const ring = makeRing(mode, 256);
      const wait = ring.readable({ timeout: 5 }).catch((error) => assert.strictEqual(error.code, 'ERR_RINGPORT_CORRUPT'));

      ring.on('readable', () => {});
      for (let i = 0; i < 5; i++) {
        damage(ring.buffer, pick);
        act(ring, pick);
      }
      await wait;
      ring.detach();
    }
  });

  it('knows positions that are beyond what there can be', () => {
    const corrupt = { name: 'RingportError', code: 'ERR_RINGPORT_CORRUPT', message: /^The memory of the ring has been overwritten/ };

    for (const mode of MODES) {
      const ring = makeRing(mode, 256);
      const words = new Int32Array(ring.buffer);

      ring.write('x');
      ring.write('y');
      ring.read();
      words[64] = 1 << 20;
      if (mode === 'spsc') {
        assert.throws(() => { ring.read(); ring.read(); }, corrupt);
        assert.throws(() => ring.read(), corrupt);
      }
    }
    for (const [length, type] of [[-1, 1], [200, 1], [1 << 30, 1], [1, -1], [0, -1]]) {
      const ring = new RingBuffer(256);
      const words = new Int32Array(ring.buffer);

      ring.write('x');
      words[640] = length;
      words[641] = type;
      for (const call of [
        () => ring.read(), () => ring.peek(), () => ring.drain(() => {}), () => ring.readInto(Buffer.alloc(300)),
        () => ring.receiveMessage(),
      ]) assert.throws(call, corrupt, `length ${length}, type ${type}`);
    }
  });
});
