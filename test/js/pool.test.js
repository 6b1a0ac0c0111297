'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { AsyncLocalStorage } = require('node:async_hooks');
const { EventEmitter, once } = require('node:events');
const { spawnSync } = require('node:child_process');
const { setTimeout: sleep } = require('node:timers/promises');

const { MessageChannel, Pool, RingportError } = require('../..');
const { endAll, filename, keep, poolOf, shared, until } = require('./support/pools');
const { Refusal } = require('./fixtures/pool-task');
const { version } = require('../../package.json');

function release(words) {
  Atomics.store(words, 1, 1);
  Atomics.notify(words, 1);
}

afterEach(endAll);

describe('pool: run', () => {
  it('resolves with what the function returns', async () => {
    const pool = poolOf();

    assert.equal(await pool.run(5), 5);
    assert.deepEqual(await pool.run({ a: [1n, new Map([[1, 2]])] }), { a: [1n, new Map([[1, 2]])] });
    assert.equal(await pool.run(), undefined);
    assert.equal(await pool.run({ ms: 1, value: 'late' }, { name: 'sleep' }), 'late');
    assert.equal(pool.completed, 4);
  });

  it('loads ES modules, also by URL and with top-level await', async () => {
    const esm = path.join(__dirname, 'fixtures/pool-task.mjs');
    const pool = poolOf({ filename: null });

    assert.equal(await pool.run(4, { filename: esm }), 8);
    assert.equal(await pool.run(4, { filename: `file://${esm}`, name: 'named' }), 'named 4');
  });

  it('passes the options of the worker on', async () => {
    const pool = poolOf({
      workerData: { x: 1 }, argv: ['one'], execArgv: ['--no-warnings'], env: { POOL: 'yes' }, maxThreads: 1,
    });

    assert.deepEqual(await pool.run(null, { name: 'workerData' }), [{ x: 1 }, { x: 1 }, true]);
    assert.deepEqual(await pool.run(null, { name: 'environment' }), [['one'], ['--no-warnings'], 'yes']);
    assert.deepEqual([Pool.isWorkerThread, Pool.workerData, Pool.version], [false, undefined, version]);
  });

  it('transfers what it is told to, both ways', async () => {
    const pool = poolOf();
    const buffer = new ArrayBuffer(64);
    const view = new Uint8Array(32);
    const { port1, port2 } = new MessageChannel();

    assert.equal(await pool.run(buffer, { name: 'length', transferList: [buffer] }), 64);
    assert.equal(await pool.run(Pool.move(view), { name: 'length' }), 32);
    assert.deepEqual([buffer.byteLength, view.byteLength], [0, 0]);
    assert.deepEqual(await pool.run(3, { name: 'move' }), new Uint8Array([7, 7, 7]));

    const { port } = await pool.run({ port: port2 }, { transferList: [port2] })
      .catch((error) => error); // the result is a port that is not in a transfer list

    assert.equal(port, undefined);
    port1.close();
  });

  it('rejects a task that cannot be cloned, and goes on', async () => {
    const pool = poolOf({ maxThreads: 1 });
    const buffer = new ArrayBuffer(8);

    structuredClone(buffer, { transfer: [buffer] });
    await assert.rejects(pool.run(() => {}), { name: 'DataCloneError' });
    await pool.run(buffer, { transferList: [buffer] }).catch(({ name }) => assert.equal(name, 'DataCloneError'));
    await assert.rejects(pool.run(null, { name: 'uncloneable' }), (error) => {
      assert.ok(error instanceof DOMException);
      assert.deepEqual([error.name, error.code], ['DataCloneError', 25]);
      return /could not be cloned/.test(error.message);
    });

    const all = [pool.run(1), pool.run(() => {}), pool.run(2)];

    assert.deepEqual((await Promise.allSettled(all)).map(({ status, value }) => value ?? status), [1, 'rejected', 2]);
    assert.equal(pool.queueSize, 0);
  });

  it('rejects if there is no such file or function', async () => {
    await assert.rejects(poolOf({ filename: null }).run(1), { code: 'ERR_INVALID_ARG_VALUE' });
    await assert.rejects(poolOf({ filename: path.join(__dirname, 'none.js') }).run(1), /none\.js/);
    await assert.rejects(poolOf().run(1, { name: 'none' }), /No handler function exported from/);
  });

  it('settles its promise in the context of the caller', async () => {
    const pool = poolOf();
    const store = new AsyncLocalStorage();

    await Promise.all([1, 2, 3, 4].map((n) => store.run(n, async () => {
      assert.equal(await pool.run(n), n);
      assert.equal(store.getStore(), n);
    })));
  });
});

