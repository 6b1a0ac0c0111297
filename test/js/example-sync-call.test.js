'use strict';

/* Runs examples/sync-call: it does what its README says. */

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const folder = path.join(__dirname, '../../examples/sync-call');

describe('examples/sync-call', () => {
  it('prints what asynchronous code has found out', () => {
    const lines = fs.readFileSync(path.join(folder, 'worker.js'), 'utf8').match(/\n/g).length;
    const output = execFileSync(process.execPath, [path.join(folder, 'main.js')], { encoding: 'utf8', timeout: 30_000 });

    assert.deepEqual(output.trim().split('\n'), [`worker.js has ${lines} lines`, 'Error: ENOENT']);
  });
});
