'use strict';

// node scripts/types-matrix.js
//
// Compiles the samples of test/types against the types of every Node line, by each
// TypeScript that is a development package. Needs the registry: the types of the other
// lines are no development packages.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const { install } = require('./nodes');
const { root } = require('./sources');

const LINES = [20, 22, 24, 25, 26];
const COMPILERS = ['typescript', 'typescript-7'];

const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-types-')));

/** @returns {string} what Node says if it fails; empty: it does not */
function failure(args) {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });

  return status === 0 ? '' : `${stdout}${stderr}${error?.message ?? ''}`;
}

let passed = 0;
let failed = 0;

function report(name, problem) {
  if (problem === '') passed++;
  else failed++;
  console.log(`${problem === '' ? 'ok  ' : 'FAIL'} ${name}`);
  if (problem !== '') console.log(problem);
}

try {
  // The package, within which 'ringport' is the package itself.
  for (const name of ['package.json', 'lib', 'test/types']) {
    fs.cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  }
  for (const line of LINES) {
    const modules = path.join(folder, 'node_modules');
    const aside = path.join(folder, `node-${line}`);

    try {
      install(aside, [`@types/node@${line}`]);
    } catch ({ message }) {
      report(`@types/node ${line}`, message);
      continue;
    }
    fs.rmSync(modules, { recursive: true, force: true });
    fs.renameSync(path.join(aside, 'node_modules'), modules);

    const { version } = JSON.parse(fs.readFileSync(path.join(modules, '@types/node/package.json'), 'utf8'));

    for (const compiler of COMPILERS) {
      const tsc = path.join(root, 'node_modules', compiler, 'bin', 'tsc');
      const { version: by } = require(path.join(root, 'node_modules', compiler, 'package.json'));

      report(`@types/node ${version}, TypeScript ${by}`, failure([tsc, '-p', 'test/types']));
    }
  }
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