describe('pool: errors', () => {
  it('keep their class, properties and cause', async () => {
    const pool = poolOf({ errorClasses: [Refusal] });
    const error = await pool.run('no', { name: 'refuse' }).catch((thrown) => thrown);

    assert.ok(error instanceof Refusal && error instanceof TypeError);
    assert.equal(error.constructor, Refusal);
    assert.deepEqual([error.message, error.code, error.detail], ['no', 'E_REFUSED', { at: [1, 2] }]);
    assert.match(error.stack, /pool-task\.js/);
    assert.ok(error.cause instanceof RangeError);
    assert.deepEqual([error.cause.message, error.cause.cause], ['inner', 'innermost']);
  });

  it('are of the nearest class that both threads have, if nothing is said', async () => {
    const error = await poolOf().run('no', { name: 'refuse' }).catch((thrown) => thrown);

    assert.equal(Object.getPrototypeOf(error), TypeError.prototype);
    assert.equal(error.code, 'E_REFUSED');
  });

  it('of an AggregateError keep the list', async () => {
    const error = await poolOf().run(null, { name: 'refuseAll' }).catch((thrown) => thrown);

    assert.ok(error instanceof AggregateError && error.errors[0] instanceof SyntaxError);
    assert.equal(error.errors[1], 'two');
  });

  it('lose only what cannot be cloned', async () => {
    const error = await poolOf().run(null, { name: 'refuseWithFunction' }).catch((thrown) => thrown);

    assert.deepEqual([error.message, error.kept, error.hook], ['holds a function', 1, undefined]);
  });

  it('may be any value', async () => {
    const pool = poolOf();

    for (const value of [undefined, null, 0, 'text', { a: 1 }]) {
      await assert.rejects(pool.run(value, { name: 'reject' }), (thrown) => {
        assert.deepEqual(thrown, value);
        return true;
      });
    }
  });
});

describe('pool: arguments', () => {
  it('that are invalid are refused', async () => {
    const pool = poolOf();

    for (const [options, code] of [
      [null, 'ERR_INVALID_ARG_TYPE'], [{ minThreads: -1 }, 'ERR_INVALID_ARG_VALUE'], [{ maxThreads: 0 }, 'ERR_INVALID_ARG_VALUE'],
      [{ minThreads: 3, maxThreads: 2 }, 'ERR_OUT_OF_RANGE'], [{ maxThread: 2 }, 'ERR_INVALID_ARG_VALUE'],
      [{ lookAhead: -1 }, 'ERR_INVALID_ARG_VALUE'], [{ errorClasses: [1] }, 'ERR_INVALID_ARG_VALUE'],
      [{ maxQueue: NaN }, 'ERR_INVALID_ARG_VALUE'], [{ gracePeriod: -1 }, 'ERR_INVALID_ARG_VALUE'],
    ]) {
      assert.throws(() => new Pool(options), { code });
    }
    for (const options of [
      null, { transferList: 1 }, { filename: 1 }, { name: 1 }, { signal: 1 }, { priority: 'high' }, { timeout: -1 },
    ]) {
      await assert.rejects(pool.run(1, options), { code: 'ERR_INVALID_ARG_TYPE' });
    }
    await assert.rejects(pool.run(1, { timeOut: 5 }), /did you mean 'timeout'/);
    assert.throws(() => new Pool({ workerData: () => {} }), { name: 'DataCloneError' });
  });
});

