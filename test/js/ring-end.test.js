'use strict';

/*
 * RingBuffer: threads terminated at any point, handles that are garbage-collected, and
 * the handles that continue. No ring gets stuck, and no record is torn or repeated.
 */

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const { setTimeout: sleep } = require('node:timers/promises');
const { RingBuffer, each, run } = require('./support/rings');

const LIB = require.resolve('../../lib');
/** How often a thread is terminated at a moment of chance. */
const TURNS = Number(process.env.RINGPORT_RING_TURNS ?? 12);

const taken = { code: 'ERR_RINGPORT_TAKEN' };

/**
 * Write records of eight equal bytes, the number of which counts up, as fast as there is
 * room.
 */
function writeAll(there, first, { say }) {
  const record = Buffer.alloc(40);

  for (let number = first; ; number++) {
    record.fill(number & 0xff);
    record.writeUInt32LE(number, 0);
    if (number % 3 === 0) {
      while (there.claim(40) === null) there.waitWritable();
      there.abort();
    }
    if (number % 3 === 1) {
      let room;

      while ((room = there.claim(40)) === null) there.waitWritable();
      room.set(record);
      there.commit();
    } else {
      while (!there.tryWrite(record)) there.waitWritable();
    }
    if (number === first + 20) say('writing');
  }
}

/** @returns the number of a record that is whole */
function numberOf(bytes) {
  const number = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).readUInt32LE(0);

  assert.strictEqual(bytes.length, 40);
  for (let i = 4; i < 40; i++) assert.strictEqual(bytes[i], number & 0xff, `record ${number} is torn`);
  return number;
}

const makeRing = (mode, capacity = 4096) => new RingBuffer(capacity, { mode, ...mode === 'mpmc' && { slotSize: 40 } });

describe('RingBuffer: the end of a writer', function () {
  this.timeout(60_000);

  each('at any moment leaves whole records, in order, and the next one goes on', async (mode) => {
    const ring = makeRing(mode);
    let last = -1;
    const take = (bytes) => {
      const number = numberOf(bytes);

      assert.strictEqual(number, last + 1);
      last = number;
    };

    for (let turn = 0; turn < TURNS; turn++) {
      const writer = run(writeAll, ring.buffer, last + 1);
      const end = performance.now() + turn % 5;

      await writer.said();
      do ring.drain(take, 1 + turn * 5);
      while (performance.now() < end);

      const ended = writer.terminate();

      while (turn % 2 === 0 && ring.drain(take) > 0);
      await ended;
      while (ring.drain(take) > 0);
      assert.strictEqual(ring.read(), null);
    }
    assert.strictEqual(ring.closed, false);
  });

  each('with a claim open, or while it waits, lets the others go on', async (mode) => {
    const ring = makeRing(mode, 1024);
    const writers = mode === 'spsc' ? 1 : 3;

    for (let turn = 0; turn < 3; turn++) {
      const claims = Array.from({ length: writers }, () => run((there, data, { say }) => {
        there.claim(30).fill(7);
        say('claimed');
        setInterval(() => {}, 1000);
      }, ring.buffer));

      for (const writer of claims) await writer.said();
      if (mode !== 'spsc') {
        const other = new RingBuffer(ring.buffer);

        other.write('behind the claims');
        other.detach();
      }
      if (mode !== 'mpmc') assert.strictEqual(ring.read(), null);
      await Promise.all(claims.map((writer) => writer.terminate()));
      if (mode !== 'spsc') assert.strictEqual(ring.read().toString(), 'behind the claims');
      assert.strictEqual(ring.read(), null);

      const other = new RingBuffer(ring.buffer);

      while (other.tryWrite(Buffer.alloc(40)));
      other.detach();

      const waiter = run((there, data, { say }) => {
        say('waiting');
        there.waitWritable({ length: 40 });
      }, ring.buffer);

      await waiter.said();
      await sleep(5);
      await waiter.terminate();
      assert.ok(ring.drain(() => {}) > 0);
      assert.strictEqual(ring.read(), null);
    }
    ring.write('all is well');
    assert.strictEqual(ring.read().toString(), 'all is well');
  });

  each('wakes up those that wait', async (mode) => {
    const ring = makeRing(mode, 1024);
    const writer = run((there, data, { say }) => {
      there.claim(8);
      say('claimed');
      setInterval(() => {}, 1000);
    }, ring.buffer);

    await writer.said();

    const wait = ring.readable();

    await writer.terminate();
    ring.write('after it');
    assert.strictEqual(await wait, true);
    assert.strictEqual(ring.read().toString(), 'after it');
  });
});

