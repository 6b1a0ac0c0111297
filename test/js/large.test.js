'use strict';

/*
 * Large binary data arrives as ordinary ArrayBuffers, whichever side allocated the
 * memory.
 */

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const path = require('node:path');
const nodeThreads = require('node:worker_threads');
const { subject } = require('./support/implementations');
const { open } = require('./support/program');

const rp = subject.api;
const cwd = path.join(__dirname, '../..');

const SIZES = [32 * 1024, 64 * 1024 + 1, 1024 * 1024, 5 * 1024 * 1024];
const bytes = (fill, length) => new Uint8Array(length).fill(fill);
const isFilled = (view, fill) => view.every((byte) => byte === fill);

/** What a port receives for `value`. */
function arrive(value) {
  const { port1, port2 } = new rp.MessageChannel();

  port1.postMessage(value);

  const { message } = rp.receiveMessageOnPort(port2);

  port1.close();
  return message;
}

function run(program, ...flags) {
  return execFileSync(process.execPath, [...flags, '-e', program], { cwd, encoding: 'utf8' });
}

describe('large binary data', function () {
  this.timeout(30000);

  for (const size of SIZES) {
    describe(`of ${size} bytes`, () => {
      it('is a copy of its own', () => {
        const sent = bytes(1, size);
        const got = arrive(sent);

        sent.fill(2);
        assert.ok(got.length === size && isFilled(got, 1));
        got.fill(3);
        assert.ok(isFilled(sent, 2));
        assert.strictEqual(got.buffer.byteLength, size);
        assert.ok(!got.buffer.resizable);
      });

      it('can be transferred on, by Node and by us', () => {
        const first = arrive(bytes(4, size));
        const cloned = structuredClone(first, { transfer: [first.buffer] });
        const { port1, port2 } = new nodeThreads.MessageChannel();

        assert.ok(first.length === 0 && isFilled(cloned, 4));
        port1.postMessage(cloned, [cloned.buffer]);

        const { message } = nodeThreads.receiveMessageOnPort(port2);

        port1.close();
        assert.ok(cloned.length === 0 && isFilled(message, 4));

        const way = new rp.MessageChannel();

        way.port1.postMessage(message, [message.buffer]);

        const last = rp.receiveMessageOnPort(way.port2).message;

        way.port1.close();
        assert.ok(message.length === 0 && last.length === size && isFilled(last, 4));
      });

      (ArrayBuffer.prototype.transfer ? it : it.skip)('can change its length by transfer()', () => {
        const { buffer } = arrive(bytes(5, size));
        const longer = new Uint8Array(buffer.transfer(size + 10));

        assert.ok(isFilled(longer.subarray(0, size), 5) && isFilled(longer.subarray(size), 0));
        assert.strictEqual(new Uint8Array(longer.buffer.transfer(7)).length, 7);
      });
    });
  }

  it('keeps its bytes when the memory of others is used again', () => {
    const kept = [];

    for (let i = 0; i < 400; i++) {
      const got = arrive(bytes(i, 128 * 1024));

      if (i % 40 === 0) kept.push([got, i & 255]);
    }
    assert.ok(kept.every(([got, fill]) => isFilled(got, fill)));
  });

  it('outlives the thread that it arrived in', async () => {
    const { worker } = open(subject.id);
    const relay = worker((wt) => {
      wt.parentPort.on('message', (view) => {
        wt.parentPort.postMessage(view, [view.buffer]);
        if (view.length !== 0) throw new Error('it has stayed');
      });
    });
    const kept = [];

    await new Promise((resolve, reject) => {
      relay.on('error', reject);
      relay.on('message', (view) => {
        kept.push(view);
        if (kept.length === 40) resolve();
      });
      for (let i = 0; i < 40; i++) relay.postMessage(bytes(i, 100000 + i));
    });
    await relay.terminate();
    for (let i = 0; i < 100; i++) arrive(bytes(99, 100000));
    assert.deepStrictEqual(kept.map((view) => [view.length, isFilled(view, view[0]), view[0]]),
      kept.map((_, i) => [100000 + i, true, i]));
  });

  it('a worker may end with it in hand, in every state', async () => {
    const { worker } = open(subject.id);

    for (let round = 0; round < 6; round++) {
      const holder = worker((wt) => {
        const kept = [];

        wt.parentPort.on('message', (view) => {
          kept.push(view);
          if (kept.length === 5) wt.parentPort.postMessage(kept.length);
        });
      });
      const some = new Promise((resolve) => { holder.on('message', resolve); });

      for (let i = 0; i < 20; i++) holder.postMessage(bytes(i, 200000));
      await some;
      await holder.terminate();
    }
    assert.ok(isFilled(arrive(bytes(7, 200000)), 7));
  });

  /* V8 of Node 24 itself keeps 100 MiB of what Node's ports carried: a leak would be
   * 1,500. */
  it('leaves no memory behind when a burst is over', () => {
    const output = run(`
      const { MessageChannel } = require('./lib');
      const { port1, port2 } = new MessageChannel();
      const value = new Uint8Array(1024 * 1024).fill(1);
      const rss = () => process.memoryUsage().rss / 1024 / 1024;
      let left = 1500;
      let before;

      port2.on('message', (got) => {
        if (left === 1490) before = rss();
        if (--left > 0) return port1.postMessage(value);
        let tries = 50;
        const look = () => {
          gc();
          const after = rss();
          if (after > before + 256 && --tries > 0) return setTimeout(look, 100);
          console.log(JSON.stringify([before, after]));
          port1.close();
        };
        look();
      });
      port1.postMessage(value);`, '--expose-gc');
    const [before, after] = JSON.parse(output);

    assert.ok(after <= before + 256, `${before} MiB before, ${after} after`);
  });

  /* Node's channel carries the first objects of a worker: 10,000 small ones. */
  it('goes by ring after 20 messages of 1 MiB to a worker or from one', () => {
    const output = run(`
      const { Worker, threads } = require('./lib');
      const worker = new Worker(\`
        const { parentPort } = require('./lib');
        const value = new Uint8Array(1024 * 1024);
        let left = 30;
        parentPort.on('message', () => {
          if (--left > 0) return;
          for (let i = 0; i < 30; i++) parentPort.postMessage(value);
          parentPort.close();
        });
        parentPort.postMessage('up');\`, { eval: true });
      const value = new Uint8Array(1024 * 1024);
      const out = () => threads().map(({ messagesOut }) => messagesOut > 0);
      let left = 30;
      worker.on('message', (message) => {
        if (message === 'up') for (let i = 0; i < 30; i++) worker.postMessage(value);
        else if (--left === 0) console.log(JSON.stringify(out()));
      });`);

    assert.deepStrictEqual(JSON.parse(output), [true, true]);
  });
});
