'use strict';

/*
 * Runs storm-cli.js with 200 workers; `node test/js/storm-cli.js --workers 10000` runs
 * more.
 */

const assert = require('node:assert');
const path = require('node:path');
const { subject } = require('./support/implementations');
const { run } = require('./support/differential');

describe('storm: workers spawned and terminated in rounds', () => {
  it('200 of them leave nothing behind, and nothing is lost or reordered', async function () {
    this.timeout(0);
    const args = [path.join(__dirname, 'storm-cli.js'), '--workers', '200', '--parallel', '6'];
    const { code, signal, lines, stderr } = await run(subject, args, { limit: 120000 });

    assert.deepStrictEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' }, lines.join('\n'));
  });
});
