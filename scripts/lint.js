'use strict';

// node scripts/lint.js [--fix]
//
// Every check that runs nothing: eslint, dependency-cruiser (no import circles in lib/) and tsc on the JS
// side; clang-format, clang-tidy, cppcheck, clang's warnings and include circles on the C side; the length of
// files on both. A tool that is not installed is a failure, not a skip.
// --fix lets clang-format and eslint put right what they can.

const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const sources = require('./sources');
const { table } = require('./targets');
const toolchain = require('./toolchain');

const { root } = sources;
const inModules = (file) => path.join(root, 'node_modules', file);

const addon = [...sources.core(), ...sources.node()];
const formatted = ['src', 'test/c', 'test/model', 'test/fuzz', 'test/faults', 'bench/c']
  .flatMap((dir) => [...sources.list(dir, '.c'), ...sources.list(dir, '.h')]);
// Node's headers are the system's: what they do is not ours to mend.
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
    // The status of a Node-API function is checked, or visibly not: (void).
    '-DNAPI_EXTERN=__attribute__((warn_unused_result))',
    ...flags, ...addon,
  ],
};

/** @returns {string} what is wrong, nothing if all is well */
function check([command, ...args]) {
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });

  if (error) return error.code === 'ENOENT' ? `${command} is not installed\n` : `${error.message}\n`;

  return status === 0 ? '' : stdout + stderr;
}

/** The lock file must install from whatever registry its reader uses. */
function lockFile() {
  const text = fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8');

  return text.includes('"resolved"') ? 'package-lock.json names the addresses of a registry\n' : '';
}

/** The README's table of targets is that of targets.js; with --fix it becomes so. */
function readmeTable() {
  const file = path.join(root, 'README.md');
  const text = fs.readFileSync(file, 'utf8');
  const now = text.replace(/\| binary for \|(.*\n)+?(?=\n)/, table);

  if (fix) fs.writeFileSync(file, now);
  if (!text.includes('| binary for |')) return 'README.md has no table of targets\n';
  return fix || now === text ? '' : 'README.md has another table of targets than scripts/targets.js\n';
}

/** Lines of a file of lib/ or src/ at most. */
const LINES = 400;

/** What has to be split by its subjects, so that a stranger finds them. */
function longFiles() {
  const listed = (folder) => fs.readdirSync(path.join(root, folder), { recursive: true })
    .filter((name) => /\.([ch]|m?js)$/.test(name)).map((name) => path.join(folder, name));

  return ['lib', 'src'].flatMap(listed).map((file) => {
    const lines = fs.readFileSync(path.join(root, file), 'utf8').split('\n').length - 1;

    return lines > LINES ? `${file} has ${lines} lines, more than ${LINES}\n` : '';
  }).join('');
}

/** Columns of a line; eslint and clang-format see to code, and eslint to the comments of JavaScript. */
const COLUMNS = 90;

/** @returns {string} the lines of comments in C that are too long; rows of a table may be */
function longComments() {
  const files = ['src', 'test/c', 'test/model']
    .flatMap((dir) => ['.c', '.h'].flatMap((extension) => sources.list(dir, extension)));
  const isTable = (line) => /^ *\* {3,}/.test(line) || /^ *\/?\* .*\S {2,}\S/.test(line);
  const isLong = (line) => line.length > COLUMNS && /^ *\/?\*/.test(line) && !isTable(line);
  const of = (file) => fs.readFileSync(path.join(root, file), 'utf8').split('\n')
    .map((line, i) => (isLong(line) ? `${file}:${i + 1} has ${line.length} columns\n` : '')).join('');

  return files.map(of).join('');
}

/**
 * A module is a header with the .c file of that name, and includes what either of them does.
 * @returns {string} the circles among the modules of src/
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
for (const [name, command] of Object.entries(checks)) report(name, check(command));

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
