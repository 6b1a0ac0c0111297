'use strict';

/* Streams and iterators of RingBuffer when records arrive one at a time or never stop. */

const assert = require('node:assert');
const { once } = require('node:events');
const { RingBuffer, run, turns } = require('./support/rings');

function pair() {
  const writer = new RingBuffer(1 << 16);

  return [writer, new RingBuffer(writer.buffer)];
}

describe('RingBuffer: a read stream', () => {
  it('waits once at a time', async () => {
    const [writer, ring] = pair();
    const { readable } = ring;
    let waits = 0;
    let got = 0;

    ring.readable = function (options) {
      waits++;
      return readable.call(this, options).finally(() => waits--);
    };
    ring.createReadStream().on('data', () => got++);
    for (let i = 0; i < 20; i++) {
      writer.write('x');
      while (got <= i) await turns(1);
      await turns();
      assert.strictEqual(waits, 1);
    }
    writer.close();
  });

  it('holds no more than its highWaterMark when records come one by one', async () => {
    const [writer, ring] = pair();
    const stream = ring.createReadStream({ objectMode: true, highWaterMark: 2 }).on('readable', () => {});

    for (let i = 0; i < 10; i++) {
      writer.write('x');
      await turns();
    }
    assert.strictEqual(stream.readableLength, 2);
    stream.destroy();
  });

  it('leaves the records alone once it is destroyed', async () => {
    const [writer, ring] = pair();
    const stream = ring.createReadStream({ objectMode: true });
    let got = 0;

    stream.on('data', () => {
      if (++got === 3) stream.destroy();
    });
    await turns();
    writer.writeMany(Array(10).fill('x'));
    await once(stream, 'close');
    assert.strictEqual(got, 3);
  });

  for (const kind of ['createReadStream', 'createWriteStream']) {
    it(`is destroyed by a signal that was given before (${kind})`, async () => {
      const ring = new RingBuffer(64);
      const stream = ring[kind]({ signal: AbortSignal.abort() });

      const [error] = await once(stream, 'error');

      assert.strictEqual(error.name, 'AbortError');
      assert.strictEqual(ring.closed, true);
    });
  }
});

describe('RingBuffer: records without an end', () => {
  const readers = {
    'a stream': (ring) => ring.createReadStream(),
    'a stream of objects': (ring) => ring.createReadStream({ objectMode: true }),
    'an iterator': (ring) => ring,
  };

  for (const [name, open] of Object.entries(readers)) {
    it(`let the event loop turn between those of ${name}`, async () => {
      const ring = new RingBuffer(1 << 20);
      const writer = run((there) => {
        const some = Array(100).fill('a record');

        while (!there.closed) {
          if (there.writeMany(some) === 0) there.waitWritable();
        }
      }, ring.buffer);
      const source = open(ring);
      let turns = 0;

      await ring.readable();
      (function turn() {
        turns++;
        if (turns < 10) setImmediate(turn);
      })();
      if (source === ring) {
        for await (const record of ring) if (record.length > 0 && turns === 10) break;
      } else {
        await new Promise((resolve) => source.on('data', () => {
          if (turns === 10) resolve();
        }));
        source.destroy();
      }
      ring.close();
      await writer.done.catch((error) => assert.strictEqual(error.code, 'ERR_RINGPORT_CLOSED'));
      await writer.terminate();
    });
  }
});
