'use strict';

// node scripts/constants.js
//
// Writes lib/constants.js: the numbers that JavaScript shares with the addon, as the
// addon's constants() returns them. build.js runs this after each build, so a number is
// changed only in C.

const fs = require('node:fs');
const path = require('node:path');

const { root } = require('./sources');

const file = path.join(root, 'lib', 'constants.js');

const HEADER = `'use strict';

/*
 * constants.js - the numbers that JavaScript shares with the addon. Generated from the
 * lists in C by scripts/constants.js; do not edit.
 *
 * scripts/bundle.js replaces each use by the number, so no thread loads this file.
 *
 *   error    results: src/core/error.h
 *   control  words of \`control\`, and their values: src/node/env.h
 *   ring     words of a ring's \`words\`: src/node/ring_wakeups.h
 *   layout   the memory of a ring, in bytes: src/core/ring/shared_memory.h
 *   counter  indices in a block of a ring's counters: the same
 *   record   records in an inbox: src/core/record.h, src/core/port/message.h
 *   plain    limits of plain values: src/node/flat.h, tree.h, primitives.h
 */

`;

/** @returns {Record<string, Record<string, number>>} the numbers of the addon, by list */
function ofAddon() {
  /* Not by lib/loading/native.js, which needs the file that is written here. */
  const binding = require('../lib/binding');
  const addon = {};

  for (let group = 0; addon.constants === undefined; group++) binding.define(addon, group);
  return addon.constants();
}

/** @returns {string} the text of lib/constants.js */
function text(constants) {
  const lists = Object.entries(constants).map(([list, numbers]) => {
    const lines = Object.entries(numbers).map(([name, value]) => `    ${name}: ${value},\n`);

    return `  ${list}: {\n${lines.join('')}  },\n`;
  });

  return `${HEADER}module.exports = {\n${lists.join('')}};\n`;
}

/** Write lib/constants.js if it differs. */
function write() {
  const now = text(ofAddon());

  if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== now) fs.writeFileSync(file, now);
}

module.exports = { file, ofAddon, text };

if (require.main === module) write();
