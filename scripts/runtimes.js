'use strict';

// Downloads other runtimes with a worker_threads of their own, for the tests: from npm
// into .cache/, like the other Node lines (nodes.js).

const fs = require('node:fs');
const path = require('node:path');

const { install } = require('./nodes');
const { root } = require('./sources');

const cache = path.join(root, '.cache', 'runtimes');
const exe = process.platform === 'win32' ? '.exe' : '';
const system = process.platform === 'win32' ? 'windows' : process.platform;
const bunPackage = `@oven/bun-${system}-${process.arch === 'arm64' ? 'aarch64' : process.arch}`;
const denoPackage = `@deno/${process.platform}-${process.arch}${process.platform === 'linux' ? '-glibc' : ''}`;

/**
 * Bun 1.2 is included because it aborts when it opens the addon; later versions do not.
 */
const known = [
  { name: 'Bun 1.2', folder: 'bun-1.2', from: `${bunPackage}@1.2`, file: `bin/bun${exe}`, args: [] },
  { name: 'Bun', folder: 'bun', from: bunPackage, file: `bin/bun${exe}`, args: [] },
  { name: 'Deno', folder: 'deno', from: denoPackage, file: `deno${exe}`, args: ['run', '--allow-all'] },
];

/**
 * @returns {{name: string, command: string, args: string[]}[]} `command ...args FILE`
 *   runs a file
 */
function runtimes() {
  const all = known.map(({ name, folder, file, args }) => (
    { name, command: path.join(cache, 'node_modules', folder, file), args }));

  if (!all.every(({ command }) => fs.existsSync(command))) {
    install(cache, known.map(({ folder, from }) => `${folder}@npm:${from}`));
  }
  return all;
}

module.exports = { runtimes };
