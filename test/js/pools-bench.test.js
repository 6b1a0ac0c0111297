'use strict';

/* The bench of pools, and the tests of piscina's package against ours. */

const assert = require('node:assert');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const root = path.join(__dirname, '../..');

function run(...args) {
  return spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
}

describe('pools', function () {
  this.timeout(600_000);

  it('of npm and ours play the scenarios of the bench', () => {
    const { status, stdout, stderr } = run('bench/js/pools.js', '--quick', '--only', 'piscina,ringport');

    assert.deepStrictEqual([stderr, status], ['', 0]);
    for (const line of ['empty +us', '20 us +p99', '10 +us']) {
      assert.match(stdout, new RegExp(`\\n${line}( +[\\d.,]+){2}`));
    }
  });

  it('pass the tests of piscina\'s package, but for the known differences', () => {
    const { status, stdout } = run('scripts/piscina-suite.js');
    const [, passed, all] = /^(\d+) of (\d+) tests of piscina pass/m.exec(stdout);

    assert.strictEqual(status, 0, stdout);
    assert.ok(passed / all >= 0.95, stdout);
  });
});
