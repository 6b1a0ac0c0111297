'use strict';

/*
 * lib/constants.js is generated from lists in C: it must be what the addon under test
 * says, and the scripts of dist/ must contain its numbers.
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');

const constants = require('../../lib/constants');
const { file, ofAddon, text } = require('../../scripts/constants');

const dist = path.join(__dirname, '..', '..', 'dist');

describe('constants', () => {
  it('in lib/constants.js are those of the C sources', () => {
    assert.equal(fs.readFileSync(file, 'utf8'), text(ofAddon()));
  });

  it('are in the scripts of dist/ as numbers, so that no thread loads them', () => {
    const scripts = fs.readFileSync(path.join(dist, 'scripts.txt'), 'latin1');

    assert.equal(/requireOurs\(["']constants["']\)|files\['constants'\]/.test(scripts), false);
    assert.ok(scripts.includes(`SLOT = ${constants.control.SLOT},`));
  });
});