describe('pool: the queue', () => {
  it('is limited by maxQueue', async () => {
    const pool = poolOf({ maxThreads: 1, maxQueue: 2 });
    const words = shared();
    const all = [1, 2, 3].map((n) => pool.run([words, n], { name: 'block' }));

    assert.equal(pool.queueSize, 2);
    await assert.rejects(pool.run(4), { name: 'RingportError', code: 'ERR_RINGPORT_QUEUE_FULL' });
    release(words);
    assert.deepEqual(await Promise.all(all), [1, 2, 3]);
    assert.equal(pool.queueSize, 0);
  });

  it('may be none: maxQueue 0', async () => {
    const pool = poolOf({ maxThreads: 1, maxQueue: 0 });
    const words = shared();
    const first = pool.run([words, 1], { name: 'block' });

    await assert.rejects(pool.run(2), { code: 'ERR_RINGPORT_QUEUE_FULL' });
    release(words);
    assert.equal(await first, 1);
    assert.equal(await pool.run(3), 3);
  });

  it('gives higher priorities first, past tasks that were posted in advance', async () => {
    const pool = poolOf({ maxThreads: 1 });
    const words = shared();
    const order = [];
    const run = (value, priority) => pool.run(value, { priority }).then((result) => order.push(result));
    const first = pool.run([words], { name: 'block' });

    until(words, 0, 1);

    const all = [run('a', 0), run('b', 0), run('c', 5), run('d', -1), run('e', 5), run('f', 9)];

    release(words);
    await Promise.all([first, ...all]);
    assert.deepEqual(order, ['f', 'c', 'e', 'a', 'b', 'd']);
  });

  it('may be of the application', async () => {
    const tasks = [];
    const taskQueue = {
      get size() { return tasks.length; },
      push(task) { tasks.push(task); },
      shift() { return tasks.pop() ?? null; }, // the last one first
      remove(task) { tasks.splice(tasks.indexOf(task), 1); },
    };
    const pool = poolOf({ maxThreads: 1, taskQueue });
    const order = [];
    const queueOptions = { [Pool.queueOptionsSymbol]: 1 };

    await Promise.all([1, 2, 3, 4].map((n) => pool.run({ n, ...queueOptions })
      .then((result) => order.push(result.n))));
    assert.deepEqual(order, [1, 4, 3, 2]);
  });

  it('empties past a worker that is blocked', async () => {
    const pool = poolOf({ minThreads: 2, maxThreads: 2 });
    const words = shared();
    const blocked = pool.run([words, 'blocked'], { name: 'block' });

    assert.deepEqual(await Promise.all(Array.from({ length: 100 }, (_, n) => pool.run(n))), [...Array(100).keys()]);
    release(words);
    assert.equal(await blocked, 'blocked');
  });

  it('never lets two tasks share a worker unless told to', async () => {
    const pool = poolOf({ minThreads: 2, maxThreads: 2 });

    for (let i = 0; i < 20; i++) {
      const words = shared();
      const [one, other] = await Promise.all([1, 2].map(() => pool.run(words, { name: 'meet' })));

      assert.notEqual(one, other);
    }
  });

  it('tells when all workers are busy, and when one no longer is', async () => {
    const pool = poolOf({ maxThreads: 1 });
    const events = [];

    for (const name of ['drain', 'needsDrain']) pool.on(name, () => events.push([name, pool.needsDrain]));
    await Promise.all([pool.run(1), pool.run(2)]);
    await sleep(1);
    assert.deepEqual(events, [['needsDrain', true], ['drain', false]]);
  });
});

