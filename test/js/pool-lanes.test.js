'use strict';

/* Pool: tasks and results in lanes and by messages; see docs/decisions/pool-lanes.md. */

const assert = require('node:assert/strict');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { setTimeout: sleep } = require('node:timers/promises');

const { endAll, poolOf, shared, until } = require('./support/pools');

const filename = path.join(__dirname, 'fixtures/pool-lane.js');

afterEach(endAll);

/** A value that can be posted, and not be received. */
function unreadable() {
  const blob = new Blob([]);
  const [symbol] = Object.getOwnPropertySymbols(Blob.prototype)
    .filter(({ description }) => description === 'messaging_clone_symbol');

  return Object.defineProperty(blob, symbol, { value: () => ({ data: {}, deserializeInfo: 'none:None' }) });
}

describe('pool: lanes', () => {
  it('tell of an async result before a task that blocks', async () => {
    const words = shared();
    const pool = poolOf({ filename, name: 'blockUnlessZero', maxThreads: 1, workerData: words });

    for (let n = 0; n < 200; n++) await pool.run(0); // quick tasks get look-ahead
    for (let round = 0; round < 20; round++) {
      words[0] = 0;

      const all = [pool.run(0), pool.run(0), pool.run(0), pool.run(5000)];

      all[2].then(() => {
        Atomics.store(words, 0, 1);
        Atomics.notify(words, 0);
      });
      assert.deepEqual(await Promise.all(all), [0, 0, 0, 1]);
    }
  });

  it('keep what a task posts before its result, also if a runSync() ends between', async () => {
    const pool = poolOf({ filename, maxThreads: 1, concurrentTasksPerWorker: 2 });
    const words = shared();
    const heard = [];

    await pool.run(1);
    pool.on('message', (message) => heard.push(message));

    const posting = pool.run(words, { name: 'post' }).then((value) => heard.push(value));

    until(words, 0, 1); // it has posted
    assert.equal(pool.runSync(4), 4);
    words[1] = 1;
    until(words, 0, 2); // it has ended
    assert.equal(pool.runSync(5), 5);
    await posting;
    assert.deepEqual(heard, ['posted', 3]);
  });

  it('go on after a task that cannot be read, and was aborted before', async () => {
    const pool = poolOf({ filename, maxThreads: 1 });

    await pool.run(1);
    await sleep(20); // it sleeps

    const controller = new AbortController();
    const task = pool.run(unreadable(), { signal: controller.signal });

    controller.abort();
    await assert.rejects(task, { name: 'AbortError' });
    await sleep(20); // it has arrived
    assert.equal(await pool.run(2), 2);
  });

  it('go on after tasks of runSync() and run() that cannot be read', async () => {
    const pool = poolOf({ filename, maxThreads: 1 });

    for (let n = 0; n < 3; n++) {
      assert.throws(() => pool.runSync(unreadable()), /none/);
      assert.equal(pool.runSync({ n }).n, n);

      const task = pool.run(unreadable());

      task.catch(() => {});
      assert.throws(() => pool.runSync(unreadable()), /none/);
      assert.equal(pool.runSync({ n }).n, n);
      await assert.rejects(task, /none/);
      assert.deepEqual(await Promise.all([1, {}, 2].map((value) => pool.run(value))), [1, {}, 2]);
    }
    assert.equal(pool.stats().failed, 9);
    assert.equal(pool.stats().outstanding, 0);
  });

  it('settle a task with a getter that destroys the pool', async () => {
    const pool = poolOf({ filename, maxThreads: 1 });
    const task = { get name() { return pool.destroy() && 'x'; } };

    await pool.run(1);
    await assert.rejects(pool.run(task), { code: 'ERR_RINGPORT_TERMINATED' });
    await pool.destroy();
    assert.equal(pool.stats().outstanding, 0);
    assert.equal(await pool.run(2), 2);
  });

  it('refuse a runSync() that would wait for the task which calls it by a getter', async () => {
    const pool = poolOf({ filename, maxThreads: 1 });
    const task = { get value() { return pool.runSync(1); } };
    const caught = { get value() {
      try {
        return pool.runSync(1);
      } catch ({ code }) {
        return code;
      }
    } };

    await pool.run(1);
    await assert.rejects(pool.run(task), { code: 'ERR_RINGPORT_DEADLOCK' });
    assert.deepEqual(await pool.run(caught), { value: 'ERR_RINGPORT_DEADLOCK' });
    assert.deepEqual(pool.runSync(caught), { value: 'ERR_RINGPORT_DEADLOCK' });
    assert.equal(pool.runSync(2), 2);
  });

  it('full of aborted tasks let the process wait for room', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', `
      const { Pool } = require(${JSON.stringify(path.join(__dirname, '../..'))});
      const pool = new Pool({ filename: ${JSON.stringify(filename)}, minThreads: 1, maxThreads: 1 });

      for (let n = 0; n < 260; n++) {
        const controller = new AbortController();

        pool.run(n, { signal: controller.signal }).catch(() => {});
        controller.abort();
      }
      pool.run('done').then(console.log);
    `], { encoding: 'utf8', timeout: 30_000 });

    assert.deepEqual([status, stdout, stderr], [0, 'done\n', '']);
  });

  it('full of aborted tasks do not keep the process alive', () => {
    const { status, stderr } = spawnSync(process.execPath, ['-e', `
      const { Pool } = require(${JSON.stringify(path.join(__dirname, '../..'))});
      const pool = new Pool({ filename: ${JSON.stringify(filename)}, minThreads: 1, maxThreads: 1 });

      for (let n = 0; n < 260; n++) {
        const controller = new AbortController();

        pool.run(n, { signal: controller.signal }).catch(() => {});
        controller.abort();
      }
    `], { encoding: 'utf8', timeout: 30_000 });

    assert.deepEqual([status, stderr], [0, '']);
  });

  it('let no task suffer from the abort of one that has ended before it', async () => {
    for (const how of ['number', 'object']) {
      const words = shared();
      const pool = poolOf({ filename, maxThreads: 1, workerData: words });
      const controller = new AbortController();

      for (let n = 0; n < 200; n++) await pool.run(0); // quick tasks get look-ahead

      const first = pool.run(how === 'number' ? 1 : { n: 1 }, { signal: controller.signal });
      const second = pool.run(words, { name: 'block' });
      const third = pool.run(3);

      first.catch(() => {});
      until(words, 0, 1); // the second one has begun
      controller.abort();
      words[1] = 1;
      Atomics.notify(words, 1);
      assert.deepEqual(await Promise.all([second, third]), [2, 3]);
      await assert.rejects(first, { name: 'AbortError' });
      assert.equal(pool.stats().started, 1);
    }
  });
});
