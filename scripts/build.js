'use strict';

// node scripts/build.js [--debug | --asan | --tsan | --coverage | --faults]
//   [--force] [--werror]
//
// Builds dist/ from lib/ (bundle.js) and the addon from src/, if a source is newer. After
// a build by node-gyp, constants.js writes lib/constants.js.
//   (default)  build/Release/ringport.node     by node-gyp
//   --debug    build/Debug/ringport.node       by node-gyp
//   --asan     build/asan/ringport.node        by the compiler: AddressSanitizer, UBSan
//   --tsan     build/tsan/ringport.node        by the compiler: ThreadSanitizer
//   --coverage build/coverage/ringport.node    by the compiler: counts for gcov
//   --faults   build/faults/ringport.node      by the compiler, for test/faults: stops
//                                              threads at each rp_failpoint() and lets
//                                              allocations fail
// RINGPORT_BINARY=<path> makes lib/binding.js load another binary.

const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const { BuildError, orExplain } = require('./explain');
const sources = require('./sources');
const toolchain = require('./toolchain');

const { root } = sources;

const sanitizers = {
  asan: ['-fsanitize=address,undefined', '-fno-sanitize-recover=undefined'],
  tsan: ['-fsanitize=thread'],
};

/** The functions that test/faults/faults.c wraps. */
const wrapped = [
  'malloc', 'calloc', 'realloc', 'aligned_alloc', 'free', 'uv_async_init', 'napi_define_properties',
];

/** Compiler arguments for the variants that are not built by node-gyp. */
const direct = {
  ...sanitizers,
  coverage: ['-O0', '--coverage', '-fprofile-update=atomic'],
  faults: [
    '-DRP_FAILPOINTS', 'test/faults/faults.c', ...wrapped.map((name) => `-Wl,--wrap=${name}`),
  ],
};

/**
 * The test file whose threads get their own environment variables. They do not see
 * RINGPORT_BINARY, so they would load a second binary.
 */
const IGNORES_BINARY = 'test/js/register-threads.test.js';

/** @returns {string} absolute path of the variant's binary */
function target(variant) {
  const dir = { release: 'Release', debug: 'Debug' }[variant] ?? variant;

  return path.join(root, 'build', dir, 'ringport.node');
}

function mtime(file) {
  return fs.statSync(path.join(root, file)).mtimeMs;
}

/**
 * @returns {boolean} whether a source is newer than the binary, or the binary is missing
 */
function stale(variant) {
  const binary = target(variant);

  if (!fs.existsSync(binary)) return true;

  const extra = variant === 'faults' ? ['test/faults/faults.c'] : [];
  // Directories, too: deleting or renaming a source changes only them.
  const inputs = [
    'binding.gyp', ...sources.folders('src'),
    ...sources.core(), ...sources.node(), ...sources.headers(), ...extra,
  ];

  return inputs.some((file) => mtime(file) > fs.statSync(binary).mtimeMs);
}

function run(command, args, { quiet, env }) {
  const result = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });

  if (result.error) throw new BuildError(`cannot run ${command}: ${result.error.message}`);
  if (result.status === 0) return;

  if (quiet) process.stderr.write(result.stdout + result.stderr);
  throw new BuildError('the build of the ringport addon failed; see the compiler\'s output above.');
}

function buildWithNodeGyp(variant, options) {
  const gyp = toolchain.nodeGyp();

  if (!gyp) {
    throw new BuildError('ringport needs node-gyp to build its addon: it comes with npm, ' +
      'and there is none beside this node.');
  }

  const nodedir = toolchain.nodeDir();
  const args = ['--loglevel=error', variant === 'debug' ? '--debug' : '--release'];

  if (nodedir) args.push(`--nodedir=${nodedir}`);

  // By default, gyp links with the C++ compiler, which may be missing and would make the
  // addon depend on its library.
  const cc = toolchain.compiler();
  const env = cc && !process.env.LINK ? { CC: cc, LINK: cc } : {};

  const gypArgs = options.werror ? ['--', '-Dwerror=1'] : [];

  run(process.execPath, [gyp, 'configure', ...args, ...gypArgs], { ...options, env });
  run(process.execPath, [gyp, 'build', '--jobs=max', ...args], { ...options, env });
}

function buildDirectly(variant, options) {
  const flags = ['-UNDEBUG', '-g', '-O1', '-fno-omit-frame-pointer', ...direct[variant]];

  const include = toolchain.includeDir();
  const binary = target(variant);

  if (!include) {
    throw new BuildError('Node\'s headers are not here yet: build without --asan, --tsan or --faults first.');
  }

  fs.mkdirSync(path.dirname(binary), { recursive: true });
  run(toolchain.compiler(), [
    '-std=c11', '-D_GNU_SOURCE', '-DNAPI_VERSION=9', '-fPIC', '-shared', '-pthread',
    '-fvisibility=hidden', ...flags, '-Isrc', `-I${include}`,
    ...sources.core(), ...sources.node(), '-Wl,-z,nodelete', '-o', binary,
  ], options);
}

/** @throws {BuildError} which names the tool that is missing */
function requireToolchain() {
  const sentence = toolchain.missing();

  if (sentence) throw new BuildError(sentence);
}

/**
 * Build dist/ if lib/ is newer. An installed package contains dist/ but not bundle.js.
 * @throws {BuildError}
 */
function makeDist() {
  if (!fs.existsSync(path.join(__dirname, 'bundle.js'))) return;

  const { bundle, stale: outdated } = require('./bundle');

  if (outdated()) bundle();
}

/**
 * Write lib/constants.js by the addon that was built. An installed package contains
 * dist/ but not constants.js.
 * @throws {BuildError}
 */
function makeConstants() {
  const script = path.join(__dirname, 'constants.js');

  if (!fs.existsSync(script)) return;
  run(process.execPath, [script], { quiet: true, env: { RINGPORT_BINARY: target('release') } });
  makeDist();
}

/**
 * Build one variant of the addon, lib/constants.js if the lists in C have changed, and
 * dist/.
 * @param {object} [options]
 * @param {'release'|'debug'|'asan'|'tsan'|'coverage'|'faults'} [options.variant]
 * @param {boolean} [options.force] build even if the binary is newer than all sources
 * @param {boolean} [options.werror] warnings are errors
 * @param {boolean} [options.quiet] show the compiler's output only if the build fails
 * @returns {string} path of the binary
 * @throws {BuildError} with a message for the user
 */
function build({ variant = 'release', force = false, werror = false, quiet = false } = {}) {
  makeDist();
  if (!force && !stale(variant)) return target(variant);

  requireToolchain();

  if (variant in direct) buildDirectly(variant, { quiet });
  else buildWithNodeGyp(variant, { quiet, werror });

  // make does not touch a binary whose objects have not changed: mark it as up to date.
  const now = new Date();

  fs.utimesSync(target(variant), now, now);
  if (variant === 'release') makeConstants();
  return target(variant);
}

module.exports = {
  IGNORES_BINARY, BuildError, build, makeDist, orExplain, requireToolchain, stale, target,
};

if (require.main === module) {
  const flags = new Set(process.argv.slice(2));
  const variant = ['debug', 'asan', 'tsan', 'coverage', 'faults'].find((name) => flags.has(`--${name}`));

  orExplain(() => build({
    variant, force: flags.has('--force') || flags.has('--werror'), werror: flags.has('--werror'),
  }));
}
