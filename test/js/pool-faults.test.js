'use strict';

/*
 * What ends a worker at any moment: no promise of its pool stays open, no task runs
 * twice, and none that has not begun is lost.
 */

const assert = require('node:assert/strict');
const path = require('node:path');
const { once } = require('node:events');

const { endAll, poolOf, shared, until } = require('./support/pools');
const { random: generator } = require('./support/random');

const exits = path.join(__dirname, 'fixtures/pool-exits.js');

afterEach(endAll);

describe('pool: a worker that ends', () => {
  it('rejects the task that it runs, with what has happened', async () => {
    const pool = poolOf({ maxThreads: 1, errorClasses: [] });
    const fault = (kind) => pool.run([shared(1), 0, kind], { name: 'fault' });

    await assert.rejects(fault('exit'), { code: 'ERR_RINGPORT_WORKER_EXITED', exitCode: 3, message: 'worker exited with code: 3' });
    await assert.rejects(fault('uncaught'), { message: 'uncaught', code: 'E_REFUSED' });
    assert.equal(await pool.run(1), 1);
    assert.equal(pool.stats().crashed, 2);
  });

  it('rejects a task that runs out of memory', async () => {
    const pool = poolOf({ maxThreads: 1, resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 } });

    await assert.rejects(pool.run([shared(1), 0, 'memory'], { name: 'fault' }), { code: 'ERR_WORKER_OUT_OF_MEMORY' });
  });

  it('gives the tasks that have not begun to the next one, in order', async () => {
    const pool = poolOf({ maxThreads: 1 });
    const words = shared();
    const order = [];
    const first = pool.run([words], { name: 'loop' });
    const rest = [1, 2, 3, 4, 5].map((n) => pool.run(n).then((value) => order.push(value)));

    until(words, 0, 1);
    pool.threads[0].terminate();
    await assert.rejects(first, { code: 'ERR_RINGPORT_WORKER_EXITED', exitCode: 1 });
    await Promise.all(rest);
    assert.deepEqual(order, [1, 2, 3, 4, 5]);
  });

  it('rejects a transferred task that it has not begun', async () => {
    const pool = poolOf({ maxThreads: 1, concurrentTasksPerWorker: 2 });
    const words = shared();
    const buffer = new ArrayBuffer(8);
    const first = pool.run([words], { name: 'loop' });
    const second = pool.run(buffer, { name: 'length', transferList: [buffer] });

    until(words, 0, 1);
    pool.threads[0].terminate();
    await assert.rejects(first, { code: 'ERR_RINGPORT_WORKER_EXITED' });
    await assert.rejects(second, { code: 'ERR_RINGPORT_WORKER_EXITED' });
  });

  it('before it is ready is not started for ever', async () => {
    const pool = poolOf({ filename: exits, minThreads: 1, maxThreads: 2 });
    const all = await Promise.allSettled([1, 2, 3, 4, 5].map((n) => pool.run(n)));

    assert.ok(all.every(({ reason }) => reason.code === 'ERR_RINGPORT_WORKER_EXITED' && reason.exitCode === 5));
    assert.ok(pool.stats().started <= 8, `${pool.stats().started}`);
    await assert.rejects(pool.run(1), { exitCode: 5 }); // later ones, too
  });

  it('by the file of a single task rejects that task', async () => {
    const pool = poolOf({ maxThreads: 1 });

    await assert.rejects(pool.run(1, { filename: exits }), { exitCode: 5 });
    assert.equal(await pool.run(2), 2);
  });

  it('without a task makes the pool emit its error', async () => {
    const pool = poolOf({ maxThreads: 1 });
    const error = once(pool, 'error');

    assert.equal(await pool.run([shared(1), 0, 'throwLater'], { name: 'fault' }), 0);
    pool.threads[0].ref();
    assert.equal((await error)[0].message, 'later');
  });

  it('rejects its part of a broadcast()', async () => {
    const pool = poolOf({ minThreads: 2, maxThreads: 2 });

    await assert.rejects(pool.broadcast([shared(1), 0, 'exit'], { name: 'fault' }), { exitCode: 3 });
    assert.equal(await pool.run(2), 2);
  });
});

describe('pool: storms', () => {
  const KINDS = ['exit', 'throw', 'uncaught', 'later', 'sleep', 'none', 'none', 'none', 'none', 'none', 'none', 'none'];

  /** A last task. A 'later' of an earlier one may still end its worker. */
  async function after(pool) {
    for (let left = 3; ; left--) {
      try {
        return await pool.run('after');
      } catch (error) {
        if (error.exitCode !== 4 || left === 0) throw error;
      }
    }
  }

  /** Run `count` tasks, each of which counts itself, while workers end in all ways. */
  async function storm(seed, options, count) {
    const next = generator(seed);
    const random = (below) => Math.floor(next() * below);
    const pool = poolOf({ minThreads: 1, maxThreads: 3, idleTimeout: 1, gracePeriod: 5, ...options });
    const words = shared(count);
    const all = [];

    pool.on('error', () => {}); // of 'later'
    for (let i = 0; i < count; i++) {
      const kind = KINDS[random(KINDS.length)];
      const controller = new AbortController();
      const isAborted = random(8) === 0;

      all.push(pool.run([words, i, kind], {
        name: 'fault', priority: random(3),
        ...isAborted ? { signal: controller.signal } : {}, ...random(20) === 0 ? { timeout: 1 + random(5) } : {},
      }).then((value) => ({ kind, value }), (error) => ({ kind, error })));
      if (isAborted) setTimeout(() => controller.abort(), random(20));
      if (random(10) === 0) {
        const [first] = pool.threads;

        /* Three that end before they have started would have the pool give up. */
        if (pool.stats().workers.some(({ threadId, isReady }) => isReady && threadId === first.threadId)) {
          first.terminate();
        }
      }
      if (random(6) === 0) await new Promise(setImmediate);
    }

    const results = await Promise.all(all); // hangs if a promise stays open

    for (let i = 0; i < count; i++) {
      const { kind, value, error } = results[i];

      assert.ok(words[i] <= 1, `task ${i} (${kind}) ran ${words[i]} times`);
      if (error !== undefined) continue;
      assert.equal(value, i);
      assert.equal(words[i], 1);
    }
    assert.equal(pool.stats().outstanding, 0);
    assert.equal(pool.queueSize, 0);
    assert.equal(await after(pool), 'after');
    return results;
  }

  it('of one task per worker', async () => {
    const results = await storm(1, {}, 100);

    assert.ok(results.some(({ error }) => error === undefined));
    assert.ok(results.some(({ error }) => error?.code === 'ERR_RINGPORT_WORKER_EXITED'));
  });

  it('of several tasks per worker', async () => {
    await storm(2, { concurrentTasksPerWorker: 3 }, 80);
  });

  it('of tasks that may wait nowhere but in the queue', async () => {
    await storm(3, { lookAhead: 0 }, 60);
  });

  it('that end by destroy(): every task is settled', async () => {
    for (let round = 0; round < 5; round++) {
      const pool = poolOf({ minThreads: 2, maxThreads: 2 });
      const words = shared(200);
      const all = Array.from({ length: 200 }, (_, i) => pool.run([words, i, KINDS[i % 4 === 0 ? i / 4 % KINDS.length : 6]], { name: 'fault' }));

      pool.on('error', () => {});
      await Promise.race(all.map((each) => each.catch(() => {})));
      await pool.destroy();
      await Promise.allSettled(all);
      assert.ok(words.every((times) => times <= 1));
    }
  });
});
