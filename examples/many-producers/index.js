'use strict';

const { RingBuffer, Worker, isMainThread, threadId, workerData } = require('ringport');

/** Write records as fast as the ring takes them. */
function produce({ buffer, records }) {
  const ring = new RingBuffer(buffer);

  for (let i = 1; i <= records; i++) {
    while (!ring.tryWrite(`${threadId} ${i}`)) ring.waitWritable();
  }
}

async function consume(producers, records) {
  const ring = new RingBuffer(1 << 16, { mode: 'mpsc' });
  const last = new Map(); // by producer: the number of its last record
  let running = producers;
  let inOrder = true;

  for (let i = 0; i < producers; i++) {
    new Worker(__filename, { workerData: { buffer: ring.buffer, records } })
      .on('exit', () => --running === 0 && ring.close());
  }

  for await (const record of ring) {
    const [producer, number] = record.toString().split(' ');

    inOrder &&= Number(number) === (last.get(producer) ?? 0) + 1;
    last.set(producer, Number(number));
  }

  const sum = [...last.values()].reduce((a, b) => a + b, 0);

  console.log(`${sum} records of ${last.size} producers, ${inOrder ? 'each in order' : 'OUT OF ORDER'}`);
}

if (isMainThread) {
  const [producers = 4, records = 10_000] = process.argv.slice(2).map(Number);

  consume(producers, records);
} else {
  produce(workerData);
}
