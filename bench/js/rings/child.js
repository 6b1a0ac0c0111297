'use strict';

/* child.js - the process of one run: one case by one competitor, like ../child.js. */

const { setTimeout: sleep } = require('node:timers/promises');
const { Worker } = require('node:worker_threads');
const { Meter, Phases, now } = require('../measure');
const { lanes, TEXT, TEXTS } = require('./lanes');

/** Check that what was read is what was written. */
function see(value) {
  if (value !== 1) throw new Error(`read ${value}`);
}

/** Another thread writes, this one reads. */
async function between({ competitor, params, warmMs, measureMs }) {
  const lane = lanes[competitor];
  const buffer = lane.make(params);
  const read = lane.reader(buffer, params);
  const worker = new Worker(require.resolve('./worker'), { workerData: { lane: competitor, buffer, params } });
  const phases = new Phases(warmMs, measureMs);

  worker.on('error', (error) => { throw error; });
  while (read(1000, see) === 0) await new Promise(setImmediate);
  while (phases.running(read(1000, see)));
  return phases.result();
}

/** This thread writes some units, then reads them. */
function within({ competitor, params, warmMs, measureMs }) {
  const lane = lanes[competitor];
  const buffer = lane.make(params);
  const write = lane.writer(buffer, params);
  const read = lane.reader(buffer, params);
  const phases = new Phases(warmMs, measureMs);
  let done;

  do {
    const written = write(500);

    for (done = 0; done < written;) done += read(written - done, see);
  } while (phases.running(done));
  return phases.result();
}

const texts = {
  /**
   * @returns write(), and flushed(), which resolves once the other thread has everything
   */
  async 'thread-stream'(sync) {
    const ThreadStream = require('thread-stream');
    const stream = new ThreadStream({
      filename: require.resolve('./to-null'), bufferSize: 4 << 20, sync,
    });

    await new Promise((resolve) => stream.once('ready', resolve));
    return {
      write: (text) => stream.write(text),
      flushed: () => new Promise((resolve) => stream.flush(resolve)),
    };
  },

  async 'ringport'() {
    const { RingBuffer } = require('../../../lib');
    const ring = new RingBuffer(4 << 20);
    const worker = new Worker(require.resolve('./worker'), { workerData: { buffer: ring.buffer } });

    await new Promise((resolve) => worker.once('online', resolve));
    return {
      write(text) {
        while (!ring.tryWrite(text)) ring.waitWritable();
      },
      async flushed() {
        while (ring.stats.recordsOut < ring.stats.recordsIn) await sleep(1);
      },
    };
  },
};

texts['thread-stream sync'] = () => texts['thread-stream'](true);

async function writeTexts({ competitor, warmMs, measureMs }) {
  const { write, flushed } = await texts[competitor](false);
  const meter = new Meter();
  let sending = 0;
  let count = 0;
  const round = async () => {
    const begin = now();

    for (let i = 0; i < TEXTS; i++) write(TEXT);
    sending += now() - begin;
    count += TEXTS;
    await flushed();
  };

  for (const end = performance.now() + warmMs; performance.now() < end;) await round();
  sending = count = 0;
  meter.start();
  for (const end = performance.now() + measureMs; performance.now() < end;) await round();
  return { send: sending / count, ...meter.stop(count) };
}

async function main() {
  const job = JSON.parse(process.argv[2]);
  const run = { between, within, texts: writeTexts }[job.params.way];
  const result = await run(job);

  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
}

main();
