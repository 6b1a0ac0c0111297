'use strict';

/* Several waiters: rings and ports on one thread, and several handles of one ring. */

const assert = require('node:assert');
const { once } = require('node:events');
const { setImmediate: turn, setTimeout: sleep } = require('node:timers/promises');
const { RingBuffer } = require('./support/rings');
const { MessageChannel } = require('../../lib');

/** As many of one mpmc ring. */
function attach(count) {
  const { buffer } = new RingBuffer(1024, { mode: 'mpmc' });

  return Array.from({ length: count }, () => new RingBuffer(buffer));
}

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

describe('A listener', () => {
  for (const add of ['on', 'once', 'prependListener']) {
    it(`that can be told of nothing is not added (${add})`, () => {
      const reader = new RingBuffer(64);
      const other = new RingBuffer(reader.buffer);

      reader.read();
      assert.throws(() => other[add]('readable', () => {}), { code: 'ERR_RINGPORT_TAKEN' });
      assert.strictEqual(other.listenerCount('readable'), 0);
      reader.detach();
      other[add]('readable', () => {});
      assert.strictEqual(other.listenerCount('readable'), 1);
      other.detach();
    });
  }
});

describe('Handles of one RingBuffer that no longer wait', () => {
  const stopped = {
    'are aborted': async (ring, other) => {
      const controller = new AbortController();
      const wait = ring.readable({ signal: controller.signal });
      const next = other.readable();

      controller.abort();
      await assert.rejects(wait, { name: 'AbortError' });
      return next;
    },
    'are woken and aborted': async (ring, other, write) => {
      const controller = new AbortController();
      const wait = ring.readable({ signal: controller.signal });
      const next = other.readable();

      write();
      controller.abort();
      await assert.rejects(wait, { name: 'AbortError' });
      return next;
    },
    'have waited long enough': async (ring, other) => {
      const wait = ring.readable({ timeout: 1 });
      const next = other.readable();

      assert.strictEqual(await wait, false);
      return next;
    },
    'are iterators that end': async (ring, other) => {
      const records = ring[Symbol.asyncIterator]();
      const wait = records.next();
      const next = other.readable();

      await records.return();
      assert.deepStrictEqual(await wait, { value: undefined, done: true });
      return next;
    },
  };

  for (const [name, stop] of Object.entries(stopped)) {
    it(`and ${name} leave the record to the next`, async () => {
      const [writer, first, second] = attach(3);
      let written = false;
      const write = () => {
        if (!written) writer.write('x');
        written = true;
      };
      const next = stop(first, second, write);

      await sleep(20);
      write();
      assert.strictEqual(await next, true);
      assert.strictEqual(second.read().toString(), 'x');
    });
  }
});
