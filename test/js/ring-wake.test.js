'use strict';

/* Rings and ports share the ready list of a thread, and each is on it at most once. */

const assert = require('node:assert');
const { MessageChannel, RingBuffer } = require('../../lib');

const turn = () => new Promise((resolve) => { setImmediate(resolve); });

describe('ring: woken while the thread is told of others', () => {
  it('takes no news away from ports', async () => {
    const rings = Array.from({ length: 3 }, () => new RingBuffer(1024));
    const channels = Array.from({ length: 3 }, () => new MessageChannel());
    const got = [];

    channels.forEach(({ port1 }, i) => port1.on('message', (m) => got.push(`port ${i}: ${m}`)));
    await turn();
    for (let round = 0; round < 20; round++) {
      const all = rings.map((ring, i) => ring.readable().then(() => {
        ring.read();
        got.push(`ring ${i}`);
        /* Within the call that tells of this ring. */
        channels[i].port2.postMessage(round);
        if (i < 2) rings[i + 1].write('next');
        channels[(i + 1) % 3].port2.postMessage(-round);
      }));

      await turn();
      got.length = 0;
      rings[0].write('first');
      for (let i = 0; i < 50 && got.length < 9; i++) await turn();
      assert.strictEqual(got.length, 9, `round ${round}: ${got}`);
      await Promise.all(all);
    }
    channels.forEach(({ port1 }) => port1.close());
    rings.forEach((ring) => ring.detach());
  });
});
