// What a TypeScript user of ringport/synckit writes, as an ES module.

import assert from 'node:assert/strict';

import { createSyncFn, runAsWorker, type Syncify } from 'ringport/synckit';

type Echo = (name: 'echo', value: number) => Promise<number>;

const call: Syncify<Echo> = createSyncFn<Echo>(new URL('../../test/js/fixtures/synckit/task.js', import.meta.url), 60_000);

assert.equal(call('echo', 2), 2);
runAsWorker(() => 1);
