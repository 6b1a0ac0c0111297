'use strict';

// Loads the native addon: the first of build/Release (a local build), build/Debug and prebuilds/
// (shipped in the package, named as node-gyp-build names them) that is there and can be loaded.
//
// The happy path is a look at a few fixed names and one dlopen: no directory is listed and no module is
// resolved. The threads to come open what has been found; see index.js. RINGPORT_BINARY names a file
// to load instead, for builds with a sanitizer.

const fs = require('node:fs');
const path = require('node:path');
const { setEnvironmentData } = require('node:worker_threads');

const root = path.join(__dirname, '..');
const platform = `${process.platform}-${process.arch}`;

/** The prebuilt binary for this machine: on Linux the C library is part of the name. */
function prebuilt() {
  if (process.platform !== 'linux') return `prebuilds/${platform}/node.napi.node`;

  const libc = fs.existsSync('/etc/alpine-release') ? 'musl' : 'glibc';

  return `prebuilds/${platform}/node.napi.${libc}.node`;
}

const places = [
  () => 'build/Release/ringport.node',
  () => 'build/Debug/ringport.node',
  prebuilt,
];

/** @throws {Error} ERR_RINGPORT_NO_BINARY; `cause` is what a file that is there failed with */
function noBinary(cause) {
  const why = cause
    ? `the binary that is there cannot be loaded (${cause.message})`
    : 'there is no binary for it';
  const error = new Error(
    `ringport does not run on ${platform} with Node ${process.version} yet: ${why}. ` +
    'To build one here, with a C compiler, make and Python 3 installed: npx ringport-build',
    { cause });

  error.code = 'ERR_RINGPORT_NO_BINARY';
  throw error;
}

function open(file) {
  const module = { exports: {} };

  process.dlopen(module, file);
  setEnvironmentData(`ringport in ${__dirname}`, file);
  return module.exports;
}

function load() {
  if (process.env.RINGPORT_BINARY) return open(path.resolve(process.env.RINGPORT_BINARY));

  let cause;

  for (const place of places) {
    const file = path.join(root, place());

    if (!fs.existsSync(file)) continue;

    try {
      return open(file);
    } catch (error) {
      // A build copied from another machine must not hide the prebuilt binary behind it.
      cause ??= error;
    }
  }

  return noBinary(cause);
}

module.exports = load();
