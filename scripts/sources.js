'use strict';

// The C files of the addon, found by looking: a new file in src/ needs no list to be edited.
// binding.gyp, the build, the C tests and the linters all ask here.

const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');

/** @param {string} dir relative to the repository, with forward slashes
 *  @param {string} extension such as '.c'
 *  @returns {string[]} relative paths, sorted; none when the directory does not exist */
function list(dir, extension) {
  const full = path.join(root, dir);

  if (!fs.existsSync(full)) return [];

  return fs.readdirSync(full)
    .filter((name) => name.endsWith(extension))
    .sort()
    .map((name) => `${dir}/${name}`);
}

const core = () => list('src/core', '.c');
const node = () => list('src/node', '.c');
const headers = () => [...list('src/core', '.h'), ...list('src/node', '.h')];

module.exports = { root, list, core, node, headers };

if (require.main === module) console.log([...core(), ...node()].join('\n'));
