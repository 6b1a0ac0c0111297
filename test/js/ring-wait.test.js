'use strict';

/*
 * RingBuffer: blocking and asynchronous waits, timeouts, events, and what keeps a thread
 * alive.
 */

const assert = require('node:assert');
const { once, getEventListeners } = require('node:events');
const { spawnSync } = require('node:child_process');
const { setTimeout: sleep } = require('node:timers/promises');
const { RingBuffer, each, run, turns } = require('./support/rings');

const LIB = require.resolve('../../lib');
const detached = { code: 'ERR_RINGPORT_DETACHED' };

/** A ring with room for a few records of eight bytes. */
const small = (mode) => new RingBuffer(128, { mode, ...mode === 'mpmc' && { slotSize: 8 } });

function fill(ring) {
  let count = 0;

  while (ring.tryWrite('12345678')) count++;
  return count;
}

/** What a process prints that runs this text with RingBuffer at hand. */
function play(text) {
  const source = `const { RingBuffer } = require(${JSON.stringify(LIB)}); ${text}`;
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, ['-e', source],
    { encoding: 'utf8', timeout: 60_000 });

  assert.deepStrictEqual([stderr, status, signal], ['', 0, null]);
  return stdout;
}

describe('RingBuffer: blocking waits', () => {
  each('return at once if there is no need to wait', (mode) => {
    const ring = small(mode);

    assert.strictEqual(ring.waitWritable(), true);
    ring.write('x');
    assert.strictEqual(ring.waitReadable(), true);
    assert.strictEqual(ring.read().toString(), 'x');
    assert.strictEqual(ring.waitReadable({ timeout: 0 }), false);
    fill(ring);
    assert.strictEqual(ring.waitWritable({ timeout: 0 }), false);
    assert.strictEqual(ring.waitReadable({ timeout: 0 }), true);
  });

  each('are over when time is up, and not before', (mode) => {
    const ring = small(mode);

    for (const timeout of [1, 20.5, 120]) {
      const start = performance.now();

      assert.strictEqual(ring.waitReadable({ timeout }), false);
      assert.ok(performance.now() - start >= timeout);
    }
    fill(ring);

    const start = performance.now();

    assert.strictEqual(ring.waitWritable({ timeout: 30 }), false);
    assert.ok(performance.now() - start >= 30);
  });

  each('see what another thread does meanwhile: a record, room, the end', async (mode) => {
    const ring = small(mode);
    const other = run(async (there) => {
      for (let i = 0; i < 50; i++) {
        await new Promise((resolve) => setTimeout(resolve, i % 3));
        while (!there.tryWrite(`${i}`)) there.waitWritable();
      }
      while (there.tryWrite('x'));
      there.waitWritable();
      there.close();
    }, ring.buffer);
    const got = [];

    while (ring.waitReadable()) {
      const record = ring.read();

      if (record !== null) got.push(record.toString());
    }
    await other.done;
    assert.ok(ring.ended);
    assert.deepStrictEqual(got.filter((text) => text !== 'x'), Array.from({ length: 50 }, (_, i) => `${i}`));
  });

  it('for room wait for as much as the record that did not fit', () => {
    const ring = new RingBuffer(128);

    ring.write(Buffer.alloc(40));
    ring.write(Buffer.alloc(40));
    assert.strictEqual(ring.tryWrite(Buffer.alloc(50)), false);
    assert.strictEqual(ring.waitWritable({ timeout: 5 }), false);
    assert.strictEqual(ring.waitWritable({ length: 8 }), true);
    ring.read();
    ring.read();
    assert.strictEqual(ring.waitWritable(), true);
    assert.strictEqual(ring.tryWrite(Buffer.alloc(50)), true);
  });

  each('let their thread be terminated', async (mode) => {
    for (const wait of ['waitReadable', 'waitWritable']) {
      const ring = small(mode);

      if (wait === 'waitWritable') fill(ring);
      ring.detach();

      const worker = run((there, name, { say }) => {
        say('waiting');
        there[name]();
      }, ring.buffer, wait);

      await worker.said();
      await sleep(20);
      assert.strictEqual(await worker.terminate(), 1);
    }
  });

  for (const [options, code] of [
    [{ timeout: '1' }, 'ERR_INVALID_ARG_TYPE'], [{ timeout: -1 }, 'ERR_OUT_OF_RANGE'], [{ timeout: NaN }, 'ERR_OUT_OF_RANGE'],
    [null, 'ERR_INVALID_ARG_TYPE'], [5, 'ERR_INVALID_ARG_TYPE'],
    [{ timeuot: 5 }, 'ERR_INVALID_ARG_VALUE'],
  ]) {
    it(`refuse ${JSON.stringify(options)}, as those that do not block`, async () => {
      const ring = new RingBuffer(64);

      assert.throws(() => ring.waitReadable(options), { code });
      assert.throws(() => ring.waitWritable(options), { code });
      await assert.rejects(ring.readable(options), { code });
      await assert.rejects(ring.writable(options), { code });
    });
  }

  it('that keep the process alive are among its active resources', () => {
    assert.strictEqual(play(`
      const ring = new RingBuffer(64);
      const log = () => console.log(process.getActiveResourcesInfo().filter((name) => name === 'RingBuffer').length);
      log();
      ring.readable({ timeout: 5 }).then(log);
      log();
      ring.unref();
      log();
      ring.ref();
      ring.on('readable', () => {});
      log();
      setTimeout(() => { ring.close(); }, 20);`), '0\n1\n0\n1\n1\n');
  });

  it('refuse a signal, which could not be heard, and those that do not block refuse what is none', async () => {
    const ring = new RingBuffer(64);

    for (const wait of ['waitReadable', 'waitWritable']) {
      assert.throws(() => ring[wait]({ signal: AbortSignal.abort() }), { code: 'ERR_INVALID_ARG_VALUE' });
    }
    for (const signal of ['now', null]) {
      for (const wait of ['readable', 'writable']) {
        await assert.rejects(ring[wait]({ signal }), { code: 'ERR_INVALID_ARG_TYPE' });
      }
    }
  });

  it('refuse a length that no record can have', async () => {
    const ring = new RingBuffer(64);

    for (const [length, code] of [[25, 'ERR_OUT_OF_RANGE'], [-1, 'ERR_OUT_OF_RANGE'], ['8', 'ERR_INVALID_ARG_TYPE']]) {
      assert.throws(() => ring.waitWritable({ length }), { code });
      await assert.rejects(ring.writable({ length }), { code });
    }
    assert.strictEqual(ring.waitWritable({ length: 24 }), true);
  });
});

