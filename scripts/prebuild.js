'use strict';

// node scripts/prebuild.js [--all] [--install] [--complete] [targets...]
//
// Puts binaries where lib/binding.js looks for those that the package brings (scripts/targets.js). One
// serves every Node from 20 on: it uses Node-API 9. npm runs it before it packs.
//   (default)   that of this machine; others stay if they are of the same sources
//   targets     those, and no other
//   --all       all that there is a compiler for
//   --install   install the cross compilers first (Debian, x64, root)
//   --complete  fail if one is missing afterwards: nothing less is published

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { build, BuildError, orExplain } = require('./build');
const { buildFor, canBuild, installCompilers } = require('./cross');
const { root } = require('./sources');
const { native, problem, problems, stamp, targets } = require('./targets');

const own = native();
const isPossible = (target) => target === own || canBuild(target.name);

/** Build one, unless it is there. @throws {BuildError} */
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
  // dist/ is packed, too, and a cross compiler needs the headers that node-gyp may have to fetch.
  build({ quiet: true });
  for (const target of chosen(positionals, values.all)) make(target);

  const left = problems().filter((each) => each.problem !== '');

  // What is of other sources must not be packed.
  for (const { target } of left) fs.rmSync(path.join(root, target.file), { force: true });
  if (left.length === 0) return;

  const list = left.map(({ target, problem: what }) => `  ${target.name}: ${what}\n`).join('');

  if (values.complete) throw new BuildError(`The package is not complete:\n${list}`.trimEnd());
  process.stderr.write(`The package has no binary for these targets:\n${list}`);
}

orExplain(main);
