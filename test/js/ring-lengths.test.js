'use strict';

/*
 * Records at the limits of length: of 4 GiB and more, and texts whose length in bytes is
 * known only once they are encoded.
 */

const assert = require('node:assert');
const { RingBuffer, each } = require('./support/rings');

describe('RingBuffer: lengths', () => {
  each('of 4 GiB and more are too large', (mode) => {
    const ring = new RingBuffer(1024, { mode });
    let large;

    try {
      large = new Uint8Array(2 ** 32);
    } catch {
      return; /* This Node has no such arrays. */
    }
    assert.throws(() => ring.write(large), { code: 'ERR_RINGPORT_TOO_LARGE' });
    assert.throws(() => ring.tryWrite(large), { code: 'ERR_RINGPORT_TOO_LARGE' });
    assert.throws(() => ring.writeMany([large]), { code: 'ERR_RINGPORT_TOO_LARGE' });
    assert.strictEqual(ring.read(), null);
  });

  each('of texts that fit to the last byte are no stall', (mode) => {
    const ring = new RingBuffer(64, { mode, ...mode === 'mpmc' && { slotSize: 8 } });

    for (let i = 0; i < 4; i++) ring.write('12345678');
    assert.strictEqual(ring.stats.fullStalls, 0);
    assert.strictEqual(ring.tryWrite('x'), false);
    assert.strictEqual(ring.stats.fullStalls, 1);
  });

  each('of texts of any kind, at any place', (mode) => {
    const ring = new RingBuffer(64, { mode, ...mode === 'mpmc' && { slotSize: 24 } });

    for (let i = 0; i < 500; i++) {
      const text = ['a', '\u00e9', '\u20ac', '\u{1d11e}', '\ud800'][i % 5].repeat(i % 7);

      ring.write(text);
      assert.strictEqual(ring.read().toString(), Buffer.from(text).toString());
    }
  });
});
