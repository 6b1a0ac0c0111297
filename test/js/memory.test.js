'use strict';

/*
 * Memory of large data: its contents are right, the process keeps little of it, and a
 * failed allocation is reported.
 */

const assert = require('node:assert');
const path = require('node:path');

const { same, run } = require('./support/differential');

const KIB = 1024;
const SIZES = [64 * KIB - 1, 64 * KIB, 200 * KIB, 256 * KIB, 1024 * KIB, 4096 * KIB, 4096 * KIB + 1];

/**
 * The text of a program with all memory that ringport allocates for large data: its
 * sizes, as long as it is there.
 */
const PROGRAM = `
  const { allocUnsafeSlow } = Buffer;
  const made = [];
  let failsAt = 0;

  Buffer.allocUnsafeSlow = (size) => {
    if (failsAt > 0 && --failsAt === 0) throw new RangeError('Array buffer allocation failed');

    const bytes = allocUnsafeSlow(size);

    made.push(new WeakRef(bytes.buffer));
    return bytes;
  };

  const { MessageChannel, receiveMessageOnPort } = require(${JSON.stringify(path.resolve(__dirname, '../../lib'))});
  require(${JSON.stringify(path.resolve(__dirname, '../../lib/loading/native'))}).thresholds.COLD_OBJECTS = 0;

  const { port1, port2 } = new MessageChannel();
  const nap = () => new Promise((resolve) => { setTimeout(resolve, 5); });
  const pass = (size) => {
    port1.postMessage(new Uint8Array(size).fill(7));
    return receiveMessageOnPort(port2)?.message;
  };
  const collect = async (times) => {
    for (let i = 0; i < times; i++) {
      await nap(); // what a WeakRef has shown stays until then
      gc();
      await nap();
    }
  };
  const failAt = (n) => { failsAt = n; };
  const left = () => made.filter((ref) => ref.deref() !== undefined).length;
`;

async function play(main) {
  const text = `${PROGRAM} (${main})().then((value) => console.log(JSON.stringify(value)));`;
  const { code, lines, stderr } = await run(null, ['--expose-gc', '-e', text], {});

  assert.strictEqual(code, 0, stderr);
  return JSON.parse(lines[0]);
}

/* global collect, failAt, left, made, pass */

describe('memory for large data', () => {
  same('is of one message alone', async (wt, t) => {
    const [a, b] = t.channel();

    for (const size of SIZES) {
      for (const value of [new Uint8Array(size).fill(3), new ArrayBuffer(size), Buffer.alloc(size, 4),
        new Float64Array(size >> 3), new DataView(new ArrayBuffer(size))]) {
        a.postMessage(value);
        a.postMessage(value);

        const [one, other] = t.drain(b);
        const buffer = one.buffer ?? one;

        t.note(size, one.constructor.name, one.byteOffset, one.byteLength, buffer.byteLength, buffer.resizable,
          buffer.constructor.name, new Uint8Array(buffer)[size - 9], buffer === (other.buffer ?? other));
        t.attempt('to pass on', () => a.postMessage(null, [buffer]));
        t.drain(b);
      }
    }
  });

  same('comes back from a worker', async (wt, t) => {
    const worker = t.worker((wt) => wt.parentPort.on('message', (m) => wt.parentPort.postMessage(m)));

    for (const size of SIZES) {
      worker.postMessage(new Uint8Array(size).fill(5));

      const { byteLength, byteOffset, buffer, [size - 1]: last } = await t.next(worker, 'message');

      t.note(byteLength, byteOffset, buffer.byteLength, last);
    }
  });

  it('is not kept when it is not needed any more', async () => {
    const counts = await play(async () => {
      const all = [];

      for (const size of [70_000, 300_000, 1 << 20, 4 << 20, 5 << 20]) {
        (() => { for (let i = 0; i < 10; i++) pass(size); })();
        await collect(5);
        all.push(made.length >= 10, left());
        made.length = 0;
      }
      return all;
    });

    assert.deepStrictEqual(counts, [70_000, 300_000, 1 << 20, 4 << 20, 5 << 20].flatMap(() => [true, 0]));
  });

  it('is kept by one buffer while messages come', async () => {
    const counts = await play(async () => {
      const all = [];

      for (let i = 0; i < 5; i++) {
        (() => { for (let k = 0; k < 700; k++) pass(70_000 + k); })();
        await collect(1);
        all.push(left());
      }
      return all;
    });

    assert.ok(counts.every((count) => count <= 2), `${counts} are left`);
  });

  it('may be missing: then a message is refused or arrives, and what is to spare is not needed', async () => {
    const results = await play(async () => {
      const all = [];

      for (const size of [100_000, 1_000_000]) {
        for (let n = 1; n <= 3; n++) {
          await collect(4); // as at the beginning
          failAt(n);

          let got;

          try {
            got = pass(size).byteLength;
          } catch (error) {
            got = error.message.replace(/^Corrupt message: /, '');
          }
          failAt(0);
          all.push(got, pass(10));
        }
      }
      return all;
    });
    const rest = Object.fromEntries(new Array(10).fill(7).entries());

    assert.deepStrictEqual(results, [100_000, 1_000_000].flatMap((size) =>
      ['Array buffer allocation failed', rest, size, rest, size, rest]));
  });
});
