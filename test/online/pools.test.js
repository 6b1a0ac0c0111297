'use strict';

/* The examples of pools that need packages from the registry, and Redis. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const root = path.join(__dirname, '../..');
/** Kept between runs. Packages that the root has are found there. */
const cache = path.join(root, '.cache/pool-examples');

const packages = ['autocannon@9', 'bullmq@6', 'ioredis@6'];

function run(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args,
    { encoding: 'utf8', timeout: 120_000, cwd: cache, ...options });

  assert.equal(error, undefined);
  assert.equal(status, 0, stderr);
  return stdout;
}

describe('the examples of pools', function () {
  this.timeout(200_000);

  const env = { ...process.env, NODE_PATH: [path.join(cache, 'node_modules'), path.join(root, 'node_modules')].join(path.delimiter) };

  before(() => {
    fs.mkdirSync(cache, { recursive: true });
    if (packages.every((name) => fs.existsSync(path.join(cache, 'node_modules', name.split('@')[0])))) return;
    fs.writeFileSync(path.join(cache, 'package.json'), '{"private": true}');
    run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...packages]);
  });

  it('pool-server: answers all requests, whoever hashes', () => {
    const table = run(process.execPath, [path.join(root, 'examples/pool-server/load.js'), '2'], { env });

    console.log(table); // to be read, not compared: the machine has other work
    const rows = [...table.matchAll(/^│ (\w+): (\/\w*) +│ +([\d.]+) +│ +([\d.]+) +│ +([\d.]+) +│ +(\d+) +│$/gm)];

    assert.equal(rows.length, 6);
    for (const [, , , , , perSecond, failed] of rows) {
      assert.ok(Number(perSecond) > 0);
      assert.equal(failed, '0');
    }
  });

  it('pool-queue: no job is lost when a consumer is killed', function () {
    if (spawnSync('redis-server', ['--version']).error !== undefined) {
      if (process.getuid?.() !== 0) this.skip();
      run('apt-get', ['install', '-y', '--no-install-recommends', 'redis-server']);
    }

    const stdout = run(process.execPath, [path.join(root, 'examples/pool-queue/index.js'), '200'], { env });

    assert.equal(stdout, '200 jobs done, 200 different hashes, 0 left; a consumer was killed\n');
  });
});