describe('RingBuffer: promises', () => {
  each('are kept by a record, by room and by the end', async (mode) => {
    const ring = small(mode);
    const other = new RingBuffer(ring.buffer);
    const write = () => other.write('12345678');

    setTimeout(write, 5);
    assert.strictEqual(await ring.readable(), true);
    assert.strictEqual(await ring.readable(), true);
    ring.read();
    fill(other);
    setTimeout(() => ring.drain(() => {}), 5);
    assert.strictEqual(await other.writable(), true);
    setTimeout(() => other.close(), 5);
    assert.strictEqual(await ring.readable(), false);
    assert.strictEqual(await other.writable(), false);
    assert.strictEqual(await ring.readable(), false);
  });

  each('are kept by another thread', async (mode) => {
    const ring = small(mode);
    const other = run(async (there, count) => {
      for (let i = 0; i < count; i++) {
        if (i % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        while (!there.tryWrite(`${i}`)) await there.writable();
      }
      there.close();
    }, ring.buffer, 300);
    const got = [];

    while (await ring.readable()) {
      for (let record; (record = ring.read()) !== null;) got.push(Number(record));
    }
    await other.done;
    assert.deepStrictEqual(got, Array.from({ length: 300 }, (_, i) => i));
  });

  each('may be several', async (mode) => {
    const ring = small(mode);
    const waits = [ring.readable(), ring.readable(), ring.readable({ timeout: 1 })];

    assert.strictEqual(await waits[2], false);
    ring.write('x');
    assert.deepStrictEqual(await Promise.all(waits), [true, true, false]);
  });

  it('for room of different size are kept one by one', async () => {
    const ring = new RingBuffer(256);
    const kept = [];

    while (ring.tryWrite(Buffer.alloc(24)));
    for (const length of [100, 50, 10]) ring.writable({ length }).then(() => kept.push(length));
    for (const expected of [[10], [10, 50], [10, 50, 100]]) {
      while (kept.length < expected.length) {
        assert.notStrictEqual(ring.read(), null);
        await turns();
      }
      assert.deepStrictEqual(kept, expected);
    }
  });

  each('are over when time is up', async (mode) => {
    const ring = small(mode);

    assert.strictEqual(await ring.readable({ timeout: 0 }), false);
    assert.strictEqual(await ring.readable({ timeout: 5 }), false);
    fill(ring);
    assert.strictEqual(await ring.writable({ timeout: 5 }), false);
    assert.strictEqual(await ring.writable({ timeout: 0 }), false);
  });

  each('are broken by a signal', async (mode) => {
    const ring = small(mode);
    const reason = new Error('why');
    const aborted = (error) => {
      assert.deepStrictEqual([error.name, error.code, error.message, error.cause],
        ['AbortError', 'ABORT_ERR', 'The operation was aborted', reason]);
      return true;
    };
    const controller = new AbortController();
    const { signal } = controller;
    const waits = [ring.readable({ signal }), ring.readable({ signal, timeout: 10_000 })];

    assert.strictEqual(getEventListeners(signal, 'abort').length, 2);
    setTimeout(() => controller.abort(reason), 2);
    for (const wait of waits) await assert.rejects(wait, aborted);
    await assert.rejects(ring.readable({ signal }), aborted);
    assert.strictEqual(getEventListeners(signal, 'abort').length, 0);
    ring.write('x');
    assert.strictEqual(await ring.readable(), true);

    const calm = new AbortController();

    assert.strictEqual(await ring.readable({ signal: calm.signal }), true);
    assert.strictEqual(getEventListeners(calm.signal, 'abort').length, 0);
  });

  each('are broken by detach()', async (mode) => {
    const ring = small(mode);
    const waits = [ring.readable(), ring.readable({ timeout: 10_000 })];

    ring.detach();
    for (const wait of waits) await assert.rejects(wait, detached);
    await assert.rejects(ring.readable(), detached);
  });

  each('and blocking waits do not disturb each other', async (mode) => {
    const ring = small(mode);
    const wait = ring.readable();

    assert.strictEqual(ring.waitReadable({ timeout: 5 }), false);
    setTimeout(() => ring.write('x'), 5);
    assert.strictEqual(await wait, true);
  });
});

describe('RingBuffer: records as they come', () => {
  each('are iterated over until the end', async (mode) => {
    const ring = small(mode);
    const other = run((there) => {
      for (let i = 0; i < 200; i++) while (!there.tryWrite(`${i}`)) there.waitWritable();
      there.close();
    }, ring.buffer);
    const got = [];

    for await (const record of ring) got.push(Number(record));
    await other.done;
    assert.deepStrictEqual(got, Array.from({ length: 200 }, (_, i) => i));
    for await (const record of ring) assert.fail(record);
  });

  each('stay when the loop is left', async (mode) => {
    const ring = small(mode);

    ring.writeMany(['a', 'b', 'c']);
    for await (const record of ring) {
      assert.strictEqual(record.toString(), 'a');
      break;
    }
    await assert.rejects(async () => {
      for await (const record of ring) throw new Error(record.toString());
    }, { message: 'b' });

    const iterator = ring[Symbol.asyncIterator]();

    assert.strictEqual(iterator[Symbol.asyncIterator](), iterator);
    assert.strictEqual((await iterator.next()).value.toString(), 'c');

    const late = [iterator.next(), iterator.next()];

    ring.writeMany(['d', 'e', 'f']);
    late.push(iterator.next());
    assert.deepStrictEqual((await Promise.all(late)).map(({ value }) => value.toString()), ['d', 'e', 'f']);
    assert.deepStrictEqual(await iterator.return(5), { value: 5, done: true });
    assert.deepStrictEqual(await iterator.next(), { value: undefined, done: true });
    assert.strictEqual(ring.closed, false);
  });

  it('are refused to a second loop on the same ring in another object', async () => {
    const ring = new RingBuffer(64);
    const other = new RingBuffer(ring.buffer);

    ring.read();
    await assert.rejects(async () => { for await (const record of other) assert.fail(record); },
      { code: 'ERR_RINGPORT_TAKEN' });
  });
});

describe('RingBuffer: events', () => {
  each('\'readable\' tells of what is there, and of what comes after all was read', async (mode) => {
    const ring = small(mode);
    const writer = new RingBuffer(ring.buffer);
    const got = [];
    let told = 0;

    writer.write('before');
    ring.on('readable', () => {
      told++;
      for (let record; (record = ring.read()) !== null;) got.push(record.toString());
    });
    await turns();
    assert.deepStrictEqual([told, got], [1, ['before']]);
    for (let i = 0; i < 5; i++) {
      writer.write(`${i}`);
      await turns();
    }
    assert.deepStrictEqual([told, got], [6, ['before', '0', '1', '2', '3', '4']]);
    writer.write('last');
    writer.close();
    await once(ring, 'close');
    assert.deepStrictEqual([told, got.at(-1)], [7, 'last']);
  });

  each('\'readable\' goes on telling who reads a part, and leaves alone who reads nothing', async (mode) => {
    const ring = small(mode);
    let told = 0;

    fill(ring);
    ring.on('readable', () => {
      told++;
      ring.drain(() => {}, 2);
    });
    while (ring.stats.recordsOut < ring.stats.recordsIn) await turns(1);
    assert.ok(told >= ring.stats.recordsIn / 2, `${told}`);
    ring.removeAllListeners('readable');
    told = 0;
    ring.on('readable', () => told++);
    ring.write('x');
    await turns();
    assert.strictEqual(told, 1);
    ring.write('y');
    await turns();
    assert.strictEqual(told, 1);
    while (ring.read() !== null);
    ring.write('z');
    await turns();
    assert.strictEqual(told, 2);
    ring.detach();
  });

  each('\'writable\' tells of room after there was none', async (mode) => {
    const ring = small(mode);
    const reader = new RingBuffer(ring.buffer);
    let told = 0;

    ring.on('writable', () => told++);
    await turns();
    ring.write('x');
    reader.read();
    await turns();
    assert.strictEqual(told, 0);
    for (let turn = 1; turn <= 3; turn++) {
      fill(ring);
      await turns();
      reader.drain(() => {});
      await turns();
      assert.strictEqual(told, turn);
    }
  });

  each('\'close\' comes once, to all who learn of it', async (mode) => {
    const ring = small(mode);
    const reader = new RingBuffer(ring.buffer);
    const closed = [];

    ring.on('close', () => closed.push('writer'));
    reader.on('close', () => closed.push('reader'));
    reader.on('readable', () => reader.drain(() => {}));
    ring.write('x');
    ring.close();
    ring.close();
    await turns();
    assert.deepStrictEqual(closed.sort(), ['reader', 'writer']);
    assert.strictEqual(reader.read(), null);
    await turns();
    assert.strictEqual(closed.length, 2);
  });

  it('have an EventEmitter\'s methods', async () => {
    const ring = new RingBuffer(64);
    const listener = () => {};
    const { EventEmitter } = require('node:events');

    assert.ok(ring instanceof EventEmitter);
    assert.strictEqual(ring.on('readable', listener).addListener('readable', listener), ring);
    assert.strictEqual(ring.prependListener('readable', listener).prependOnceListener('readable', listener), ring);
    assert.strictEqual(ring.once('readable', listener).listenerCount('readable'), 5);
    assert.strictEqual(ring.off('readable', listener).removeListener('readable', listener).listenerCount('readable'), 3);
    assert.strictEqual(ring.removeAllListeners().listenerCount('readable'), 0);
    assert.deepStrictEqual(ring.eventNames(), []);
    ring.write('x');
    assert.deepStrictEqual(await once(ring, 'readable'), []);
    assert.strictEqual(ring.listenerCount('readable'), 0);
  });

  it('an error of a listener is an uncaught exception, and the next event comes', () => {
    assert.strictEqual(play(`
      const ring = new RingBuffer(64);
      const writer = new RingBuffer(ring.buffer);

      process.on('uncaughtException', (error) => {
        console.log(error.message);
        if (error.message === 'two') ring.detach();
        else if (ring.read() === null) writer.write('two');
      });
      ring.on('readable', () => { throw new Error(ring.read().toString()); });
      writer.write('one');
    `), 'one\ntwo\n');
  });
});

describe('RingBuffer: the event loop', () => {
  for (const [name, text, printed] of [
    ['is not kept alive by a ring', 'ring.write("x"); ring.read();', ''],
    ['is kept alive by a promise', 'ring.readable({ timeout: 30 }).then(console.log);', 'false\n'],
    ['is not by one of a ring that is unref\'d', 'ring.unref(); ring.readable().then(console.log);', ''],
    ['is again by one that is ref\'d', 'ring.unref().ref(); ring.readable({ timeout: 30 }).then(console.log);', 'false\n'],
    ['is not once the wait is over', 'ring.readable(); ring.write("x");', ''],
    ['is kept alive by a listener to \'readable\' until it is gone',
      'ring.on("readable", () => {}); setTimeout(() => { console.log(1); ring.removeAllListeners(); }, 10).unref();', '1\n'],
    ['is not by one to \'writable\'', 'ring.on("writable", () => {});', ''],
    ['is by one to \'writable\' while there is no room',
      'while (ring.tryWrite("x")); ring.on("writable", () => console.log(1)); ring.tryWrite("x"); setTimeout(() => ring.read(), 10).unref();', '1\n'],
    ['is not once the ring has ended', 'ring.on("readable", () => {}); ring.on("close", () => console.log(1)); ring.close();', '1\n'],
    ['is not once the ring is detached', 'ring.on("readable", () => {}); setTimeout(() => ring.detach(), 5);', ''],
  ]) {
    it(name, () => {
      assert.strictEqual(play(`const ring = new RingBuffer(64); ${text}`), printed);
    });
  }
});