describe('pool: abort', () => {
  it('rejects a task that waits, and it never runs', async () => {
    const pool = poolOf({ maxThreads: 1 });
    const words = shared();
    const other = shared();
    const controller = new AbortController();
    const emitter = new EventEmitter();
    const first = pool.run([words, 1], { name: 'block' });
    const second = pool.run([other], { name: 'loop', signal: controller.signal });
    const third = pool.run([other], { name: 'loop', signal: emitter });

    controller.abort('enough');
    emitter.emit('abort');
    await assert.rejects(second, { name: 'AbortError', code: 'ABORT_ERR', cause: 'enough' });
    await assert.rejects(third, { name: 'AbortError' });
    assert.equal(pool.queueSize, 0);
    release(words);
    assert.equal(await first, 1);
    assert.equal(await pool.run(4), 4);
    assert.equal(Atomics.load(other, 0), 0);
    assert.equal(pool.stats().started, 1); // no worker was lost
  });

  it('ends the worker of a task that does not listen', async () => {
    const pool = poolOf({ maxThreads: 1 });
    const words = shared();
    const controller = new AbortController();
    const task = pool.run([words], { name: 'loop', signal: controller.signal });
    const next = pool.run('next');

    until(words, 0, 1);
    controller.abort();
    await assert.rejects(task, { name: 'AbortError' });
    assert.equal(await next, 'next'); // it had been posted to that worker
    assert.equal(pool.stats().started, 2);
  });

  it('is told to a task that asks for its signal, and its worker goes on', async () => {
    const pool = poolOf({ maxThreads: 1 });

    for (const name of ['listen', 'poll']) {
      const words = shared();
      const controller = new AbortController();
      const task = pool.run([words], { name, signal: controller.signal });

      until(words, 0, 1);
      controller.abort('enough');
      await assert.rejects(task, { name: 'AbortError', cause: 'enough' });
      until(words, 1, 1);
      assert.equal(await pool.run(name), name);
    }
    assert.equal(pool.stats().started, 1);
  });

  it('ends the worker after gracePeriod all the same', async () => {
    const pool = poolOf({ maxThreads: 1, gracePeriod: 5 });
    const words = shared();
    const controller = new AbortController();
    const task = pool.run([words], { name: 'listenInVain', signal: controller.signal });

    until(words, 0, 1);
    controller.abort();
    await assert.rejects(task, { name: 'AbortError' });
    assert.equal(await pool.run('next'), 'next');
    assert.equal(pool.stats().started, 2);
  });

  it('before run() sends nothing', async () => {
    const buffer = new ArrayBuffer(8);
    const signal = AbortSignal.abort('early');

    await assert.rejects(poolOf().run(buffer, { signal, transferList: [buffer] }), { cause: 'early' });
    assert.equal(buffer.byteLength, 8);
  });

  it('after the end changes nothing, and leaves no listener', async () => {
    const pool = poolOf({ maxThreads: 1 });
    const emitter = new EventEmitter();

    await pool.run(1, { signal: emitter });
    assert.equal(emitter.listenerCount('abort'), 0);
    emitter.emit('abort');
    assert.equal(await pool.run(2), 2);
  });

  it('by a loadBalancer that is asked leaves the task unrun', async () => {
    const controller = new AbortController();
    const words = shared();
    const pool = poolOf({ maxThreads: 1, loadBalancer: (task, [first]) => {
      if (task.isAbortable) controller.abort();
      return first;
    } });

    await assert.rejects(pool.run([words], { name: 'block', signal: controller.signal }), { name: 'AbortError' });
    assert.equal(await pool.run(2), 2);
    assert.equal(words[0], 0);
  });

  it('of a task that a queue without unshift() has given removes no other', async () => {
    const tasks = [];
    const taskQueue = {
      get size() { return tasks.length; },
      push(task) { tasks.push(task); },
      shift() { return tasks.shift() ?? null; },
      remove(task) { tasks.splice(tasks.indexOf(task), 1); }, // the last one, if it is not there
    };
    const pool = poolOf({ maxThreads: 1, taskQueue });
    const words = shared();
    const controller = new AbortController();
    const first = pool.run([words, 1], { name: 'block' });
    const second = pool.run(2, { signal: controller.signal });
    const third = pool.run(3);

    controller.abort();
    await assert.rejects(second, { name: 'AbortError' });
    release(words);
    assert.deepEqual(await Promise.all([first, third]), [1, 3]);
  });

  it('happens by itself after `timeout`', async () => {
    const pool = poolOf({ maxThreads: 1 });
    const words = shared();
    const task = pool.run([words], { name: 'loop', timeout: 20 });
    const waits = pool.run(1, { timeout: 20 });

    await assert.rejects(task, { name: 'RingportError', code: 'ERR_RINGPORT_TIMEOUT' });
    await Promise.allSettled([waits]);
    assert.equal(await pool.run(2, { timeout: 60_000 }), 2);
  });
});

