'use strict';

// node scripts/nodes.js
//
// Prints the path of a Node binary for each release line that ringport is tested on, the
// running one first. Downloads the others into .cache/, from npm's node-<platform>-<arch>
// packages.

const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const { root } = require('./sources');

/** The lines to test, by their major versions. */
const lines = [20, 22, 24, 26];

const running = Number(process.versions.node.split('.')[0]);

const { arch: ownArch, platform: ownPlatform } = process;
/** The package names call Windows `win`. */
const system = (platform) => (platform === 'win32' ? 'win' : platform);
const isOwn = (arch, platform) => arch === ownArch && platform === ownPlatform;

/** The folder of the binaries for a platform. */
function cacheOf(arch, platform) {
  const suffix = isOwn(arch, platform) ? '' : platform === ownPlatform ? `-${arch}` : `-${system(platform)}-${arch}`;

  return path.join(root, '.cache', `nodes${suffix}`);
}

function binary(line, arch = ownArch, platform = ownPlatform) {
  const exe = platform === 'win32' ? 'node.exe' : 'node';

  return path.join(cacheOf(arch, platform), 'node_modules', `node-${line}`, 'bin', exe);
}

/**
 * Install npm packages under .cache/, without running their scripts.
 * @param {string} cache a folder for these only, because npm removes all others there
 * @param {string[]} packages such as `alias@npm:name@version`
 * @param {string[]} [flags] additional flags for npm
 */
function install(cache, packages, flags = []) {
  const args = [
    'install', '--prefix', cache, '--no-save', '--no-package-lock', '--no-bin-links',
    '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...flags, ...packages,
  ];

  fs.mkdirSync(cache, { recursive: true });

  const { status, error } = spawnSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] });

  if (status !== 0) {
    throw new Error(`npm cannot install ${packages.join(', ')}: ${error ?? `exit code ${status}`}`);
  }
}

function installNodes(wanted, arch = ownArch, platform = ownPlatform) {
  const name = `node-${system(platform)}-${arch}`;
  const packages = wanted.map((line) => `node-${line}@npm:${name}@${line}`);

  // --force, because npm refuses packages for another platform.
  install(cacheOf(arch, platform), packages, isOwn(arch, platform) ? [] : ['--force']);
}

/** @returns {{line: number, node: string}[]} the running Node, then the other lines */
function nodes() {
  const others = lines.filter((line) => line !== running);

  if (others.some((line) => !fs.existsSync(binary(line)))) installNodes(others);

  return [
    { line: running, node: process.execPath },
    ...others.map((line) => ({ line, node: binary(line) })),
  ];
}

/** @returns {string} the path of a Node for another platform, to run in an emulator */
function foreign(line, arch, platform = ownPlatform) {
  if (!fs.existsSync(binary(line, arch, platform))) {
    // Ask for the others again, because npm removes packages that it was not asked for.
    const there = lines.filter((each) => fs.existsSync(binary(each, arch, platform)));

    installNodes([...there, line], arch, platform);
  }
  return binary(line, arch, platform);
}

module.exports = { nodes, foreign, install };

if (require.main === module) {
  for (const { node } of nodes()) console.log(node);
}
