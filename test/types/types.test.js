'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const root = path.join(__dirname, '..', '..');
const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');

describe('types', function () {
  this.timeout(120_000);

  it('accept what a TypeScript user writes, and nothing that is an error', () => {
    const { stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', __dirname], { encoding: 'utf8' });

    assert.equal(stdout + stderr, '');
  });
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