describe('pool: threads', () => {
  it('start as they are needed, and go when they are idle', async () => {
    const pool = poolOf({ minThreads: 1, maxThreads: 3, idleTimeout: 10 });
    const words = shared();
    const all = [1, 2, 3].map((n) => pool.run([words, n], { name: 'block' }));

    assert.equal(pool.threads.length, 3);
    until(words, 0, 3);
    release(words);
    assert.deepEqual(await Promise.all(all), [1, 2, 3]);
    while (pool.threads.length > 1) await once(pool, 'workerDestroy');
    assert.equal(await pool.run(4), 4);
  });

  it('do not keep the process alive when nothing is to be done', () => {
    const { status, stdout } = spawnSync(process.execPath, ['-e', `
      const { Pool } = require(${JSON.stringify(path.join(__dirname, '../..'))});
      const pool = new Pool({ filename: ${JSON.stringify(filename)}, minThreads: 2, maxThreads: 2 });

      pool.run('done').then(console.log);
      new Pool({ filename: ${JSON.stringify(filename)} });
    `], { encoding: 'utf8', timeout: 30_000 });

    assert.deepEqual([status, stdout], [0, 'done\n']);
  });

  it('may post messages of their own, and hear the pool\'s owner', async () => {
    const pool = poolOf({ maxThreads: 1 });
    const said = once(pool, 'message');

    assert.equal(await pool.run([1, 2], { name: 'say' }), 'said');
    assert.deepEqual(await said, [[1, 2]]);

    const heard = pool.run(null, { name: 'hear' });
    const ready = pool.run('also'); // is not what the task hears

    await once(pool, 'message');
    pool.threads[0].postMessage([5, 'for the task']);
    assert.deepEqual(await heard, [5, 'for the task']);
    assert.equal(await ready, 'also');
  });

  it('run a task each for broadcast()', async () => {
    const pool = poolOf({ minThreads: 3, maxThreads: 3 });
    const ids = await pool.broadcast(null, { name: 'threadId' });

    assert.deepEqual(ids.sort(), pool.threads.map(({ threadId }) => threadId).sort());
  });

  it('are counted by stats()', async () => {
    const pool = poolOf({ minThreads: 2, maxThreads: 2 });

    await Promise.all([pool.run(1), pool.run(2), pool.run('no', { name: 'refuse' }).catch(() => {})]);

    const { threads, queued, running, outstanding, completed, failed, crashed, workers } = pool.stats();

    assert.deepEqual({ threads, queued, running, outstanding, completed, failed, crashed },
      { threads: 2, queued: 0, running: 0, outstanding: 0, completed: 3, failed: 1, crashed: 0 });
    assert.equal(workers[0].completed + workers[1].completed, 3);
    assert.ok(pool.runTime.max > 0 && pool.waitTime.max > 0 && pool.utilization > 0 && pool.duration > 0);
  });
});

describe('pool: map', () => {
  const take = async (results) => {
    const all = [];

    for await (const result of results) all.push(result);
    return all;
  };

  it('gives the results in the order of the values', async () => {
    const pool = poolOf({ minThreads: 2, maxThreads: 2 });
    const words = shared(3);
    const values = [[words, 1, 0], [words, 2, 1], [words, 3, 2]]; // the first waits for the others

    assert.deepEqual(await take(pool.map(values, { name: 'waitFor', concurrency: 3 })), [1, 2, 3]);
    assert.deepEqual(await take(pool.map([])), []);
  });

  it('gives them as they come, if told to', async () => {
    const pool = poolOf({ minThreads: 2, maxThreads: 2 });
    const words = shared();
    const results = pool.map([[words, 'first'], [null, 'second'], [null, 'third']], { name: 'blockOrNot', ordered: false });

    assert.deepEqual((await results.next()).value, 'second');
    assert.deepEqual((await results.next()).value, 'third');
    release(words);
    assert.deepEqual((await results.next()).value, 'first');
    assert.ok((await results.next()).done);
  });

  it('takes no more values than there is room for', async () => {
    const pool = poolOf();
    let taken = 0;

    async function* values() {
      for (;;) yield taken++;
    }

    const results = pool.map(values(), { concurrency: 3 });

    assert.deepEqual(await results.next(), { done: false, value: 0 });
    await sleep(5);
    assert.ok(taken <= 4, `${taken}`);
    await results.return();
    assert.equal(pool.stats().outstanding, 0);
  });

  it('ends with the first error, and aborts the rest', async () => {
    const pool = poolOf({ maxThreads: 1 });
    let isClosed = false;

    function* values() {
      try {
        for (;;) yield 'no';
      } finally {
        isClosed = true;
      }
    }

    await assert.rejects(take(pool.map(values(), { name: 'refuse', concurrency: 4 })), { message: 'no' });
    assert.ok(isClosed);
    await pool.close();
    await assert.rejects(take(pool.map([1], { signal: AbortSignal.abort() })), { name: 'AbortError' });
    assert.throws(() => pool.map(5), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => pool.map([], { concurrency: 0 }), { code: 'ERR_OUT_OF_RANGE' });
  });
});

