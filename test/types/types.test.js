'use strict';

/*
 * The types compile with two versions of TypeScript, mistakes are reported, and the
 * exports are those of worker_threads and ringport.
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const root = path.join(__dirname, '..', '..');
/** typedoc needs an older TypeScript than the newest one, so there are two. */
const compilers = ['typescript', 'typescript-7'];

describe('types', function () {
  this.timeout(120_000);

  /* Inside the package, where 'ringport' is the package itself. */
  const out = path.join(root, 'build', 'types');

  for (const compiler of compilers) {
    it(`accept what a TypeScript user writes, and nothing that is an error: ${compiler}`, () => {
      const tsc = path.join(root, 'node_modules', compiler, 'bin', 'tsc');

      fs.rmSync(out, { recursive: true, force: true });

      const { stdout, stderr } = spawnSync(process.execPath,
        [tsc, '-p', __dirname, '--noEmit', 'false', '--outDir', out], { encoding: 'utf8' });

      assert.equal(stdout + stderr, '');
    });
  }

  for (const name of ['from-commonjs.cjs', 'from-module.mjs', 'pool.cjs', 'pool.mjs', 'thread-stream.cjs',
    'thread-stream.mjs', 'synckit.cjs', 'synckit.mjs']) {
    it(`say what happens when it runs: ${name}`, () => {
      const { status, signal, stdout, stderr } = spawnSync(process.execPath, [path.join(out, name)],
        { encoding: 'utf8', timeout: 60_000 });

      assert.deepEqual([stdout, stderr, status, signal], ['', '', 0, null]);
    });
  }
});

describe('exports', () => {
  const ringport = require('ringport');
  const threads = require('node:worker_threads');

  it('are all that worker_threads of the running Node exports, and ours', () => {
    const missing = Object.keys(threads).filter((name) => !(name in ringport));

    assert.deepEqual(missing, []);
    assert.equal(ringport.threadId, threads.threadId);
    assert.notEqual(ringport.MessageChannel, threads.MessageChannel);
  });

  it('are the same objects for import and for require', async () => {
    const module = await import('ringport');

    assert.equal(module.default, ringport);
    for (const name of Object.keys(ringport)) assert.equal(module[name], ringport[name], name);
  });

  it('have no name in the ES module that no Node line knows', async () => {
    const module = await import('ringport');
    const newer = ['isInternalThread', 'isMarkedAsUntransferable', 'locks', 'markAsUncloneable', 'threadName'];
    const unknown = Object.keys(module).filter((name) => name !== 'default' && !(name in ringport));

    assert.deepEqual(unknown.filter((name) => !newer.includes(name)), []);
  });
});
