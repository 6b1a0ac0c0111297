'use strict';

/*
 * RingBuffer: how a reader or writer learns that all handles of the other role ended
 * without close().
 */

const assert = require('node:assert');
const { once } = require('node:events');
const { setTimeout: sleep } = require('node:timers/promises');
const { RingBuffer, each, run, turns } = require('./support/rings');

const make = (mode, options) => new RingBuffer(1024, { mode, ...mode === 'mpmc' && { slotSize: 56 }, ...options });
const closing = { closeOnDisconnect: true };

async function textsOf(ring) {
  const texts = [];

  for await (const record of ring) texts.push(String(record));
  return texts;
}

async function until(condition) {
  for (const end = performance.now() + 10_000; !condition() && performance.now() < end;) await sleep(1);
  assert.ok(condition());
}

/** Ways in which a thread ends without a word, as what it does when it has written. */
const ENDS = {
  'its thread returns': () => {},
  'its thread exits': () => process.exit(3),
  'its thread throws': () => { setImmediate(() => { throw new Error('lost'); }); },
  'it detaches': (ring) => {
    ring.detach();
    setInterval(() => {}, 1000);
  },
  'its thread is terminated': () => { setInterval(() => {}, 1000); },
};

describe('RingBuffer: the last of the others ends without close()', () => {
  for (const [title, end] of Object.entries(ENDS)) {
    each(`a loop ends behind the last record when ${title}`, async (mode) => {
      const ring = make(mode, closing);
      const reading = textsOf(ring);
      const worker = run(`(ring, data, { say }) => {
        for (let i = 0; i < 5; i++) ring.write(String(i));
        say('written');
        (${end})(ring);
      }`, ring.buffer);

      worker.done.catch(() => {});
      if (title.includes('terminated')) {
        await worker.said();
        await worker.terminate();
      }
      assert.deepStrictEqual(await reading, ['0', '1', '2', '3', '4']);
      assert.deepStrictEqual([ring.closed, ring.ended], [true, true]);
      await worker.terminate();
    });
  }

  each('a loop that begins after the writer has ended ends, too', async (mode) => {
    const ring = make(mode, closing);

    await run((there) => { there.write('all'); }, ring.buffer).done;
    await sleep(50);
    assert.deepStrictEqual(await textsOf(ring), ['all']);
  });

  each('a blocking wait ends', async (mode) => {
    const ring = make(mode);
    const worker = run((there, data, { RingBuffer: Ring, say }) => {
      const reader = new Ring(there.buffer, { closeOnDisconnect: true });

      reader.waitReadable();
      reader.read();
      say('waits');
      return [reader.waitReadable(), reader.ended];
    }, ring.buffer);

    ring.write('x');
    await worker.said();
    await sleep(10);
    ring.detach();
    assert.deepStrictEqual(await worker.done, [false, true]);
  });

  each('a stream of records ends', async (mode) => {
    const ring = make(mode, closing);
    const chunks = [];

    run((there) => { there.write('one'); }, ring.buffer);
    for await (const chunk of ring.createReadStream({ objectMode: true })) chunks.push(String(chunk));
    assert.deepStrictEqual(chunks, ['one']);
  });

  each('a reader is told by an event, and waits on for the next writer', async (mode) => {
    const ring = make(mode);
    const told = [];
    const reading = textsOf(ring);

    ring.on('disconnect', (role) => told.push(role));
    await run((there) => { there.write('first'); }, ring.buffer).done;
    await until(() => told.length === 1);
    await turns();
    await run((there) => { there.write('second'); }, ring.buffer).done;
    await until(() => told.length === 2);
    assert.deepStrictEqual([told, ring.closed], [['producer', 'producer'], false]);
    ring.close();
    assert.deepStrictEqual(await reading, ['first', 'second']);
    assert.strictEqual(told.length, 2);
  });

  each('a reader that asks now and then is told with the first record that is not there', async (mode) => {
    const ring = make(mode);
    const writer = new RingBuffer(ring.buffer);
    const told = [];

    ring.on('disconnect', (role) => told.push(role));
    assert.strictEqual(ring.read(), null);
    writer.write('x');
    assert.strictEqual(ring.read().length, 1);
    assert.strictEqual(ring.read(), null);
    writer.detach();
    await turns();
    assert.deepStrictEqual(told, []);
    assert.strictEqual(ring.read(), null);
    await turns();
    assert.strictEqual(ring.read(), null);
    await turns();
    assert.deepStrictEqual(told, ['producer']);
  });

  each('a ring that nobody has written to yet waits', async (mode) => {
    const ring = make(mode, closing);
    const reading = textsOf(ring);

    await turns();
    assert.strictEqual(ring.closed, false);
    run((there) => { there.write('late'); }, ring.buffer);
    assert.deepStrictEqual(await reading, ['late']);
  });

  each('a ring with another writer left goes on', async (mode) => {
    const ring = make(mode, closing);
    const [one, other] = [new RingBuffer(ring.buffer), new RingBuffer(ring.buffer)];
    const reading = textsOf(ring);

    one.write('1');
    other.write('2');
    one.detach();
    await turns();
    assert.strictEqual(ring.closed, false);
    other.write('3');
    other.detach();
    assert.deepStrictEqual(await reading, ['1', '2', '3']);
  }, ['mpsc', 'mpmc']);

  each('a writer that waits for room learns that its reader has ended', async (mode) => {
    const ring = make(mode, closing);
    const reader = new RingBuffer(ring.buffer);

    ring.write('x');
    reader.read();
    while (ring.tryWrite('12345678'));

    const told = once(ring, 'disconnect');
    const waiting = ring.writable();

    reader.detach();
    assert.strictEqual(await waiting, false);
    assert.deepStrictEqual(await told, ['consumer']);
    assert.throws(() => ring.write('x'), { code: 'ERR_RINGPORT_CLOSED' });
  });

  it('is told only to who asked for it: a loop without the option waits', async () => {
    const ring = new RingBuffer(64);
    const reading = textsOf(ring);

    await run((there) => { there.write('1'); }, ring.buffer).done;
    assert.strictEqual(await Promise.race([reading, sleep(50, 'waits')]), 'waits');
    ring.close();
    assert.deepStrictEqual(await reading, ['1']);
  });

  it('the option is true or false', () => {
    assert.throws(() => new RingBuffer(64, { closeOnDisconnect: 1 }), { code: 'ERR_INVALID_ARG_TYPE' });
  });
});
