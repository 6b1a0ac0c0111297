'use strict';

// node scripts/prepare.js script.js [arguments...]
//
// Prepares a clone and then runs the script: installs the development packages, and
// builds dist/ and the addon. Requires only Node.

const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const { root } = require('./sources');
const { build, BuildError, makeDist, orExplain, requireToolchain, stale } = require('./build');

/** npm writes this file at the end of an install, so its age is that of the install. */
const installed = path.join(root, 'node_modules', '.package-lock.json');

function packagesStale() {
  if (!fs.existsSync(installed)) return true;
  // A link to another checkout's: npm ci would empty that one.
  if (fs.lstatSync(path.join(root, 'node_modules')).isSymbolicLink()) return false;

  return fs.statSync(path.join(root, 'package-lock.json')).mtimeMs > fs.statSync(installed).mtimeMs;
}

/** Run npm: the one that started this process, else the one on the PATH. */
function npm(args) {
  const own = process.env.npm_execpath;
  const [command, words] = own ? [process.execPath, [own, ...args]] : ['npm', args];

  // On Windows, npm is a shell script.
  const shell = !own && process.platform === 'win32';

  return spawnSync(command, words, { cwd: root, stdio: 'inherit', shell });
}

function prepare() {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    throw new BuildError(`ringport needs Node 20 or newer; this is ${process.version}.`);
  }

  const buildNeeded = stale('release');

  // Check first, so that nobody waits for an install only to miss a compiler.
  if (buildNeeded) requireToolchain();

  if (packagesStale()) {
    console.error('Installing the development packages (npm ci) ...');
    // The addon is built below, and none of our packages needs its install script.
    if (npm(['ci', '--ignore-scripts', '--no-fund', '--no-audit']).status !== 0) {
      throw new BuildError('npm ci failed; see its output above.');
    }
  }

  makeDist();
  if (buildNeeded) {
    console.error('Building the addon ...');
    build({ quiet: true });
  }
}

orExplain(prepare);

const [script, ...args] = process.argv.slice(2);

if (script) {
  const file = path.resolve(root, script);
  const child = spawnSync(process.execPath, [file, ...args], { stdio: 'inherit' });

  process.exitCode = child.status ?? 1;
}
