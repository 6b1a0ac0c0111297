'use strict';

// node scripts/prebuild.js [--all] [--install] [--complete] [targets...]
//
// Builds the prebuilt binaries of the package (scripts/targets.js). One binary works with
// every Node from 20 on, because it uses Node-API 9. npm runs this before it packs.
//   (default)   build for this machine; keep others that were built from the same sources
//   targets     build only these
//   --all       build all targets whose compiler is installed
//   --install   install the cross compilers first; on Debian x64, as root
//   --complete  fail if a target is missing in the end; required for publishing

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { build, BuildError, orExplain } = require('./build');
const { buildFor, canBuild, installCompilers } = require('./cross');
const { root } = require('./sources');
const { native, problem, problems, stamp, targets } = require('./targets');

const own = native();
const isPossible = (target) => target === own || canBuild(target.name);

/** Build a target, unless its binary is up to date. @throws {BuildError} */
function make(target) {
  const file = path.join(root, target.file);

  if (problem(target) === '') return;
  if (!isPossible(target)) throw new BuildError(`there is no compiler for ${target.name} here.`);
  if (target === own) {
    const binary = build({ quiet: true });

    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.copyFileSync(binary, file);
  } else {
    console.error(`Building for ${target.name} ...`);
    buildFor(target.name, file);
  }
  stamp(target);

  const wrong = problem(target);

  if (wrong !== '') throw new BuildError(`the binary for ${target.name} is ${wrong}.`);
}

function chosen(names, all) {
  if (all) return targets.filter(isPossible);
  if (names.length === 0) return own ? [own] : [];

  return names.map((name) => targets.find((target) => target.name === name) ?? unknown(name));
}

function unknown(name) {
  throw new BuildError(`there is no target '${name}', but ${targets.map((target) => target.name).join(', ')}.`);
}

function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { all: { type: 'boolean' }, install: { type: 'boolean' }, complete: { type: 'boolean' } },
  });

  if (values.install) installCompilers();
  // For dist/, which is packed, too, and for the headers that node-gyp may download.
  build({ quiet: true });
  for (const target of chosen(positionals, values.all)) make(target);

  const left = problems().filter((each) => each.problem !== '');

  // Binaries of other sources must not be packed.
  for (const { target } of left) fs.rmSync(path.join(root, target.file), { force: true });
  if (left.length === 0) return;

  const list = left.map(({ target, problem: what }) => `  ${target.name}: ${what}\n`).join('');

  if (values.complete) throw new BuildError(`The package is not complete:\n${list}`.trimEnd());
  process.stderr.write(`The package has no binary for these targets:\n${list}`);
}

orExplain(main);
