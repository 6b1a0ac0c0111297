'use strict';

// node scripts/mocha-arm64.js [suites...]
//
// Runs the mocha suites on Node for arm64, with the addon that goes into the package for it, under qemu's
// user mode. It leaves out the files that start programs, as qemu has no hand in those, and takes an hour:
// name some. Linux; on Debian it needs qemu-user-static, gcc-aarch64-linux-gnu and libstdc++6-arm64-cross.

const fs = require('node:fs');
const path = require('node:path');

const { build, buildFor, BuildError, orExplain } = require('./build');
const { foreign } = require('./nodes');
const { root } = require('./sources');
const { runMocha, testFiles, total } = require('./steps');

const LINE = 24;
const binary = path.join(root, 'build', 'arm64', 'ringport.node');
const named = process.argv.slice(2);

const startsPrograms = (file) => /execPath|spawn\(|fork\(|support\/play/.test(fs.readFileSync(path.join(root, file), 'utf8'));

async function main() {
  orExplain(() => {
    build();
    if (!buildFor('arm64', binary)) throw new BuildError('there is no cross compiler for arm64 here.');
  });

  const node = ['qemu-aarch64-static', '-L', '/usr/aarch64-linux-gnu', foreign(LINE, 'arm64')];
  const suites = named.length > 0 ? named : testFiles(['test/js']).filter((file) => !startsPrograms(file));

  total([await runMocha('mocha on arm64', node, suites, { minutes: 20, env: { RINGPORT_BINARY: binary } })]);
}

main();
