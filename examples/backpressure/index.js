'use strict';

const { once } = require('node:events');
const path = require('node:path');

const { Worker } = require('../..');

const MESSAGES = 20_000;
const MARK = 100_000;

/** Send everything to a worker that is slower. */
async function run(title, options, send) {
  const worker = new Worker(path.join(__dirname, 'worker.js'), options);
  let most = 0;

  await once(worker, 'online');
  for (let i = 0; i < MESSAGES; i++) {
    await send(worker, { i, text: 'a line of some log' });
    most = Math.max(most, worker.writableLength ?? 0);
  }
  if (options.highWaterMark) await worker.drained();

  const { dropped } = worker.stats();
  const arrived = once(worker, 'message');

  worker.postMessage('end');

  const [count] = await arrived;
  const queued = options.highWaterMark ? `${most} bytes queued at most` : 'nobody counts the queue';

  console.log(`${title}: ${count} arrived, ${dropped} dropped, ${queued}`);
  await once(worker, 'exit');
}

async function main() {
  await run('no mark', {}, (worker, line) => worker.postMessage(line));
  await run('waiting', { highWaterMark: MARK }, async (worker, line) => {
    if (!worker.postMessage(line)) await worker.drained();
  });
  await run('dropping', { highWaterMark: MARK, overflow: 'drop-newest' },
    (worker, line) => worker.postMessage(line));
}

main();