describe('pool: close and destroy', () => {
  it('close() lets all tasks end first', async () => {
    const pool = poolOf({ maxThreads: 1 });
    const all = Array.from({ length: 50 }, (_, n) => pool.run(n));
    const closed = once(pool, 'close');
    const closing = Promise.all([pool.close(), pool.close()]);

    await assert.rejects(pool.run(1), { name: 'AbortError', cause: 'queue is being terminated' });
    await closing;
    await closed;
    assert.deepEqual(await Promise.all(all), [...Array(50).keys()]);
    assert.equal(pool.threads.length, 0);
  });

  it('close({ force }) rejects those that wait', async () => {
    const pool = poolOf({ maxThreads: 1 });
    const words = shared();
    const first = pool.run([words, 1], { name: 'block' });

    until(words, 0, 1);

    const waits = [2, 3].map((n) => pool.run(n));
    const closed = pool.close({ force: true });

    for (const task of waits) await assert.rejects(task, { name: 'AbortError', cause: 'pool is closed' });
    release(words);
    assert.equal(await first, 1);
    await closed;
  });

  it('close() gives up after closeTimeout', async () => {
    const pool = poolOf({ maxThreads: 1, closeTimeout: 5 });
    const words = shared();
    const task = pool.run([words], { name: 'loop' });
    const error = once(pool, 'error');

    until(words, 0, 1);
    await Promise.all([
      assert.rejects(task, { code: 'ERR_RINGPORT_TERMINATED' }), pool.close(),
      error.then(([{ code }]) => assert.equal(code, 'ERR_RINGPORT_TIMEOUT')),
    ]);
  });

  it('destroy() rejects 10,000 tasks, and the pool can be used again', async () => {
    const pool = poolOf({ minThreads: 2, maxThreads: 2 });
    const all = Array.from({ length: 10_000 }, (_, n) => pool.run(n));

    await Promise.race(all);
    await pool.destroy();

    const results = await Promise.allSettled(all);

    assert.ok(results.every(({ reason }, n) => reason?.code === 'ERR_RINGPORT_TERMINATED' || results[n].value === n));
    assert.equal(pool.stats().outstanding, 0);
    assert.equal(await pool.run('again'), 'again');
  });

  it('ringport/piscina has piscina\'s names and defaults', async () => {
    const Piscina = require('../../dist/piscina.js');
    const theirs = require('piscina');
    const staticNames = Object.getOwnPropertyNames(theirs).sort();
    const pool = new Piscina({ filename });
    const other = new theirs.Piscina({ filename });

    keep(pool);
    keep(other);
    assert.deepEqual(Object.getOwnPropertyNames(Piscina).sort(), staticNames);
    for (const name of ['minThreads', 'maxThreads', 'idleTimeout', 'maxQueue', 'closeTimeout', 'name']) {
      assert.equal(pool.options[name], other.options[name], name);
    }
    assert.equal(await pool.run(1), 1);
    assert.ok(!(new RingportError('a', 'b') instanceof Piscina));
    await assert.rejects(pool.run('x', { name: 'listen' }), TypeError); // only Pool passes a context
  });
});
