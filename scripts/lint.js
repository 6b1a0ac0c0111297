'use strict';

// node scripts/lint.js [--fix]
//
// Runs all static checks. JavaScript: eslint, dependency-cruiser (no import circles in
// lib/) and tsc. C: clang-format, clang-tidy, cppcheck, clang's warnings, include
// circles. Both: the length of files and of comment lines. A tool that is not installed
// counts as a failure.
// --fix lets clang-format and eslint fix what they can.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFile } = require('node:child_process');

const sources = require('./sources');
const { table } = require('./targets');
const toolchain = require('./toolchain');

const { root } = sources;
const inModules = (file) => path.join(root, 'node_modules', file);

const addon = [...sources.core(), ...sources.node()];
const formatted = ['src', 'test/c', 'test/model', 'test/fuzz', 'test/faults', 'bench/c']
  .flatMap((dir) => [...sources.list(dir, '.c'), ...sources.list(dir, '.h')]);
// -isystem, because we cannot fix Node's headers.
const flags = [
  '-std=c11', '-D_GNU_SOURCE', '-DNAPI_VERSION=9', '-Isrc', '-isystem', toolchain.includeDir() ?? '',
];

const fix = process.argv.includes('--fix');

const checks = {
  'eslint': [process.execPath, inModules('eslint/bin/eslint.js'), '.', ...(fix ? ['--fix'] : [])],
  'import circles': [
    process.execPath, inModules('dependency-cruiser/bin/dependency-cruise.mjs'),
    '--config', '.dependency-cruiser.cjs', 'lib',
  ],
  'commands in the docs': [process.execPath, path.join(__dirname, 'lint-docs.js')],
  'links in the docs': [process.execPath, path.join(__dirname, 'lint-links.js')],
  'error codes': [process.execPath, path.join(__dirname, 'lint-errors.js')],
  'figures of README.md': [process.execPath, path.join(root, 'bench/js/figures.js'), '--check'],
  'package, workflows': [process.execPath, path.join(__dirname, 'lint-package.js')],
  'tsc': [process.execPath, inModules('typescript-7/bin/tsc'), '-p', 'test/types'],
  'clang-format': ['clang-format', ...(fix ? ['-i'] : ['--dry-run', '-Werror']), ...formatted],
  'clang-tidy': ['clang-tidy', '--quiet', ...addon, '--', ...flags],
  'cppcheck': [
    'cppcheck', '--quiet', '--error-exitcode=1', '--std=c11', '--inline-suppr',
    '--enable=warning,performance,portability', '-D_GNU_SOURCE', '-DNAPI_VERSION=9',
    '-Isrc', ...addon,
  ],
  'clang warnings': [
    'clang', '-fsyntax-only', '-Wall', '-Wextra', '-Wconversion', '-Wshadow', '-Werror',
    // The status of a Node-API function must be checked, or ignored by (void).
    '-DNAPI_EXTERN=__attribute__((warn_unused_result))',
    ...flags, ...addon,
  ],
};

/** @returns {Promise<string>} the problems; empty if none */
function check([command, ...args]) {
  return new Promise((resolve) => {
    execFile(command, args, { cwd: root, maxBuffer: Infinity }, (error, stdout, stderr) => {
      if (!error) resolve('');
      else if (error.code === 'ENOENT') resolve(`${command} is not installed\n`);
      else resolve(stdout + stderr || `${error.message}\n`);
    });
  });
}

/** Run all checks, as many at a time as there are cores; report each as it ends. */
async function checkAll() {
  const left = Object.entries(checks);
  const lane = async () => {
    for (let next; (next = left.shift()) !== undefined;) report(next[0], await check(next[1]));
  };

  await Promise.all(Array.from({ length: os.availableParallelism() }, lane));
}

/** The lock file must not name a registry, so that it works with any. */
function lockFile() {
  const text = fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8');

  return text.includes('"resolved"') ? 'package-lock.json names the addresses of a registry\n' : '';
}

/** The README's table of targets must be that of targets.js. --fix replaces it. */
function readmeTable() {
  const file = path.join(root, 'README.md');
  const text = fs.readFileSync(file, 'utf8');
  const now = text.replace(/\| binary for \|(.*\n)+?(?=\n)/, table);

  if (fix) fs.writeFileSync(file, now);
  if (!text.includes('| binary for |')) return 'README.md has no table of targets\n';
  return fix || now === text ? '' : 'README.md has another table of targets than scripts/targets.js\n';
}

/** Maximum number of lines of a file in lib/ or src/. */
const LINES = 400;

/** Longer files must be split by subject. */
function longFiles() {
  const listed = (folder) => fs.readdirSync(path.join(root, folder), { recursive: true })
    .filter((name) => /\.([ch]|m?js)$/.test(name)).map((name) => path.join(folder, name));

  return ['lib', 'src'].flatMap(listed).map((file) => {
    const lines = fs.readFileSync(path.join(root, file), 'utf8').split('\n').length - 1;

    return lines > LINES ? `${file} has ${lines} lines, more than ${LINES}\n` : '';
  }).join('');
}

/** Maximum columns of a comment in C. eslint checks JavaScript, clang-format C code. */
const COLUMNS = 90;

/** @returns {string} the comment lines in C that are too long, except rows of a table */
function longComments() {
  const files = ['src', 'test/c', 'test/model', 'test/fuzz', 'test/faults', 'bench/c']
    .flatMap((dir) => ['.c', '.h'].flatMap((extension) => sources.list(dir, extension)));
  const isTable = (line) => /^ *\* {3,}/.test(line) || /^ *\/?\* .*\S {2,}\S/.test(line);
  const isLong = (line) => line.length > COLUMNS && /^ *\/?\*/.test(line) && !isTable(line);
  const of = (file) => fs.readFileSync(path.join(root, file), 'utf8').split('\n')
    .map((line, i) => (isLong(line) ? `${file}:${i + 1} has ${line.length} columns\n` : '')).join('');

  return files.map(of).join('');
}

/**
 * A module is a header and the .c file of the same name; it includes what either
 * includes.
 * @returns {string} the include circles among the modules of src/
 */
function includeCircles() {
  const moduleOf = (file) => file.replace(/^src\//, '').replace(/\.[ch]$/, '');
  const includes = new Map();

  for (const file of ['.c', '.h'].flatMap((ext) => sources.list('src', ext))) {
    const text = fs.readFileSync(path.join(root, file), 'utf8');
    const name = moduleOf(file);
    const found = [...text.matchAll(/^#include "([^"]+)"/gm)].map((match) => moduleOf(match[1]));

    includes.set(name, [...includes.get(name) ?? [], ...found.filter((other) => other !== name)]);
  }

  const circles = [];
  const done = new Set();
  const walk = (name, way) => {
    if (way.includes(name)) circles.push([...way.slice(way.indexOf(name)), name].join(' -> '));
    if (way.includes(name) || done.has(name)) return;
    for (const other of includes.get(name) ?? []) walk(other, [...way, name]);
    done.add(name);
  };

  for (const name of includes.keys()) walk(name, []);
  return circles.map((circle) => `${circle}\n`).join('');
}

let failed = 0;
let passed = 0;

function report(name, problem) {
  if (problem) failed++;
  else passed++;
  console.log(`${problem ? 'FAIL' : 'ok  '} ${name}`);
  process.stdout.write(problem);
}

report('lock file', lockFile());
report('table of targets', readmeTable());
report('length of files', longFiles());
report('include circles', includeCircles());
report('comments in C', longComments());

checkAll().then(() => {
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
});
