'use strict';

/* Runs examples/pino-log-pipeline: it does what its README says. */

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const path = require('node:path');

describe('examples/pino-log-pipeline', () => {
  it('counts every line, and keeps the important ones', () => {
    const output = execFileSync(process.execPath, [path.join(__dirname, '../../examples/pino-log-pipeline/index.js'), '5000'],
      { encoding: 'utf8', timeout: 30_000 });

    assert.equal(output, '4500 times info, 450 times warn, 50 times error; 500 lines in the file, over a ring\n');
  });
});
