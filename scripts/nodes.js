'use strict';

// node scripts/nodes.js
//
// Prints the path of a Node binary for each line that ringport is tested on, one a line, the
// running one first. The others come from npm's node-<platform>-<arch> packages, into .cache/.

const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const { root } = require('./sources');

/** The lines to test, by their major versions. */
const lines = [20, 22, 24, 26];

const running = Number(process.versions.node.split('.')[0]);

/** Where those of an architecture are kept. */
const cacheOf = (arch) => path.join(root, '.cache', arch === process.arch ? 'nodes' : `nodes-${arch}`);
const binary = (line, arch = process.arch) => path.join(
  cacheOf(arch), 'node_modules', `node-${line}`, 'bin', 'node');

function install(wanted, arch = process.arch) {
  const cache = cacheOf(arch);
  const name = `node-${process.platform}-${arch}`;
  const packages = wanted.map((line) => `node-${line}@npm:${name}@${line}`);
  // All lines at once, as npm removes what it was not asked for.
  const args = [
    'install', '--prefix', cache, '--no-save', '--no-package-lock', '--no-bin-links',
    '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...packages,
  ];

  if (arch !== process.arch) args.push('--force'); // npm refuses what cannot run here
  fs.mkdirSync(cache, { recursive: true });

  const { status, error } = spawnSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] });

  if (status !== 0) {
    throw new Error(`npm cannot install ${packages.join(', ')}: ${error ?? `exit code ${status}`}`);
  }
}

/** @returns {{line: number, node: string}[]} the running Node first, then the other lines */
function nodes() {
  const others = lines.filter((line) => line !== running);

  if (others.some((line) => !fs.existsSync(binary(line)))) install(others);

  return [
    { line: running, node: process.execPath },
    ...others.map((line) => ({ line, node: binary(line) })),
  ];
}

/** @returns {string} the path of a Node for another machine, which something has to emulate */
function foreign(line, arch) {
  if (!fs.existsSync(binary(line, arch))) install([line], arch);
  return binary(line, arch);
}

module.exports = { nodes, foreign };

if (require.main === module) {
  for (const { node } of nodes()) console.log(node);
}
