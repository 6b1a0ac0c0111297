'use strict';

// Finds the tools for a build: compiler, make, Python, node-gyp, Node's headers. Reports
// a missing one in one sentence, instead of fifty lines of node-gyp's output.

const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const windows = process.platform === 'win32';

/** @returns {boolean} whether `command --version` runs */
function runs(command) {
  // CC may contain several words ('ccache gcc'): the first is the program.
  const [program] = command.split(' ');

  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** @returns {string|undefined} the first of these commands that runs */
const first = (...commands) => commands.filter(Boolean).find(runs);

/** @returns {string|undefined} the C compiler: CC, else the system's default */
const compiler = () => (process.env.CC ? first(process.env.CC) : first('cc', 'gcc', 'clang'));

const python = () => first(
  process.env.npm_config_python, process.env.PYTHON, 'python3', 'python');

/**
 * @returns {string|undefined} a sentence that names the missing tools; undefined if none
 */
function missing() {
  if (windows) return undefined; // node-gyp finds Visual Studio itself

  const lacking = [
    compiler() ? '' : process.env.CC ? `the C compiler CC=${process.env.CC}` : 'a C compiler',
    first(process.env.MAKE, 'make', 'gmake') ? '' : 'make',
    python() ? '' : 'python3',
  ].filter(Boolean);

  if (lacking.length === 0) return undefined;

  const hint = process.platform === 'darwin'
    ? 'xcode-select --install' : 'on Debian or Ubuntu: apt-get install build-essential python3';

  return `ringport needs ${lacking.join(', ').replace(/, ([^,]*)$/, ' and $1')} to build its addon: ` +
    `install what is missing and try again (${hint}).`;
}

const isNodeDir = (dir) => fs.existsSync(path.join(dir, 'include', 'node', 'node_api.h'));

/**
 * The directory whose include/node contains Node's headers: the one that npm's
 * configuration names, or that of the running binary, as in distributions and official
 * archives.
 * @returns {string|undefined} undefined if node-gyp has to download them
 */
function nodeDir() {
  const candidates = [
    process.env.npm_config_nodedir,
    path.join(path.dirname(fs.realpathSync(process.execPath)), '..'),
    path.join(path.dirname(process.execPath), '..'),
  ];

  return candidates.filter(Boolean).find(isNodeDir);
}

/** @returns {string|undefined} the include directory, also if node-gyp downloaded it */
function includeDir() {
  const dir = nodeDir() ?? configuredNodeDir();

  return dir && path.join(dir, 'include', 'node');
}

function configuredNodeDir() {
  const config = path.join(__dirname, '..', 'build', 'config.gypi');
  const match = fs.existsSync(config)
    && /"nodedir": ("[^\n]*")/.exec(fs.readFileSync(config, 'utf8'));

  return match ? JSON.parse(match[1]) : undefined;
}

/**
 * @returns {string|undefined} node-gyp.js: ours, the one npm passes to scripts, or npm's
 */
function nodeGyp() {
  const home = path.dirname(fs.realpathSync(process.execPath));
  const inNpm = 'node_modules/npm/node_modules/node-gyp/bin/node-gyp.js';
  const candidates = [
    path.join(__dirname, '..', 'node_modules', 'node-gyp', 'bin', 'node-gyp.js'),
    process.env.npm_config_node_gyp,
    path.join(home, '..', 'lib', inNpm),
    path.join(home, inNpm),
  ];

  return candidates.filter(Boolean).find((file) => fs.existsSync(file));
}

module.exports = { compiler, missing, nodeDir, includeDir, nodeGyp, runs };
