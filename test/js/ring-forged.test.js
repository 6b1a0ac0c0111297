'use strict';

/* Words in a ring's memory that falsely announce records: no handle spins on them. */

const assert = require('node:assert');
const { RingBuffer, each } = require('./support/rings');

const TAIL = 64;
const DATA = 640;

/**
 * Waiting and reading by turns, as loops do; each wait that says yes must be worth it.
 */
async function readAll(ring) {
  for (let turns = 0; await ring.readable({ timeout: 20 }); turns++) {
    ring.read();
    assert.ok(turns < 10, 'waits do not wait');
  }
}

describe('RingBuffer: what is forged', () => {
  each('a seal of who has not closed it is the end', async (mode) => {
    const ring = new RingBuffer(64, { mode });

    ring.read();
    new Int32Array(ring.buffer)[TAIL] = 1;
    await readAll(ring);
    assert.strictEqual(ring.waitReadable({ timeout: 0 }), false);
    assert.strictEqual(ring.ended, true);
    for await (const record of ring) assert.fail(record);
  }, ['mpsc', 'mpmc']);

  it('a record that was never claimed is none', async () => {
    const ring = new RingBuffer(64, { mode: 'mpsc' });

    ring.read();
    new Int32Array(ring.buffer)[DATA + 1] = 7;
    await readAll(ring);
    assert.strictEqual(ring.waitReadable({ timeout: 0 }), false);
    ring.write('a record');
    assert.strictEqual(await ring.readable(), true);
    assert.strictEqual(ring.read().toString(), 'a record');
  });
});