describe('RingBuffer: the end of a reader', function () {
  this.timeout(60_000);

  each('at any moment repeats no record, and the next one goes on', async (mode) => {
    const ring = makeRing(mode);
    /* The last that each reader has seen, in memory that outlives it. */
    const seen = new Int32Array(new SharedArrayBuffer(4)).fill(-1);
    let count = 0;
    const write = () => {
      const record = Buffer.alloc(40, count & 0xff);

      record.writeUInt32LE(count, 0);
      if (!ring.tryWrite(record)) return false;
      count++;
      return true;
    };

    for (let turn = 0; turn < TURNS; turn++) {
      const reader = run((there, { words, ways }, { say }) => {
        const see = (bytes) => {
          const number = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).readUInt32LE(0);
          const before = Atomics.exchange(words, 0, number);

          if (number <= before) Atomics.store(words, 0, -1000);
          for (let i = 4; i < 40; i++) if (bytes[i] !== (number & 0xff)) Atomics.store(words, 0, -2000);
        };

        say('reading');
        for (let i = 0; ; i++) {
          let found;

          if ((i + ways) % 2 === 0) {
            found = there.drain(see) > 0;
          } else {
            const record = there.read();

            found = record !== null;
            if (found) see(record);
          }
          if (!found) there.waitReadable();
        }
      }, ring.buffer, { words: seen, ways: turn });

      await reader.said();

      const end = performance.now() + 3 + turn % 5;

      while (performance.now() < end) write();

      const ended = reader.terminate();

      while (write());
      await ended;
      assert.ok(seen[0] > -1000, `a record came twice, or torn: ${seen[0]}`);

      /* What is left begins behind what was read; what was taken and not seen yet is
       * lost. */
      const next = new RingBuffer(ring.buffer);
      const rest = next.peek();

      if (rest !== null) {
        const lost = numberOf(rest) - seen[0] - 1;

        assert.ok(lost >= 0 && lost <= (mode === 'mpmc' ? 16 : 1), `${lost} records are lost`);
      }
      while (next.drain((bytes) => { seen[0] = numberOf(bytes); }) > 0);
      next.detach();
    }
    assert.strictEqual(seen[0], count - 1);
  });

  each('while it waits, or with a record in its hands, lets the others go on', async (mode) => {
    const ring = makeRing(mode, 1024);
    /* What was looked at is there again, and what drain() has not come to; in mpmc both
     * were the reader's. */
    const expected = mode === 'mpmc'
      ? { waitReadable: ['two'], peek: ['two'], drain: [] }
      : { waitReadable: ['two'], peek: ['one', 'two'], drain: ['two'] };

    for (const way of Object.keys(expected)) {
      const reader = run(async (there, name, { say }) => {
        say('here');
        await there.readable();
        if (name === 'waitReadable') {
          there.read();
          say('waits');
          there.waitReadable();
        } else if (name === 'peek') {
          there.peek();
          say('peeks');
          setInterval(() => {}, 1000);
        } else {
          there.drain(() => {
            say('drains');
            for (;;);
          });
        }
      }, ring.buffer, way);

      await reader.said();

      const said = reader.said();

      ring.writeMany(['one', 'two']);
      await said;
      await reader.terminate();

      const next = new RingBuffer(ring.buffer);
      const left = [];

      for (let record; (record = next.read()) !== null;) left.push(record.toString());
      assert.deepStrictEqual(left, expected[way]);
      next.detach();
    }
    while (ring.tryWrite('x'));
  });

  each('ends no wait of a writer: room comes with the next one', async (mode) => {
    const ring = makeRing(mode, 1024);
    const reader = run((there, data, { say }) => {
      there.read();
      say('here');
      setInterval(() => {}, 1000);
    }, ring.buffer);

    await reader.said();
    while (ring.tryWrite(Buffer.alloc(40)));

    const wait = ring.writable();

    await reader.terminate();

    const next = new RingBuffer(ring.buffer);

    assert.strictEqual(await Promise.race([wait, sleep(20, 'waits')]), 'waits');
    next.drain(() => {});
    assert.strictEqual(await wait, true);
  });
});

