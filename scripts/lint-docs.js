'use strict';

// node scripts/lint-docs.js
//
// Checks that the commands in the documentation can run on a fresh clone: their npm
// scripts, files and options exist, and each package that one of our files loads is a
// development dependency. Also checks that the files that it names exist, that the map in
// ARCHITECTURE.md has all folders, and the form of the decision records. Prints the
// problems.

const fs = require('node:fs');
const { builtinModules } = require('node:module');
const path = require('node:path');

const { root } = require('./sources');

const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
const packages = new Set([manifest.name, ...Object.keys(manifest.devDependencies)]);

const FOLDERS = ['scripts', 'bench', 'test', 'demo', 'examples'];
/** Names that stand for a file of the reader's. */
const THEIRS = new Set(['app.js']);
/** Packages that test/online installs for examples. */
const INSTALLED = new Set(['autocannon', 'bullmq']);
const OURS = /^(?:test|bench|scripts|lib|src|docs|demo|examples)\/[\w./-]+$/;
const PROGRAMS = /^(?:node|npm|npx|bash)$/;

const exists = (file) => fs.existsSync(path.join(root, file));

/** @returns {string[]} our files below a folder */
function files(folder) {
  return fs.readdirSync(path.join(root, folder), { recursive: true })
    .filter((name) => /\.[cm]?js$/.test(name) && !name.includes('node_modules'))
    .map((name) => path.posix.join(folder, name.split(path.sep).join('/')));
}

/** @returns {string[]} the specifiers that a file requires or imports */
function loads(file) {
  const text = fs.readFileSync(path.join(root, file), 'utf8').replace(/^\s*(\/\/|\/?\*).*$/gm, '');
  const pattern = /\b(?:require(?:\.resolve)?\(|import\(|from |^import )\s*'([^'\s]+)'/gm;

  return [...text.matchAll(pattern)].map(([, name]) => name);
}

/** @returns {string | undefined} the file that a relative specifier resolves to */
function resolve(from, name) {
  const base = path.posix.join(path.posix.dirname(from), name);

  return [base, `${base}.js`, `${base}/index.js`].find((each) =>
    exists(each) && fs.statSync(path.join(root, each)).isFile());
}

/** @returns {string} the text of a script and of all our files that it loads */
function textOf(file, seen = new Set()) {
  if (seen.has(file)) return '';
  seen.add(file);

  const inner = loads(file).filter((name) => name.startsWith('.'))
    .map((name) => resolve(file, name)).filter(Boolean);
  const own = fs.readFileSync(path.join(root, file), 'utf8');

  return own + inner.map((each) => textOf(each, seen)).join('');
}

