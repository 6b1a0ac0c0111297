'use strict';

/* The example of backpressure does what its README says. */

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { promisify } = require('node:util');

const run = promisify(execFile);
const folder = path.join(__dirname, '..', '..', 'examples', 'backpressure');

describe('examples/backpressure', () => {
  it('waits, or drops, at the mark', async () => {
    const { stdout } = await run(process.execPath, [folder], { timeout: 50_000 });
    const lines = stdout.trim().split('\n')
      .map((line) => /^(.+): (\d+) arrived, (\d+) dropped, (\d+)?/.exec(line).slice(1));
    const [plain, waiting, dropping] = lines.map(([title, ...numbers]) => [title, ...numbers.map(Number)]);

    assert.deepEqual(plain.slice(0, 3), ['no mark', 20_000, 0]);
    assert.deepEqual(waiting.slice(0, 3), ['waiting', 20_000, 0]);
    assert.ok(waiting[3] < 110_000, stdout);
    assert.equal(dropping[1] + dropping[2], 20_000);
    assert.ok(dropping[3] < 110_000, stdout);
  });
});
