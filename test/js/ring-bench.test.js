'use strict';

/* The benchmarks of RingBuffer run. */

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');

const RINGS = require.resolve('../../bench/js/rings');

function bench(...args) {
  return spawnSync(process.execPath, [RINGS, '--rounds', '1', '--ms', '20', ...args], { encoding: 'utf8' });
}

describe('bench of RingBuffer', function () {
  this.timeout(60_000);

  it('plays the case of thread-stream', () => {
    const { status, stdout, stderr } = bench('--quick', '--filter', '500-byte');

    assert.strictEqual(stderr, '');
    assert.strictEqual(status, 0);
    assert.match(stdout, /\n500-byte texts to a file +send ns( +[\d.,]+){3}( +[\d.]+x \([\d.]+ to [\d.]+\)){2}\n/);
  });

  it('plays those of ringbuf.js, or says what to install', () => {
    const { status, stdout, stderr } = bench('--quick', '--filter', '512-byte blocks, one thread');

    if (status === 0) assert.match(stdout, /\n512-byte blocks, one thread +ns\/unit/);
    else assert.match(stderr, /npm install --no-save ringbuf\.js/);
  });
});
