'use strict';

// binding.js - loads the native addon: the first that loads of build/Release (a local
// build), build/Debug and prebuilds/ (shipped, with node-gyp-build's names).
//
// It checks a few fixed names and calls dlopen once, without listing directories or
// resolving modules. Later threads open the same file. RINGPORT_BINARY names another
// file, for sanitizer builds and for bundles.
//
// This module checks the runtime before it opens the addon. If that or the loading fails,
// it throws, and index.js exports inactive.js instead.

const { process } = require('./loading/builtins');
const { checkRuntime, runtime } = require('./loading/runtime');
const fs = require('node:fs');
const path = require('node:path');
const { getEnvironmentData, setEnvironmentData } = require('node:worker_threads');

/* A bundler may turn this into an ES module, where __dirname is not defined, or a worker
 * may evaluate a bundle, where it is '.': native code must not be loaded from whatever
 * the current directory is. */
const hasFolder = typeof __dirname !== 'undefined' && path.isAbsolute(__dirname);
const folder = hasFolder ? __dirname
  : path.dirname([process.argv[1] ?? '', process.execPath].find(path.isAbsolute));

/** Key of environment data with the opened file, for later threads and entry.js. */
const KEY = `ringport in ${path.join(folder, '..')}${path.sep}`;

const platform = `${process.platform}-${process.arch}`;

/**
 * The C library's part in the names of prebuilt binaries, the likelier one first. Opening
 * the wrong binary fails.
 */
function libcs() {
  if (process.platform !== 'linux') return [''];
  return fs.existsSync('/etc/alpine-release') ? ['.musl', '.glibc'] : ['.glibc', '.musl'];
}

/** Marks paths so that tools that trace files (@vercel/nft, ncc) detect them. */
const here = (file) => file;

/** The same as in scripts/targets.js; a test compares them. */
const shipped = {
  'linux-x64.glibc': () => here(`${__dirname}/../prebuilds/linux-x64/node.napi.glibc.node`),
  'linux-arm64.glibc': () => here(`${__dirname}/../prebuilds/linux-arm64/node.napi.glibc.node`),
  'linux-x64.musl': () => here(`${__dirname}/../prebuilds/linux-x64/node.napi.musl.node`),
  'linux-arm64.musl': () => here(`${__dirname}/../prebuilds/linux-arm64/node.napi.musl.node`),
  'win32-x64': () => here(`${__dirname}/../prebuilds/win32-x64/node.napi.node`),
  'win32-arm64': () => here(`${__dirname}/../prebuilds/win32-arm64/node.napi.node`),
  'darwin-x64': () => here(`${__dirname}/../prebuilds/darwin-x64/node.napi.node`),
  'darwin-arm64': () => here(`${__dirname}/../prebuilds/darwin-arm64/node.napi.node`),
};
const inPackage = () => [
  here(`${__dirname}/../build/Release/ringport.node`),
  here(`${__dirname}/../build/Debug/ringport.node`),
  ...libcs().map((libc) => shipped[`${platform}${libc}`]?.() ??
    `${folder}/../prebuilds/${platform}/node.napi${libc}.node`),
];
/** Places beside a bundle, where its author may have copied the binary. */
const inBundle = () => [
  ...libcs().map((libc) => `${folder}/prebuilds/${platform}/node.napi${libc}.node`),
  `${folder}/ringport.node`,
];

function withCode(code, message, options) {
  return Object.assign(new Error(message, options), { code });
}

/**
 * @param {Error} [cause] the error of the first file that failed to load
 * @returns {Error} Node's ERR_DLOPEN_DISABLED, or ERR_RINGPORT_NO_BINARY
 */
function noBinary(cause) {
  if (cause?.code === 'ERR_DLOPEN_DISABLED') {
    return withCode(cause.code, process.permission === undefined
      ? 'ringport is a native addon, and --no-addons is in effect'
      : 'ringport is a native addon, and the permission model is in effect: allow it by --allow-addons',
    { cause });
  }

  const why = cause
    ? `its binary cannot be loaded (${cause.message})`
    : 'there is no binary for it';

  const isPackage = hasFolder && ['binding.js', 'first.js'].some((name) => fs.existsSync(path.join(folder, name)));

  return withCode('ERR_RINGPORT_NO_BINARY', isPackage
    ? `ringport does not support ${platform} with ${runtime()} yet: ${why}. ` +
      'To build one, install a C compiler, make and Python 3, and run: npx ringport-build'
    : `ringport has been bundled into a file in ${folder}, and ${why}. Exclude it from the bundle ` +
      "(as an external package), copy the package's folder prebuilds next to that file, or set the " +
      'environment variable RINGPORT_BINARY to the path of the binary',
  { cause });
}

function open(file) {
  const module = { exports: {} };

  process.dlopen(module, file);
  setEnvironmentData(KEY, file);
  return module.exports;
}

function load() {
  const known = getEnvironmentData(KEY);

  try {
    if (known !== undefined) return open(known);
  } catch {
    // Search as the first thread does.
  }
  checkRuntime();
  if (process.env.RINGPORT_BINARY) return open(path.resolve(process.env.RINGPORT_BINARY));

  let cause;

  for (const place of hasFolder ? [...inPackage(), ...inBundle()] : inBundle()) {
    const file = path.resolve(place);

    if (!fs.existsSync(file)) continue;

    try {
      return open(file);
    } catch (error) {
      // Try the next: a build copied from another machine must not hide a prebuilt
      // binary.
      cause ??= error;
    }
  }

  throw noBinary(cause);
}

module.exports = load();