describe('RingBuffer: who takes over', function () {
  this.timeout(60_000);

  it('is refused while the thread of the other is alive, and welcome afterwards', async () => {
    const ring = new RingBuffer(1024);
    const worker = run((there, data, { say }) => {
      there.write('from the first');
      there.read();
      say('both');
      setInterval(() => {}, 1000);
    }, ring.buffer);

    await worker.said();
    assert.throws(() => ring.write('x'), taken);
    assert.throws(() => ring.read(), taken);
    await worker.terminate();
    ring.write('from the second');
    assert.strictEqual(ring.read().toString(), 'from the second');
  });

  each('comes after each end that a thread can have', async (mode) => {
    const ring = makeRing(mode);
    const ends = {
      'its last line': () => {},
      'process.exit()': () => process.exit(3),
      'an error': () => { throw new Error('the end'); },
      'an error later': () => { setImmediate(() => { throw new Error('the end'); }); },
    };

    for (const [name, end] of Object.entries(ends)) {
      const worker = run((there, text) => {
        there.write('written');
        there.claim(8);
        eval(`(${text})()`);
      }, ring.buffer, String(end));

      await new Promise((resolve) => worker.once('exit', resolve));
      assert.strictEqual(ring.read()?.toString(), 'written', name);
      assert.strictEqual(ring.read(), null);
    }
    ring.write('mine');
    assert.strictEqual(ring.read().toString(), 'mine');
  });
});

describe('RingBuffer: garbage collection', function () {
  this.timeout(60_000);

  /** What a process prints that can call gc(). */
  function play(body) {
    const source = `(${body})(require(${JSON.stringify(LIB)}))`;
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--expose-gc', '-e', source],
      { encoding: 'utf8', timeout: 50_000 });

    assert.deepStrictEqual([stderr, status], ['', 0]);
    return stdout;
  }

  it('a ring that nobody can reach gives up its part, and a claim', () => {
    assert.strictEqual(play(async ({ RingBuffer: Ring }) => {
      const { buffer } = new Ring(1024);
      let collected = 0;

      for (let turn = 0; turn < 20; turn++) {
        (() => {
          const ring = new Ring(buffer);

          ring.write('x');
          ring.read();
          ring.claim(8);
        })();
        for (let tries = 0; tries < 100; tries++) {
          await new Promise(setImmediate);
          globalThis.gc();
          await new Promise(setImmediate);
          try {
            const ring = new Ring(buffer);

            ring.write('y');
            ring.read();
            ring.detach();
            collected++;
            break;
          } catch (error) {
            if (error.code !== 'ERR_RINGPORT_TAKEN') throw error;
          }
        }
      }
      console.log(collected);
    }), '20\n');
  });

  it('one that waits, or is listened to, is not collected', () => {
    assert.strictEqual(play(async ({ RingBuffer: Ring }) => {
      const { buffer } = new Ring(1024);
      const other = new Ring(1024);
      const writers = [new Ring(buffer), new Ring(other.buffer)];

      (() => { new Ring(buffer).readable().then((ready) => console.log('wait', ready)); })();
      (() => {
        const ring = new Ring(other.buffer);

        ring.on('readable', () => {
          console.log('event', ring.read().toString());
          ring.removeAllListeners();
        });
      })();
      for (let turn = 0; turn < 10; turn++) {
        globalThis.gc();
        await new Promise(setImmediate);
      }
      for (const writer of writers) {
        writer.write('came');
        for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
      }
    }), 'wait true\nevent came\n');
  });
});
