'use strict';

/*
 * RingBuffer compared with an array as model: every offset and record length at small
 * capacities, and long random sequences of operations.
 */

const assert = require('node:assert');
const { RingBuffer, each } = require('./support/rings');

const HEADER = 8;
const sizeOf = (length) => HEADER + Math.ceil(length / 8) * 8;

/** Where the words of positions are, and what they count in. */
const WORDS = { spsc: { unit: 1, wide: false }, mpsc: { unit: 1, wide: true }, mpmc: { unit: 2, wide: true } };

/**
 * Move an empty ring, which has no handle yet, to a position, as if so much had gone
 * through it.
 */
function moveTo(ring, position) {
  const { mode, buffer } = ring;
  const { wide, unit } = WORDS[mode];

  for (const offset of [256, 384]) {
    if (wide) new BigInt64Array(buffer)[offset / 8] = BigInt(position) * BigInt(unit);
    else new Int32Array(buffer)[offset / 4] = position;
  }
  if (mode === 'mpmc') {
    const slots = new Int32Array(buffer)[3];
    const stride = ring.capacity / slots;

    /* A slot knows in which lap it is free: for the next position that falls on it. */
    for (let i = 0; i < slots; i++) {
      const lap = Math.ceil((position - i) / slots) * slots;

      new DataView(buffer).setInt32(2560 + i * stride, Number(BigInt.asIntN(32, BigInt(lap))), true);
    }
  }
}

const bytesOf = (number, length) => Uint8Array.from({ length }, (_, i) => number * 7 + i);

describe('RingBuffer against a list', () => {
  for (const mode of ['spsc', 'mpsc']) {
    for (const capacity of [64, 128]) {
      it(`has room for a record at each offset and of each length (${mode}, ${capacity} bytes)`, () => {
        for (let offset = 0; offset < capacity; offset += 8) {
          for (let length = 0; length <= capacity / 2 - HEADER; length++) {
            const ring = new RingBuffer(capacity, { mode });

            moveTo(ring, 4096 + offset);

            const sizes = [];
            let at = offset;

            /* As many as fit: one that would cross the end begins at the start, and what
             * it skips is gone. */
            for (let used = 0; ;) {
              const left = capacity - at % capacity;
              const need = sizeOf(length) + (sizeOf(length) > left ? left : 0);

              if (used + need > capacity) break;
              used += need;
              at += need;
              sizes.push(length);
            }
            for (let round = 0; round < 2; round++) {
              const records = sizes.map((_, i) => bytesOf(i + round, length));

              if (round === 1) ring.claim(0) === null || ring.abort();
              for (const record of round === 0 ? records : records.slice(0, 1)) ring.write(record);
              if (round === 0) assert.strictEqual(ring.tryWrite(bytesOf(9, length)), false);
              for (const record of round === 0 ? records : records.slice(0, 1)) {
                assert.deepStrictEqual(new Uint8Array(ring.read()), record);
              }
              assert.strictEqual(ring.read(), null);
            }
          }
        }
      });
    }
  }

  each('is the same list after positions have come round', (mode) => {
    const slotSize = 48;

    for (const start of [2 ** 31, 2 ** 32]) {
      for (const before of [0, 8, 64, 1024]) {
        const ring = new RingBuffer(1024, { mode, ...mode === 'mpmc' && { slotSize } });
        const list = [];
        let number = 0;

        moveTo(ring, mode === 'spsc' ? (start - before) | 0 : start - before);
        for (let turn = 0; turn < 2000; turn++) {
          const record = bytesOf(number, number % slotSize);

          if (ring.tryWrite(record)) {
            list.push(record);
            number++;
          }
          if (turn % 11 === 0 || turn % 5 < 2) {
            ring.drain((bytes) => assert.deepStrictEqual(new Uint8Array(bytes), list.shift()), turn % 4);
          }
        }
        assert.ok(number > 500);
        while (ring.drain((bytes) => assert.deepStrictEqual(new Uint8Array(bytes), list.shift())) > 0);
        assert.strictEqual(list.length, 0);
      }
    }
  });

  each('is the same list whatever is done in whatever order', (mode) => {
    for (let seed = 1; seed <= 40; seed++) {
      let state = seed * 2654435761;
      const pick = (below) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor(state / 2 ** 32 * below);
      };
      const ring = new RingBuffer([64, 256, 1024][seed % 3], { mode, ...mode === 'mpmc' && { slotSize: 24 } });
      const list = [];
      let number = 0;
      const make = () => bytesOf(number, pick(Math.min(ring.maxLength, 24) + 1));
      const same = (bytes) => assert.deepStrictEqual(new Uint8Array(bytes), list.shift());
      const target = Buffer.alloc(64);

      for (let step = 0; step < 400; step++) {
        const record = make();
        const action = pick(10);

        if (action < 3) {
          if (ring.tryWrite(record)) list.push(record), number++;
        } else if (action === 3) {
          const records = Array.from({ length: pick(6) }, make);

          list.push(...records.slice(0, ring.writeMany(records)));
        } else if (action === 4) {
          const room = ring.claim(record.length);

          if (room !== null) {
            room.set(record);
            if (pick(2)) ring.commit(), list.push(record);
            else ring.abort();
          }
        } else if (action === 5) {
          ring.drain(same, pick(5));
        } else if (action === 6) {
          const length = ring.readInto(target);

          if (length >= 0) same(target.subarray(0, length));
        } else if (action === 7) {
          const seen = ring.peek();

          if (seen !== null) {
            assert.deepStrictEqual(new Uint8Array(seen), list[0]);
            if (pick(2)) ring.release(), list.shift();
          }
        } else {
          const read = ring.read();

          if (read !== null) same(read);
          else assert.strictEqual(list.length, 0);
        }
      }
      ring.close();
      for (let read; (read = ring.read()) !== null;) same(read);
      assert.deepStrictEqual([list.length, ring.ended], [0, true]);
    }
  });
});
