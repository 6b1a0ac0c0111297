'use strict';

/*
 * Rings between threads, in each mode, with as many producers and consumers as it allows:
 * every record arrives once, intact, and in the order of its producer.
 * RINGPORT_RING_RECORDS sets the number of records.
 */

const assert = require('node:assert');
const ringport = require('../../lib');
const { RingBuffer, run } = require('./support/rings');

const RECORDS = Number(process.env.RINGPORT_RING_RECORDS ?? 60_000);

/*
 * A record: producer, number (u32 each), then bytes that follow from both, and as many as
 * follow from them. Given to threads as text.
 */
function makeRecords(id, limit) {
  const record = Buffer.alloc(limit);

  return (number) => {
    const length = 8 + (Math.imul(number + id, 2654435761) >>> 8) % (limit - 7);

    record.writeUInt32LE(id, 0);
    record.writeUInt32LE(number, 4);
    for (let i = 8; i < length; i++) record[i] = number + id + i;
    return record.subarray(0, length);
  };
}

/** Producer: in turn by each way there is to write. */
async function produce(ring, { id, count, limit, make }) {
  const record = eval(`(${make})`)(id, limit);

  for (let number = 0; number < count;) {
    const way = number % 5;

    if (way === 4) {
      const list = Array.from({ length: Math.min(7, count - number) }, (_, i) => Buffer.from(record(number + i)));
      const written = ring.writeMany(list);

      number += written;
      if (written === list.length) continue;
    } else if (way === 3) {
      const bytes = record(number);
      const room = ring.claim(bytes.length);

      if (room !== null) {
        room.set(bytes);
        if (number % 2 === 0) {
          ring.commit();
          number++;
        } else {
          ring.abort();
          if (ring.tryWrite(bytes)) number++;
        }
        continue;
      }
    } else if (ring.tryWrite(record(number))) {
      number++;
      continue;
    }
    if (number % 2 === 0) ring.waitWritable();
    else await ring.writable();
  }
}

/**
 * Consumer: in turn by each way there is to read.
 * @returns how many there were, by producer
 */
async function consume(ring, { producers, limit, make, ordered }) {
  const records = Array.from({ length: producers }, (_, id) => eval(`(${make})`)(id, limit));
  const next = new Array(producers).fill(0);
  const counts = new Array(producers).fill(0);
  const target = Buffer.alloc(limit);
  const check = (bytes) => {
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const id = view.readUInt32LE(0);
    const number = view.readUInt32LE(4);

    if (ordered ? number !== next[id] : number < next[id]) {
      throw new Error(`record ${number} of ${id} after ${next[id] - 1}`);
    }
    if (!view.equals(records[id](number))) throw new Error(`record ${number} of ${id} is torn`);
    next[id] = number + 1;
    counts[id]++;
  };

  for (let turn = 0; ; turn++) {
    let found = true;
    const way = turn % 4;

    if (way === 0) {
      found = ring.drain(check, 1 + turn % 100) > 0;
    } else if (way === 1) {
      const record = ring.read();

      if (record === null) found = false;
      else check(record);
    } else if (way === 2) {
      const length = ring.readInto(target);

      if (length < 0) found = false;
      else check(target.subarray(0, length));
    } else {
      const record = ring.peek();

      if (record === null) found = false;
      else {
        check(record);
        ring.release();
      }
    }
    if (found) continue;
    if (!(turn % 2 === 0 ? ring.waitReadable() : await ring.readable()) && ring.ended) return counts;
  }
}

async function stream(mode, producers, consumers, { capacity = 1 << 14, limit = 200, records = RECORDS } = {}) {
  const ring = new RingBuffer(capacity, { mode, ...mode === 'mpmc' && { slotSize: limit } });
  const count = Math.floor(records / producers);
  const make = String(makeRecords);
  const readers = Array.from({ length: consumers },
    () => run(consume, ring.buffer, { producers, limit, make, ordered: consumers === 1 }));
  const writers = Array.from({ length: producers },
    (_, id) => run(produce, ring.buffer, { id, count, limit, make }));

  await Promise.all(writers.map(({ done }) => done));
  ring.close();

  const counts = await Promise.all(readers.map(({ done }) => done));

  for (let id = 0; id < producers; id++) {
    assert.strictEqual(counts.reduce((sum, of) => sum + of[id], 0), count, `records of producer ${id}`);
  }

  const { recordsIn, recordsOut, bytesIn, bytesOut } = ring.stats;

  assert.deepStrictEqual([recordsIn, recordsOut, bytesIn], [count * producers, count * producers, bytesOut]);
  await Promise.all([...readers, ...writers].map((worker) => worker.terminate()));
}

describe('RingBuffer between threads', function () {
  this.timeout(60_000 + RECORDS / 100);

  for (const [mode, producers, consumers] of [
    ['spsc', 1, 1], ['mpsc', 1, 1], ['mpsc', 4, 1], ['mpmc', 1, 1], ['mpmc', 4, 1], ['mpmc', 1, 4], ['mpmc', 4, 4],
  ]) {
    it(`${mode}, ${producers} to ${consumers}: each record once, whole, in order`, () =>
      stream(mode, producers, consumers));
  }

  for (const mode of ['spsc', 'mpsc', 'mpmc']) {
    it(`${mode} with room for a few records: sleeps and wakes all the time`, () =>
      stream(mode, mode === 'spsc' ? 1 : 2, mode === 'mpmc' ? 2 : 1, { capacity: 256, limit: 40, records: 6000 }));
  }

  it('attaches over every way that a SharedArrayBuffer can take', async () => {
    const { MessageChannel, Worker } = ringport;
    const text = `
      const { RingBuffer, parentPort, workerData, receiveMessageOnPort } = require(${JSON.stringify(require.resolve('../../lib'))});

      new RingBuffer(workerData.buffer).write('workerData');
      parentPort.once('message', ({ buffer }) => {
        new RingBuffer(buffer).write('parentPort');
        parentPort.once('message', ({ port }) => port.on('message', (other) => {
          new RingBuffer(other).write('port');
          parentPort.close();
          port.close();
        }));
      });
    `;
    const rings = [0, 1, 2].map(() => new RingBuffer(256));
    const worker = new Worker(text, { eval: true, workerData: { buffer: rings[0].buffer } });
    const { port1, port2 } = new MessageChannel();

    worker.postMessage({ buffer: rings[1].buffer });
    worker.postMessage({ port: port2 }, [port2]);
    port1.postMessage(rings[2].buffer);
    for (const [i, name] of ['workerData', 'parentPort', 'port'].entries()) {
      assert.strictEqual(await rings[i].readable(), true);
      assert.strictEqual(rings[i].read().toString(), name);
    }
  });
});
