// What a TypeScript user of ringport/synckit writes.

import assert = require('node:assert/strict');
import path = require('node:path');
import synckit = require('ringport/synckit');

type Echo = (name: 'echo', value: number) => Promise<number>;

const file = path.join(__dirname, '../../test/js/fixtures/synckit/task.js');
const options: synckit.SynckitOptions = { timeout: 60_000, execArgv: [], tsRunner: synckit.TsRunner.TSX };
const call = synckit.createSyncFn<Echo>(file, options);
const result: number = call('echo', 1);

assert.equal(result, 1);
// @ts-expect-error: the type of the argument
assert.equal(call('echo', 'text'), 'text');
// @ts-expect-error: the option's name
synckit.createSyncFn<Echo>(file, { timeOut: 1 });
synckit.runAsWorker(async () => 1);
