'use strict';

/* Several who wait: rings and ports on one thread, and several sides of one ring. */

const assert = require('node:assert');
const { once } = require('node:events');
const { setImmediate: turn } = require('node:timers/promises');
const { RingBuffer } = require('./support/rings');
const { MessageChannel } = require('../../lib');

describe('RingBuffers on one thread', () => {
  it('leave the messages of ports alone when one rings another', async () => {
    const rings = [new RingBuffer(256), new RingBuffer(256)];
    const channels = Array.from({ length: 3 }, () => new MessageChannel());
    const got = [0, 0, 0];

    channels.forEach(({ port2 }, i) => port2.on('message', () => got[i]++));
    rings[0].on('readable', () => {
      rings[0].read();
      channels[0].port1.postMessage('before');
      rings[1].write('x');
      channels[1].port1.postMessage('after');
      channels[2].port1.postMessage('after');
    });
    rings[1].on('readable', () => rings[1].read());

    for (let round = 1; round <= 20; round++) {
      const second = once(rings[1], 'readable');

      await turn();
      rings[0].write('x');
      await second;
      for (let i = 0; i < 100 && got.some((count) => count < round); i++) await turn();
      assert.deepStrictEqual(got, [round, round, round]);
    }
    rings.forEach((ring) => ring.detach());
    channels.forEach(({ port1 }) => port1.close());
  });
});
