'use strict';

/*
 * Backpressure between a Worker and its parent: across the change of ways, floods, ends.
 */

const assert = require('node:assert/strict');
const { once } = require('node:events');

const { subject } = require('./support/implementations');
const { open } = require('./support/program');

const { Worker } = subject.api;
const { worker } = open(subject.id);

const immediate = () => new Promise(setImmediate);

/** Send `count` messages and wait whenever the queue is full. */
async function sendAll(to, count, make) {
  let waits = 0;
  let most = 0;

  for (let i = 0; i < count; i++) {
    const isBelow = to.postMessage(make(i));

    most = Math.max(most, to.writableLength);
    if (isBelow) continue;
    waits++;
    await to.drained();
  }
  return { waits, most };
}

describe('flow: a Worker', () => {
  it('without a mark returns nothing, as Node\'s', async () => {
    const plain = worker((wt) => wt.parentPort.once('message', () => {}));

    assert.equal(plain.postMessage(1), undefined);
    assert.equal(plain.writableHighWaterMark, Infinity);
    assert.equal(plain.writableLength, undefined);
    assert.equal(plain.writableNeedDrain, false);
    assert.equal(await plain.drained(), undefined);
    await once(plain, 'exit');
  });

  it('refuses wrong options before anything starts', () => {
    assert.throws(() => new Worker('', { eval: true, highWaterMark: 0 }), { code: 'ERR_OUT_OF_RANGE' });
    assert.throws(() => new Worker('', { eval: true, highWaterMark: 'a' }), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => new Worker('', { eval: true, highWaterMark: 1, overflow: 'x' }),
      { code: 'ERR_INVALID_ARG_VALUE' });
    assert.throws(() => new Worker('', { eval: true, overflow: 'throw' }), { code: 'ERR_INVALID_ARG_VALUE' });
  });

  it('with a mark is waited for, and hears every message in order', async () => {
    const mark = 50_000;
    const echo = worker((wt) => {
      let next = 0;

      wt.parentPort.on('message', (message) => {
        if (message === 'end') {
          wt.parentPort.postMessage(next);
          wt.parentPort.close();
        } else if (message.i !== next++) {
          throw new Error(`${message.i} instead of ${next - 1}`);
        }
      });
    }, { highWaterMark: mark });
    const answer = once(echo, 'message');
    const { waits, most } = await sendAll(echo, 50_000, (i) => ({ i, text: 'some text' }));

    assert.ok(waits > 5, String(waits));
    assert.ok(most < mark + 2000, String(most));
    assert.ok(echo.stats().stalls >= waits);
    echo.postMessage('end');
    assert.deepEqual((await answer)[0], 50_000);
    await once(echo, 'exit');
    assert.equal(echo.postMessage(1), undefined);
  });

  it('what went by Node before the worker had ringport counts until the worker has heard it', async () => {
    const late = worker((wt) => {
      let heard = 0;

      wt.parentPort.on('message', (message) => {
        heard++;
        if (message === 'end') {
          wt.parentPort.postMessage(heard);
          wt.parentPort.close();
        }
      });
    }, { highWaterMark: 20_000 });

    /* It has not even started. */
    const results = Array.from({ length: 30 }, (_, i) => late.postMessage({ i }));

    assert.equal(results[0], true);
    assert.equal(results.at(-1), false);
    assert.ok(late.writableLength >= 30 * 1024 && late.writableLength < 30 * 1300);
    await late.drained();
    assert.equal(late.writableLength, 0);
    await sendAll(late, 5000, (i) => i);

    const [heard] = await Promise.all([once(late, 'message'), late.postMessage('end')]);

    assert.deepEqual(heard, [5031]);
    await once(late, 'exit');
  });

  it('an object that goes by Node counts by its contents', async () => {
    const late = worker((wt) => wt.parentPort.on('message', (m) => m === 'end' && wt.parentPort.close()),
      { highWaterMark: 1e9 });
    const grows = (value, least, transfer) => {
      const before = late.writableLength;

      late.postMessage(value, transfer);
      assert.ok(late.writableLength - before >= least, `${late.writableLength - before} of ${least}`);
      assert.ok(late.writableLength - before < 2 * least + 4096);
    };
    const cyclic = { text: 'x'.repeat(5000) };

    cyclic.self = cyclic;
    grows('x'.repeat(10_000), 10_000);
    grows(cyclic, 5000);
    grows([new Uint8Array(70_000), new Map([['key', 'y'.repeat(3000)]]), new Set([new ArrayBuffer(500)])], 73_500);
    const buffer = new ArrayBuffer(80_000);

    grows({ buffer }, 80_000, [buffer]);
    grows(new Float64Array(1000), 8000);
    assert.throws(() => late.postMessage({ f() {} }), { name: 'DataCloneError' });
    late.postMessage('end');
    await once(late, 'exit');
  });

  it('to a worker that never loads ringport the mark counts all that was sent', async () => {
    const plain = new Worker('require("worker_threads").parentPort.on("message", (m) => m === "end" && process.exit())',
      { eval: true, highWaterMark: 3000, overflow: 'throw' });

    assert.deepEqual([1, 2, 3].map((i) => plain.postMessage(i)), [true, true, false]);
    assert.throws(() => plain.postMessage(4), { code: 'ERR_RINGPORT_OVERFLOW' });

    const drained = assert.rejects(plain.drained(), { code: 'ERR_RINGPORT_CLOSED' });

    await plain.terminate();
    await drained;
  });

  it('that is blocked takes no more than the mark, whatever the way', async function () {
    this.timeout(0);
    for (const warm of [false, true]) {
      const mark = 4 << 20;
      const flag = new Int32Array(new SharedArrayBuffer(8));
      const blocked = worker((wt) => {
        const { workerData: flag } = wt;

        wt.parentPort.on('message', (message) => {
          if (message !== 'block') return;
          Atomics.store(flag, 0, 1);
          Atomics.wait(flag, 1, 0);
        });
      }, { highWaterMark: mark, overflow: 'drop-newest', workerData: flag });

      if (warm) await sendAll(blocked, 2000, (i) => ({ i }));
      blocked.postMessage('block');
      while (warm && Atomics.load(flag, 0) === 0) await immediate();

      const text = 'x'.repeat(500);
      const before = process.memoryUsage().rss;

      for (let i = 0; i < 1e6; i++) blocked.postMessage({ i, text });

      const grown = process.memoryUsage().rss - before;

      assert.ok(grown < 150 << 20, `${grown} bytes`); // by Node: 600 MB
      assert.ok(blocked.writableLength < mark + 2000, String(blocked.writableLength));
      assert.ok(blocked.stats().dropped > 900_000);
      await blocked.terminate();
    }
  });

  it('terminate() rejects who waits', async () => {
    const busy = worker((wt) => wt.parentPort.on('message', () => { for (;;); }), { highWaterMark: 1000 });

    while (busy.postMessage('x'.repeat(100)));

    const drained = assert.rejects(busy.drained(), { code: 'ERR_RINGPORT_CLOSED' });
    const exit = once(busy, 'exit');

    setTimeout(() => busy.terminate(), 100);
    await drained;
    await assert.rejects(busy.drained(), { code: 'ERR_RINGPORT_CLOSED' });
    await exit;
    assert.equal(busy.writableLength, 0);
  });

  it('terminated or ending at any moment leaves nobody waiting', async function () {
    this.timeout(0);
    for (let round = 0; round < 12; round++) {
      const ends = worker((wt, { data }) => {
        let left = data;

        wt.parentPort.on('message', () => { if (--left === 0) process.exit(); });
      }, { highWaterMark: 2000, data: round * 150 + 1 });

      if (round % 3 === 0) setTimeout(() => ends.terminate(), round * 10);
      await assert.rejects(async () => {
        for (let i = 0; ; i++) {
          if (ends.postMessage({ i }) !== true) await ends.drained();
          if (i % 100 === 99) await immediate();
        }
      }, { code: 'ERR_RINGPORT_CLOSED' });
    }
  });

  it('a worker that sends more than its parent hears waits as well', async () => {
    const mark = 30_000;
    const sender = worker(async (wt) => {
      const { parentPort } = wt;
      let most = 0;
      let waits = 0;

      for (let i = 0; i < 20_000; i++) {
        const isBelow = parentPort.postMessage({ i });

        most = Math.max(most, parentPort.writableLength);
        if (!isBelow) {
          waits++;
          await parentPort.drained();
        }
      }
      parentPort.postMessage({ most, waits, mark: parentPort.writableHighWaterMark });
    }, { highWaterMark: mark });
    let next = 0;
    let last;

    sender.on('message', (message) => {
      /* Now and then it is slow. */
      if (message.i % 5000 === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30);
      if (message.i === undefined) last = message;
      else assert.equal(message.i, next++);
    });
    await once(sender, 'exit');
    assert.equal(next, 20_000);
    assert.equal(last.mark, mark);
    assert.ok(last.most < mark + 100 && last.waits > 0, JSON.stringify(last));
  });

  it('a worker paused by its parent is not called on until the parent listens again', async () => {
    const sender = worker(async (wt) => {
      for (let i = 0; i < 1000; i++) if (!wt.parentPort.postMessage(i)) await wt.parentPort.drained();
      wt.parentPort.close();
    }, { highWaterMark: 1000 });
    const heard = [];
    const exit = once(sender, 'exit');
    const hear = (i) => {
      heard.push(i);
      if (heard.length === 100) sender.off('message', hear);
    };

    sender.on('message', hear);
    while (heard.length < 100) await immediate();
    await new Promise((resolve) => { setTimeout(resolve, 100); });
    assert.equal(heard.length, 100);
    sender.on('message', (i) => heard.push(i));
    await exit;
    assert.deepEqual(heard, Array.from({ length: 1000 }, (_, i) => i));
  });

  it('ports with a mark work between two workers', async () => {
    const { port1, port2 } = new subject.api.MessageChannel({ highWaterMark: 5000 });
    const sender = worker(async (wt) => {
      const { port } = await new Promise((resolve) => { wt.parentPort.once('message', resolve); });

      for (let i = 0; i < 10_000; i++) if (!port.postMessage({ i })) await port.drained();
      port.close();
    });
    const receiver = worker(async (wt) => {
      const { port } = await new Promise((resolve) => { wt.parentPort.once('message', resolve); });
      let next = 0;

      port.on('message', ({ i }) => { if (i !== next++) throw new Error(`${i}`); });
      port.on('close', () => wt.parentPort.postMessage(next));
    });

    sender.postMessage({ port: port1 }, [port1]);
    receiver.postMessage({ port: port2 }, [port2]);
    assert.deepEqual(await once(receiver, 'message'), [10_000]);
    await Promise.all([sender.terminate(), receiver.terminate()]);
  });
});
