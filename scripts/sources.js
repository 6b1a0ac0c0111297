'use strict';

// The C files of the addon, found by looking: a new file in src/ needs no list to be edited.
// binding.gyp, the build, the C tests and the linters all ask here.

const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');

/** @param {string} dir relative to the repository, with forward slashes
 *  @param {string} extension such as '.c'
 *  @returns {string[]} relative paths, sorted, of all folders below; none if the directory does not exist */
function list(dir, extension) {
  const full = path.join(root, dir);

  if (!fs.existsSync(full)) return [];

  return fs.readdirSync(full, { recursive: true })
    .filter((name) => name.endsWith(extension))
    .map((name) => `${dir}/${name.split(path.sep).join('/')}`)
    .sort();
}

/** @returns {string[]} `dir` and all folders below */
function folders(dir) {
  const inside = fs.readdirSync(path.join(root, dir), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => folders(`${dir}/${entry.name}`));

  return [dir, ...inside];
}

const core = () => list('src/core', '.c');
const node = () => list('src/node', '.c');
const headers = () => list('src', '.h');

/** The name of a source's object file in a folder that holds the objects of all: two may be called alike. */
const objectName = (source) => `${source.replace(/^src\/(core\/)?/, '').replace(/\.c$/, '').replaceAll('/', '-')}.o`;

module.exports = { root, list, folders, core, node, headers, objectName };

if (require.main === module) console.log([...core(), ...node()].join('\n'));
