// The same by import.

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { Pool } from 'ringport';
import Default, { FixedQueue, Piscina, isWorkerThread, move, version } from 'ringport/piscina';

const filename = fileURLToPath(new URL('../../test/js/fixtures/pool-task.js', import.meta.url));
const pool = new Piscina<string, string>({ filename, maxThreads: 1, taskQueue: new FixedQueue() });
const result: string = await pool.run('text');

assert.equal(result, 'text');
assert.equal(Default, Piscina);
assert.ok(pool instanceof Pool);
assert.deepEqual([isWorkerThread, version, move(1)], [false, Pool.version, 1]);
await pool.destroy();