/** @returns {string[]} the commands in a page, without comments */
function commandsOf(page) {
  const all = (pattern) => [...page.matchAll(pattern)].map(([, text]) => text);
  const fenced = all(/^```(?:sh|bash|console)?\n([^]*?)^```/gm).flatMap((text) => text.split('\n'));

  return [...fenced, ...all(/^ {4}(\S.*)$/gm), ...all(/`([^`\n]+)`/g)]
    .map((text) => text.replace(/ # .*| {2,}#.*/, '').replace(/^\$ /, '').trim())
    .map((text) => text.replace(/^(?:[A-Z_]+=\S+ )+/, ''))
    .filter((text) => PROGRAMS.test(text.split(' ')[0]) && text.includes(' '));
}

const words = (command) => command.match(/"[^"]*"|'[^']*'|\S+/g)
  .map((word) => word.replace(/^["']|["']$/g, ''));

/**
 * @returns {string} the problem with the arguments of one of our scripts; empty if none
 */
function inArguments(script, args) {
  const text = textOf(script);

  for (const arg of args) {
    const [, option] = /^--([a-z-]+)/.exec(arg) ?? [];

    if (option && !text.includes(`--${option}`) && !new RegExp(`\\b${option}\\b`).test(text)) {
      return `${script} has no --${option}`;
    }
    if (OURS.test(arg) && !exists(arg)) return `there is no ${arg}`;
  }
  return '';
}

/**
 * @param {string} command
 * @returns {string} the problem; empty if none
 */
function problemOf(command) {
  const [program, ...args] = words(command);

  if (program === 'npx') {
    const name = args.find((arg) => !arg.startsWith('-'));

    const isThere = name in manifest.bin || exists(`node_modules/.bin/${name}`);

    return isThere ? '' : `there is no program ${name}`;
  }
  if (program === 'npm') {
    const [verb, name] = args;
    const script = verb === 'run' ? name : ['test', 'start'].includes(verb) ? verb : undefined;

    if (script === undefined) return '';
    if (!(script in manifest.scripts)) return `there is no npm script ${script}`;

    const [last] = manifest.scripts[script].split(' ').filter((word) => /\.js$/.test(word)).slice(-1);
    const rest = args.includes('--') ? args.slice(args.indexOf('--') + 1) : [];

    return last && !last.startsWith('node_modules') ? inArguments(last, rest) : '';
  }

  const at = args.findIndex((arg) =>
    /\.[cm]?js$|\//.test(arg) && !arg.startsWith('-') && !arg.startsWith(manifest.name));

  if (at < 0 || THEIRS.has(args[at]) || args[at].startsWith('node_modules/')) return '';
  if (!exists(args[at])) return `there is no ${args[at]}`;
  return program === 'node' ? inArguments(args[at], args.slice(at + 1)) : '';
}

/** @returns {string[]} the pages of the documentation */
function pages() {
  const below = fs.readdirSync(path.join(root, 'docs'), { recursive: true })
    .filter((name) => name.endsWith('.md')).map((name) => path.join('docs', name));

  return ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'bench/README.md', ...below];
}

/** @returns {string} a line for each package that is loaded but not a dependency */
function missingPackages() {
  const isPackage = (name) =>
    /^[a-z@]/.test(name) && !name.startsWith('node:') && !builtinModules.includes(name);
  const missing = (file) => [...new Set(loads(file))].filter(isPackage)
    .map((name) => name.split('/').slice(0, name.startsWith('@') ? 2 : 1).join('/'))
    .filter((name) => !packages.has(name) && !INSTALLED.has(name))
    .map((name) => `${file} loads ${name}, which is no development dependency\n`);

  return FOLDERS.flatMap(files).flatMap(missing).join('');
}

/** The names of our files and folders in a page: `lib/ports/port.js`, `src/core/port`. */
const NAMED = /`((?:lib|src|scripts|test|bench)(?:\/[\w.*-]+)+)`/g;

/**
 * @returns {string} the files and folders that the documentation names but that do not
 *   exist
 */
function missingFiles() {
  const isThere = (name) => {
    if (!name.includes('*')) return exists(name);

    const [start, end] = path.posix.basename(name).split('*');

    return fs.readdirSync(path.join(root, path.posix.dirname(name)))
      .some((file) => file.startsWith(start) && file.endsWith(end));
  };

  return pages().map((page) => {
    const text = fs.readFileSync(path.join(root, page), 'utf8');
    const missing = [...text.matchAll(NAMED)].map(([, name]) => name)
      .filter((name) => !isThere(name));

    return missing.map((name) => `${page}: there is no ${name}\n`).join('');
  }).join('');
}

/** @returns {string} the folders of sources that the map in ARCHITECTURE.md lacks */
function missingFolders() {
  const file = path.join(root, 'docs/ARCHITECTURE.md');
  const map = fs.readFileSync(file, 'utf8').split('\n## ')
    .find((part) => part.startsWith('Folders'));
  const below = (folder) => fs.readdirSync(path.join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory()).map(({ name }) => `${folder}/${name}`);

  return [...below('src'), ...below('src/core'), ...below('lib')]
    .filter((folder) => !map.includes(`\`${folder}\``))
    .map((folder) => `docs/ARCHITECTURE.md: the map lacks ${folder}\n`).join('');
}

/** The form of a decision record. */
const RECORD = new RegExp(
  '^# (.+)\n\n- Date: (\\d{4}-\\d\\d-\\d\\d)(?:, .+)?\n- Status: .+\n\n' +
  '## Context\n[^]+\n## Decision\n[^]+\n## Consequences\n[^]+$');

/** @returns {string} what is wrong with the decision records and their index */
function badRecords() {
  const folder = path.join(root, 'docs/decisions');
  const index = fs.readFileSync(path.join(folder, 'README.md'), 'utf8');

  return fs.readdirSync(folder).filter((name) => name !== 'README.md').map((name) => {
    const record = RECORD.exec(fs.readFileSync(path.join(folder, name), 'utf8'));

    if (record === null) return `docs/decisions/${name} is not in the form of a record\n`;

    const row = `| ${record[2]} | [${record[1]}](${name}) |`;

    return index.includes(row) ? '' : `docs/decisions/README.md lacks the row ${row}\n`;
  }).join('');
}

module.exports = { commandsOf, problemOf };

if (require.main === module) {
  let problems = missingPackages() + missingFiles() + missingFolders() + badRecords();
  let count = 0;

  for (const page of pages()) {
    const text = fs.readFileSync(path.join(root, page), 'utf8');

    for (const command of commandsOf(text)) {
      const problem = problemOf(command);

      count++;
      if (problem !== '') problems += `${page}: ${command}: ${problem}\n`;
    }
  }
  // With fewer than that, this script does not find them.
  if (count < 50) problems += `there are only ${count} commands in the documentation\n`;
  process.stdout.write(problems);
  if (process.argv.includes('--verbose')) console.log(`${count} commands`);
  process.exitCode = problems === '' ? 0 : 1;
}
