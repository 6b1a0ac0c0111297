'use strict';

// Lists the C files of the addon: a new file in src/ need not be registered anywhere.
// Used by binding.gyp, the build, the C tests and the linters.

const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');

/**
 * List the files with this extension in a directory and below.
 * @param {string} dir relative to the repository, with forward slashes
 * @param {string} extension such as '.c'
 * @returns {string[]} sorted relative paths; none if the directory does not exist
 */
function list(dir, extension) {
  const full = path.join(root, dir);

  if (!fs.existsSync(full)) return [];

  return fs.readdirSync(full, { recursive: true })
    .filter((name) => name.endsWith(extension))
    .map((name) => `${dir}/${name.split(path.sep).join('/')}`)
    .sort();
}

/** @returns {string[]} `dir` and all directories below */
function folders(dir) {
  const inside = fs.readdirSync(path.join(root, dir), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => folders(`${dir}/${entry.name}`));

  return [dir, ...inside];
}

const core = () => list('src/core', '.c');
const node = () => list('src/node', '.c');
const headers = () => list('src', '.h');

/** A unique name for a source's object file in the folder of all objects. */
const objectName = (source) => `${source.replace(/^src\/(core\/)?/, '').replace(/\.c$/, '').replaceAll('/', '-')}.o`;

module.exports = { root, list, folders, core, node, headers, objectName };

if (require.main === module) console.log([...core(), ...node()].join('\n'));
