'use strict';

/* The bench of streams to a worker runs. */

const assert = require('node:assert/strict');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

describe('bench/js/streams.js', () => {
  it('plays each scenario on thread-stream and on ours', function () {
    this.timeout(120_000);

    const { status, stdout, stderr } = spawnSync(process.execPath, ['bench/js/streams.js', '--quick'],
      { cwd: path.join(__dirname, '../..'), encoding: 'utf8' });

    assert.deepEqual([stderr, status], ['', 0]);
    assert.equal(stdout.match(/^10000 +written, us( +[\d.,]+){2}/gm).length, 6);
  });
});
