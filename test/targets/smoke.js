'use strict';

// A short test of an installed package. scripts/targets-run.js runs it with the binaries
// for other platforms, in Node for that platform, under an emulator. Prints each result
// and the totals.

const assert = require('node:assert/strict');

const ringport = require('ringport');

const { MessageChannel, RingBuffer, Worker, isMainThread, parentPort, receiveMessageOnPort } = ringport;

const values = [
  null, 1, -0, 1.5, 2n ** 70n, 'short', 'wörld 🐎', 'long '.repeat(10_000), { a: 1, b: 'two', c: [3, { d: null }] },
  new Map([[1, new Set(['x'])]]), new Date(0), /x/gi, new Uint8Array([1, 2, 3]), new Error('of mine'),
];
const ROUNDS = 300;
const RECORDS = 5000;

if (!isMainThread) {
  parentPort.on('message', ({ echo, port, ring }) => {
    if (port !== undefined) port.postMessage('by the port');
    else if (ring !== undefined) {
      const to = new RingBuffer(ring);

      for (let i = 0; i < RECORDS; i++) while (!to.tryWrite(`record ${i}`)) to.waitWritable();
      to.close();
    } else parentPort.postMessage(echo);
  });
}

/** Start a worker, which ends with the check. */
async function withWorker(check) {
  const worker = new Worker(__filename);
  const next = (from = worker) => new Promise((resolve) => from.once('message', resolve));

  try {
    await check(worker, next);
  } finally {
    await worker.terminate();
  }
}

const checks = {
  'is ringport, not worker_threads in its place'() {
    assert.equal(ringport.active, true);
  },
  async 'is the same for import'() {
    assert.equal((await import('ringport')).MessageChannel, MessageChannel);
  },
  'carries values within a thread'() {
    const { port1, port2 } = new MessageChannel();

    for (const value of values) port1.postMessage(value);
    for (const value of values) assert.deepEqual(receiveMessageOnPort(port2), { message: value });
    port1.close();
  },
  async 'carries values to a worker and back, in order'() {
    await withWorker((worker) => new Promise((resolve, reject) => {
      let got = 0;

      worker.on('message', (value) => {
        try {
          assert.deepEqual(value, values[got++ % values.length]);
          if (got === ROUNDS * values.length) resolve();
        } catch (error) {
          reject(error);
        }
      });
      for (let i = 0; i < ROUNDS; i++) for (const echo of values) worker.postMessage({ echo });
    }));
  },
  async 'answers a thousand calls'() {
    await withWorker(async (worker, next) => {
      for (let i = 0; i < 1000; i++) {
        worker.postMessage({ echo: i });
        assert.equal(await next(), i);
      }
    });
  },
  async 'carries a mebibyte'() {
    await withWorker(async (worker, next) => {
      const bytes = new Uint8Array(1 << 20).map((_, i) => i % 251);

      worker.postMessage({ echo: bytes });
      assert.deepEqual(await next(), bytes);
    });
  },
  async 'transfers a port'() {
    await withWorker(async (worker, next) => {
      const { port1, port2 } = new MessageChannel();

      worker.postMessage({ port: port2 }, [port2]);
      assert.equal(await next(port1), 'by the port');
      port1.close();
    });
  },
  async 'shares a ring, and waits for it'() {
    await withWorker((worker) => {
      const ring = new RingBuffer(4096);

      worker.postMessage({ ring: ring.buffer });
      for (let i = 0; i < RECORDS; i++) {
        let record;

        while ((record = ring.read()) === null) ring.waitReadable();
        assert.equal(record.toString(), `record ${i}`);
      }
    });
  },
  async 'starts and ends workers'() {
    for (let i = 0; i < 8; i++) {
      await Promise.all([0, 1, 2].map(() => withWorker(async (worker, next) => {
        worker.postMessage({ echo: i });
        assert.equal(await next(), i);
      })));
    }
  },
};

async function main() {
  const count = { passed: 0, failed: 0 };

  for (const [name, check] of Object.entries(checks)) {
    try {
      await check();
      count.passed++;
      console.log(`ok   ${name}`);
    } catch (error) {
      count.failed++;
      console.log(`FAIL ${name}\n${error.stack}`);
    }
  }
  console.log(`${process.platform}-${process.arch}, Node ${process.version}`);
  console.log(`${count.passed} passed, ${count.failed} failed`);
  process.exitCode = count.failed === 0 ? 0 : 1;
}

if (isMainThread) main();
