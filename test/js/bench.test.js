'use strict';

/*
 * The benchmark's statistics are right, its programs run and measure something, and bad
 * arguments are refused. No test looks at a time.
 */

const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const stats = require('../../bench/js/stats');

const RUN = path.join(__dirname, '../../bench/js/run.js');
const COLD = path.join(__dirname, '../../bench/js/cold.js');
const SPIN = path.join(__dirname, '../../bench/js/spin.js');

function bench(...args) {
  return spawnSync(process.execPath, [RUN, ...args], { encoding: 'utf8' });
}

describe('bench', function() {
  this.timeout(60000);

  it('takes medians, percentiles and geometric means', () => {
    assert.deepStrictEqual(stats.spread([5, 1, 9]), { median: 5, min: 1, max: 9 });
    assert.strictEqual(stats.median([4, 1, 3, 2]), 2.5);
    const hundred = stats.sort(Array.from({ length: 100 }, (_, i) => 99 - i));
    assert.strictEqual(stats.percentile(hundred, 0.5), 50);
    assert.strictEqual(stats.percentile(hundred, 0.99), 99);
    assert.strictEqual(stats.percentile(hundred, 1), 99);
    assert.ok(Math.abs(stats.geometricMean([2, 8]) - 4) < 1e-9);
  });

  it('says between which values the median lies', () => {
    assert.deepStrictEqual(stats.interval([4, 2, 9, 1, 7, 5, 3]), [1, 9]);
    assert.deepStrictEqual(stats.interval(Array.from({ length: 11 }, (_, i) => i)), [1, 9]);
    assert.deepStrictEqual(stats.interval([3]), [3, 3]);
  });

  it('plays the first messages of fresh processes', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath,
      [COLD, '--quick', '--most', '10', '--payload', '5 fields'], { encoding: 'utf8' });

    assert.strictEqual(stderr, '');
    assert.strictEqual(status, 0);
    for (const title of ['to-worker, 5 fields, 10', 'from-worker, 5 fields, 1', 'in-thread, 5 fields, 10', 'calls, 10',
      'calls-10, 10', 'program with 10 calls, CPU']) {
      assert.match(stdout, new RegExp(`\\n${title} +[\\d,]+ +[\\d,]+ +[\\d.]+x \\(`));
    }
  });

  it('takes ratios round by round, not of the medians', () => {
    assert.deepStrictEqual(stats.ratios([10, 200, 30], [1, 100, 10]),
      { median: 3, min: 2, max: 10 });
    assert.deepStrictEqual(stats.ratios([0], [0]), { median: 1, min: 1, max: 1 });
  });

  it('plays a case for both and keeps all rounds', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-bench-'));
    try {
      const file = path.join(folder, 'figures.json');
      const { status, stdout, stderr } = bench('--quick', '--rounds', '3', '--ms', '20',
        '--scenario', 'oneway', '--filter', 'number, to worker', '--json', file);
      assert.strictEqual(stderr, '');
      assert.strictEqual(status, 0);
      assert.match(stdout, /\nlibuv: \d/);
      assert.match(stdout, /\nnumber, to worker +ns\/message +[\d,.]+ +[\d,.]+ +[\d.]+x \(/);
      const report = JSON.parse(fs.readFileSync(file, 'utf8'));
      const [{ cases: [{ results, summary }] }] = report.scenarios;
      assert.deepStrictEqual(Object.keys(results), ['worker_threads', 'ringport']);
      assert.strictEqual(results.ringport.wall.length, 3);
      assert.deepStrictEqual(summary.wall.ratios.ringport,
        stats.ratios(results.worker_threads.wall, results.ringport.wall));
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it('plays the round trip of threads that watch, beside an atomic word in C', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath,
      [SPIN, '--quick', '--rounds', '1', '--ms', '20'], { encoding: 'utf8' });
    assert.strictEqual(stderr, '');
    assert.strictEqual(status, 0);
    assert.match(stdout, /\nnumber: [\d.]+ times the atomic word \(/);
  });

  it('lists the cases of every scenario', () => {
    const { status, stdout } = bench('--list');
    assert.strictEqual(status, 0);
    for (const name of ['oneway: 1 MiB bytes, from worker', 'roundtrip: Map, window 256',
      'node-core: echo object, 10 a broadcast', 'ports: 10,000 open, all used', 'batch: number, to worker',
      'broadcast: 5 fields to 4, a port each', 'fan: fan-in from 4', 'memory: channel, idle']) {
      assert.ok(stdout.includes(`${name}\n`), name);
    }
  });

  for (const [args, message] of [
    [['--rounds', 'many'], /^--rounds must be a positive number, not 'many'\n$/],
    [['--scenario', 'speed'], /^--scenario: 'speed' is not one of batch, broadcast, fan, /],
    [['--implementations', 'smoke'], /^--implementations: 'smoke' is not one of worker_threads/],
    [['--filter', 'smoke'], /^--filter: no case has 'smoke' in its name\n$/],
    [['--fast'], /^Unknown option '--fast'/],
  ]) {
    it(`says what is wrong with ${args.join(' ')}, and exits with 1`, () => {
      const { status, stderr } = bench(...args);
      assert.match(stderr, message);
      assert.strictEqual(status, 1);
    });
  }
});
