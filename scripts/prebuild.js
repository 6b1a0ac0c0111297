'use strict';

// Puts the addon, built for this machine, and for arm64 where Debian's cross compiler for it is
// installed, where lib/binding.js looks for a prebuilt one. It runs before the package is packed. One
// binary serves every Node from 20 on: it uses Node-API 9.

const fs = require('node:fs');
const path = require('node:path');

const { root } = require('./sources');
const { build, buildFor, orExplain } = require('./build');

/** @returns {string} the names of node-gyp-build: runtime, ABI, and the C library on Linux */
function fileName() {
  if (process.platform !== 'linux') return 'node.napi.node';

  return `node.napi.${fs.existsSync('/etc/alpine-release') ? 'musl' : 'glibc'}.node`;
}

/** @returns {string} where the prebuilt binary for an architecture goes */
const place = (arch) => path.join(root, 'prebuilds', `${process.platform}-${arch}`, fileName());

orExplain(() => {
  const binary = build({ quiet: true });

  fs.mkdirSync(path.dirname(place(process.arch)), { recursive: true });
  fs.copyFileSync(binary, place(process.arch));

  if (process.arch === 'arm64') return;
  fs.rmSync(place('arm64'), { force: true }); // it may be of older sources
  buildFor('arm64', place('arm64'));
});
