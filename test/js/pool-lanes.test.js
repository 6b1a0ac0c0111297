'use strict';

/* Pool: tasks and results in lanes and by messages; see docs/decisions/pool-lanes.md. */

const assert = require('node:assert/strict');
const path = require('node:path');

const { endAll, poolOf, shared, until } = require('./support/pools');

const filename = path.join(__dirname, 'fixtures/pool-lane.js');

afterEach(endAll);

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
});
