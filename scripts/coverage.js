'use strict';

// node scripts/coverage.js [--c] [--list] [suites...]
//
// npm run coverage: prints a table of the lines and branches covered: of the core by the
// C tests, of all C by these and the mocha suites, and of the JavaScript by the mocha
// suites. Requires gcc and gcov.
//   --c      run the C tests only
//   --list   also print each line and branch of the core that no C test covers
// Does not count the branches of assert(). Exits with 1 if the lines of the core are
// below 95%, or if a C test fails. Failures of mocha are ignored, because a few tests
// measure time, or read output that the counters change.

const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { parseArgs } = require('node:util');

const { IGNORES_BINARY, build, orExplain } = require('./build');
const { root } = require('./sources');

/** Required coverage of the lines of src/core, in percent. */
const WANTED = 95;
const C_TESTS = 'build/c/gcc-coverage';
const ADDON = 'build/coverage';
const JS = 'build/coverage/js';

function inDirectory(dir, extension) {
  const full = path.join(root, dir);

  return fs.existsSync(full) ? fs.readdirSync(full).filter((name) => name.endsWith(extension)) : [];
}

/** Delete the counts of earlier runs, to which gcov would add. */
function forget(dir) {
  for (const name of inDirectory(dir, '.gcda')) fs.rmSync(path.join(root, dir, name));
}

function run(command, args, env = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root, env: { ...process.env, ...env }, stdio: 'inherit',
  });

  if (error) throw error;
  return status === 0;
}

const sourceLines = new Map();

function sourceLine(file, number) {
  if (!sourceLines.has(file)) {
    sourceLines.set(file, fs.readFileSync(path.join(root, file), 'utf8').split('\n'));
  }
  return sourceLines.get(file)[number - 1];
}

/**
 * Add gcov's counts for all objects in a directory to `files`: for each file and line,
 * how often it has run, and how often each of its branches was taken. Inline functions
 * are in several objects.
 */
function readGcov(dir, files) {
  for (const name of inDirectory(dir, '.gcda')) {
    const { stdout, status } = spawnSync('gcov', ['--json-format', '--stdout', '--branch-probabilities', name], {
      cwd: path.join(root, dir), encoding: 'utf8', maxBuffer: 1 << 28,
    });

    if (status !== 0) throw new Error(`gcov cannot read ${dir}/${name}`);
    for (const { file, lines } of JSON.parse(stdout).files) {
      const relative = path.relative(root, path.resolve(root, file));

      if (!relative.startsWith('src')) continue;
      if (!files.has(relative)) files.set(relative, new Map());
      for (const { line_number: number, count, branches } of lines) {
        const asserts = sourceLine(relative, number).trim().startsWith('assert(');

        addLine(files.get(relative), number, count, asserts ? [] : branches);
      }
    }
  }
  return files;
}

function addLine(file, number, count, branches) {
  const line = file.get(number) ?? { count: 0, branches: [] };

  line.count += count;
  branches.forEach((branch, i) => { line.branches[i] = (line.branches[i] ?? 0) + branch.count; });
  file.set(number, line);
}

/**
 * @returns {{lines: number[], branches: number[]}} the numbers covered, and in all, of
 *   the files in `dir`
 */
function summarize(files, dir) {
  const sum = { lines: [0, 0], branches: [0, 0] };
  const add = (pair, covered) => {
    pair[0] += covered ? 1 : 0;
    pair[1]++;
  };

  for (const [file, lines] of files) {
    if (!file.startsWith(dir)) continue;
    for (const { count, branches } of lines.values()) {
      add(sum.lines, count > 0);
      for (const taken of branches) add(sum.branches, taken > 0);
    }
  }
  return sum;
}

function list(files) {
  for (const [file, lines] of [...files].sort()) {
    if (!file.startsWith('src/core')) continue;
    for (const [number, { count, branches }] of [...lines].sort(([a], [b]) => a - b)) {
      const missed = branches.filter((taken) => taken === 0).length;
      const what = count === 0 ? 'not run' : `${missed} of ${branches.length} branches not taken`;

      if (count > 0 && missed === 0) continue;
      console.log(`${file}:${number}: ${what}: ${sourceLine(file, number).trim()}`);
    }
  }
}

const percent = ([covered, all]) => (100 * covered / Math.max(1, all));
const cell = (pair) => `${percent(pair).toFixed(1)}% (${pair[0]}/${pair[1]})`.padStart(20);

function print(rows) {
  console.log(`\n${''.padEnd(40)}${'lines'.padStart(20)}${'branches'.padStart(20)}`);
  for (const [name, { lines, branches }] of rows) {
    console.log(name.padEnd(40) + cell(lines) + cell(branches));
  }
}

/** Run mocha, counting both C and JavaScript. */
function runMocha(suites) {
  const binary = orExplain(() => build({ variant: 'coverage', quiet: true }));
  const chosen = suites.length > 0 ? suites : ['test/js'];

  forget(ADDON);
  run(process.execPath, [
    'node_modules/c8/bin/c8.js', '--include', 'lib', '--all', '--reports-dir', JS,
    '--reporter', 'json-summary', '--reporter', 'html', '--temp-directory', `${JS}/tmp`,
    process.execPath, 'node_modules/mocha/bin/mocha.js', '--reporter', 'dot', '--timeout', '120000',
    '--exclude', IGNORES_BINARY, ...chosen,
  ], { RINGPORT_BINARY: binary });
}

function main(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { c: { type: 'boolean', default: false }, list: { type: 'boolean', default: false } },
  });

  forget(C_TESTS);

  const ok = run(process.execPath, [
    'scripts/ctest.js', '--cc', 'gcc', '--sanitize', 'coverage', '--timeout', '300']);
  const files = readGcov(C_TESTS, new Map());
  const core = summarize(files, 'src/core');
  const rows = [['src/core, by the C tests', core]];

  if (values.list) list(files);
  if (!values.c) {
    runMocha(positionals);
    readGcov(ADDON, files);

    const { total } = JSON.parse(fs.readFileSync(path.join(root, JS, 'coverage-summary.json'), 'utf8'));
    const pair = ({ covered, total: all }) => [covered, all];

    rows.push(
      ['src/core, by the C tests and mocha', summarize(files, 'src/core')],
      ['src/node, by mocha', summarize(files, 'src/node')],
      ['lib, by mocha', { lines: pair(total.lines), branches: pair(total.branches) }]);
  }
  print(rows);
  if (percent(core.lines) < WANTED) console.log(`the lines of the core are below ${WANTED}%`);
  process.exitCode = ok && percent(core.lines) >= WANTED ? 0 : 1;
}

main(process.argv.slice(2));
