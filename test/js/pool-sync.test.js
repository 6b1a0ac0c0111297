'use strict';

/* Pool.runSync(): blocks until a task has ended, and never for ever. */

const assert = require('node:assert/strict');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { Worker } = require('node:worker_threads');

const { MessageChannel, Pool } = require('../..');
const { endAll, filename, keep, poolOf, shared, until } = require('./support/pools');
const { Refusal } = require('./fixtures/pool-task');

const exits = path.join(__dirname, 'fixtures/pool-exits.js');

function release(words) {
  Atomics.store(words, 1, 1);
  Atomics.notify(words, 1);
}

/** Release the words after some time, by a thread: this one is blocked. */
function releaseLater(words, ms) {
  new Worker(`
    const { workerData: [words, ms] } = require('node:worker_threads');

    Atomics.wait(words, 0, 1, ms);
    Atomics.store(words, 1, 1);
    Atomics.notify(words, 1);
  `, { eval: true, workerData: [words, ms] });
}

afterEach(endAll);

describe('pool: runSync', () => {
  it('returns what the function returns, of any kind', () => {
    const pool = poolOf({ maxThreads: 1 });

    for (const value of [undefined, null, true, -0, 1.5, 'text', { a: [1n, new Map([[1, 2]])] }, new Uint8Array(100_000)]) {
      assert.deepEqual(pool.runSync(value), value);
    }
    assert.equal(pool.runSync(), undefined);
    assert.equal(pool.runSync({ ms: 1, value: 'late' }, { name: 'sleep' }), 'late');
    assert.equal(pool.stats().outstanding, 0);
    assert.equal(pool.completed, 10);
  });

  it('transfers both ways', () => {
    const pool = poolOf({ maxThreads: 1 });
    const buffer = new ArrayBuffer(64);

    assert.equal(pool.runSync(buffer, { name: 'length', transferList: [buffer] }), 64);
    assert.equal(buffer.byteLength, 0);
    assert.deepEqual(pool.runSync(3, { name: 'move' }), new Uint8Array([7, 7, 7]));
    assert.equal(pool.runSync(Pool.move(new Uint8Array(5)), { name: 'length' }), 5);
  });

  it('throws whole errors', () => {
    const pool = poolOf({ maxThreads: 1, errorClasses: [Refusal] });

    assert.throws(() => pool.runSync('no', { name: 'refuse' }), (error) => {
      assert.ok(error instanceof Refusal);
      assert.deepEqual([error.message, error.code, error.cause.message], ['no', 'E_REFUSED', 'inner']);
      return true;
    });
    assert.throws(() => pool.runSync(5, { name: 'reject' }), (thrown) => thrown === 5);
    assert.throws(() => pool.runSync(() => {}), { name: 'DataCloneError' });
    assert.throws(() => pool.runSync(null, { name: 'uncloneable' }), { name: 'DataCloneError' });
    assert.throws(() => pool.runSync(1, { filename: '/none.js' }), /none\.js/);
    assert.throws(() => pool.runSync(1, { timeOut: 1 }), /did you mean 'timeout'/);
    assert.throws(() => pool.runSync(1, { signal: AbortSignal.abort('early') }), { name: 'AbortError', cause: 'early' });
    assert.throws(() => poolOf({ filename: null }).runSync(1), { code: 'ERR_INVALID_ARG_VALUE' });
    assert.equal(pool.runSync(1), 1);
    assert.equal(pool.stats().failed, 5);
  });

  it('leaves the tasks of run() as they are', async () => {
    const pool = poolOf({ minThreads: 2, maxThreads: 2 });
    const all = Array.from({ length: 500 }, (_, n) => pool.run(n));
    const objects = Array.from({ length: 50 }, (_, n) => pool.run({ n }));

    for (let n = 0; n < 20; n++) assert.equal(pool.runSync(n), n);
    assert.deepEqual(await Promise.all(all), [...Array(500).keys()]);
    assert.deepEqual((await Promise.all(objects)).map(({ n }) => n), [...Array(50).keys()]);
    for (let n = 0; n < 20; n++) {
      const other = pool.run(n);

      assert.equal(pool.runSync({ n }).n, n);
      assert.equal(await other, n);
    }
    assert.equal(pool.stats().outstanding, 0);
    assert.equal(pool.queueSize, 0);
  });

  it('waits for a worker that is busy, or takes another one that becomes free first', async () => {
    const pool = poolOf({ minThreads: 2, maxThreads: 2 });

    await Promise.all([pool.run(1), pool.run(2)]);

    const words = shared();
    const long = pool.run([words, 'long'], { name: 'block' });

    until(words, 0, 1);

    const short = pool.run({ ms: 80, value: 'short' }, { name: 'sleep' });

    assert.equal(pool.runSync('between'), 'between');
    assert.equal(await short, 'short');
    release(words);
    assert.equal(await long, 'long');
  });

  it('takes a worker that can begin at once, not one that starts', async () => {
    const pool = poolOf({ minThreads: 1, maxThreads: 2 });

    await pool.run(1);

    const other = pool.run(3);

    Atomics.wait(shared(), 0, 0, 100); // it has ended, which this thread does not know yet
    assert.equal(pool.runSync(2), 2);
    assert.equal(pool.stats().started, 1);
    assert.equal(await other, 3);
  });

  it('gives up after `timeout`, and ends the worker of a task that does not', async () => {
    const pool = poolOf({ maxThreads: 1 });
    const words = shared();

    assert.equal(pool.runSync('soon', { timeout: 60_000 }), 'soon');
    assert.throws(() => pool.runSync([words], { name: 'loop', timeout: 500 }), { code: 'ERR_RINGPORT_TIMEOUT' });
    assert.equal(words[0], 1);
    assert.equal(pool.runSync('next'), 'next');
    assert.equal(pool.stats().started, 2);

    const block = pool.run([shared(), 1], { name: 'block' }).catch(({ code }) => code);

    assert.throws(() => pool.runSync('never', { timeout: 30 }), { code: 'ERR_RINGPORT_TIMEOUT' });
    assert.equal(pool.stats().outstanding, 1);
    await pool.destroy();
    assert.equal(await block, 'ERR_RINGPORT_TERMINATED');
  });

  it('throws if the worker ends meanwhile', async () => {
    const pool = poolOf({ maxThreads: 1 });

    for (const kind of ['exit', 'uncaught']) {
      const words = shared(1);

      assert.throws(() => pool.runSync([words, 0, kind], { name: 'fault' }),
        { code: 'ERR_RINGPORT_WORKER_EXITED', message: 'worker exited' });
      assert.equal(words[0], 1);
      assert.equal(pool.runSync(kind), kind);
    }
    assert.equal(await pool.run('after'), 'after');
    assert.equal(pool.stats().outstanding, 0);
  });

  it('does not wait to replace workers that end one after the other', () => {
    const pool = poolOf({ maxThreads: 1 });

    for (let n = 0; n < 5; n++) {
      assert.throws(() => pool.runSync([shared(1), 0, 'exit'], { name: 'fault' }), { code: 'ERR_RINGPORT_WORKER_EXITED' });
    }
    assert.equal(pool.runSync(1), 1);
  });

  it('does not wait for a worker that was terminated while it started', () => {
    const pool = poolOf({ minThreads: 1, maxThreads: 1 });
    const begin = process.hrtime.bigint();

    pool.threads[0].terminate();
    assert.equal(pool.runSync(1), 1);
    assert.ok(process.hrtime.bigint() - begin < 20_000_000_000n);
  });

  it('throws if no worker starts', async () => {
    const pool = poolOf({ filename: exits, minThreads: 1, maxThreads: 1 });

    assert.throws(() => pool.runSync(1), { code: 'ERR_RINGPORT_WORKER_EXITED' });
    await pool.destroy();
    assert.equal(pool.stats().outstanding, 0);
  });

  it('runs elsewhere if the worker ends before it has begun', async () => {
    const pool = poolOf({ minThreads: 1, maxThreads: 1 });

    await pool.run(1);

    const words = shared();
    const first = pool.run([words], { name: 'blockAndExit' });

    until(words, 0, 1);
    releaseLater(words, 30);
    assert.equal(pool.runSync(7), 7);
    await assert.rejects(first, { code: 'ERR_RINGPORT_WORKER_EXITED' });
    assert.equal(pool.stats().started, 2);
  });

  it('throws if its only worker waits for this thread', async () => {
    const pool = poolOf({ maxThreads: 1 });

    await pool.run(0);

    const errors = [];
    const { port1, port2 } = new MessageChannel();

    port1.handle(() => {
      try {
        return pool.runSync(2);
      } catch ({ code }) {
        errors.push(code);
        return code;
      }
    });
    assert.equal(await pool.run(port2, { name: 'ask', transferList: [port2] }), 'ERR_RINGPORT_DEADLOCK');
    assert.deepEqual(errors, ['ERR_RINGPORT_DEADLOCK']);
    assert.equal(pool.runSync(3), 3);
    port1.close();
  });

  it('works in a worker of another pool, and at exit', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', `
      const { Pool } = require(${JSON.stringify(path.join(__dirname, '../..'))});
      const pool = new Pool({ filename: ${JSON.stringify(filename)}, maxThreads: 1 });

      process.on('exit', () => console.log(pool.runSync('at exit')));
      console.log(pool.runSync(4, { name: 'nested' }));
    `], { encoding: 'utf8', timeout: 30_000 });

    assert.deepEqual([status, stdout, stderr], [0, '4\nat exit\n', '']);
  });

  it('is refused by a pool that closes', async () => {
    const pool = keep(new Pool({ filename, maxThreads: 1 }));
    const closed = pool.close();

    assert.throws(() => pool.runSync(1), { name: 'AbortError' });
    await closed;
    assert.equal(pool.runSync(1), 1);
  });
});
