'use strict';

// Puts the addon, built for this machine, where lib/binding.js looks for a prebuilt one. It runs
// before the package is packed. One binary serves every Node from 20 on: it uses Node-API 9.

const fs = require('node:fs');
const path = require('node:path');

const { root } = require('./sources');
const { build, orExplain } = require('./build');

/** @returns {string} the names of node-gyp-build: runtime, ABI, and the C library on Linux */
function fileName() {
  if (process.platform !== 'linux') return 'node.napi.node';

  return `node.napi.${fs.existsSync('/etc/alpine-release') ? 'musl' : 'glibc'}.node`;
}

orExplain(() => {
  const binary = build({ quiet: true });
  const dir = path.join(root, 'prebuilds', `${process.platform}-${process.arch}`);

  fs.mkdirSync(dir, { recursive: true });
  fs.copyFileSync(binary, path.join(dir, fileName()));
});
