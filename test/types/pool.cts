// What a TypeScript user of Pool writes.

import assert = require('node:assert/strict');
import path = require('node:path');
import ringport = require('ringport');
import Piscina = require('ringport/piscina');

const filename = path.join(__dirname, '../../test/js/fixtures/pool-task.js');

async function main(): Promise<void> {
  const pool = new ringport.Pool<number, number>({ filename, minThreads: 1, maxThreads: 1, errorClasses: [TypeError] });
  const result: number = await pool.run(1, { priority: 1, timeout: 60_000, signal: new AbortController().signal });
  const all: number[] = [];

  assert.equal(result, 1);
  for await (const each of pool.map([1, 2], { concurrency: 1, ordered: true })) all.push(each);
  assert.deepEqual(all, [1, 2]);
  assert.deepEqual(await pool.broadcast(3), [3]);

  const now: number = pool.runSync(4, { timeout: 60_000 });

  assert.equal(now, 4);
  pool.on('message', (value) => value).once('workerDestroy', (info) => info.id.toFixed());

  const { queued, workers }: ringport.PoolStats = pool.stats();

  assert.deepEqual([queued, workers.length], [0, 1]);
  assert.equal(typeof pool.runTime?.p99, 'number');

  // @ts-expect-error: the option's name
  assert.throws(() => new ringport.Pool({ maxThread: 1 }));
  // @ts-expect-error: the type of the task
  await pool.run('text');
  await pool.close({ force: true });

  const piscina = new Piscina({ filename, maxThreads: 1, taskQueue: new Piscina.FixedQueue() });
  const list: Piscina.TaskQueue | undefined = piscina.options.taskQueue;

  assert.equal(list?.size, 0);
  assert.equal(await piscina.run(Piscina.move(new ArrayBuffer(8)), { name: 'length' }), 8);
  await piscina.destroy();
}

main();

/** The function of a task. */
export const task = async (n: number, { signal, aborted }: ringport.PoolTaskContext): Promise<number> =>
  (aborted || signal.aborted ? 0 : n);
