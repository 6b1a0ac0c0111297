'use strict';

/* The benchmark of calls runs. */

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');

const CALLS = require.resolve('../../bench/js/calls');

describe('bench of calls', function () {
  this.timeout(120_000);

  it('plays one call after the other, and calls to a thread that sleeps', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath,
      [CALLS, '--rounds', '1', '--ms', '20', '--quick', '--filter', 'number|asleep|first|awaited'], { encoding: 'utf8' });

    assert.strictEqual(stderr, '');
    assert.strictEqual(status, 0);
    assert.match(stdout, /\nnumber, both awake +ns\/call( +[\d.,]+){4}/);
    assert.match(stdout, /\nobject, asleep +ns\/call( +[\d.,]+){4}/);
    assert.match(stdout, /\nfirst call +ns( +[\d.,]+){4}/);
    assert.match(stdout, /\nobject, awaited +ns\/call( +[\d.,]+){2}/);
  });
});
