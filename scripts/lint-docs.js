'use strict';

// node scripts/lint-docs.js
//
// Whether the commands that the documentation quotes can run on a fresh clone: npm scripts, files and options
// are there, and each package that a file of ours loads is a development dependency. Prints what is wrong.

const fs = require('node:fs');
const { builtinModules } = require('node:module');
const path = require('node:path');

const { root } = require('./sources');

const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
const packages = new Set([manifest.name, ...Object.keys(manifest.devDependencies)]);

const FOLDERS = ['scripts', 'bench', 'test', 'demo'];
/** Files that stand for the reader's. */
const THEIRS = new Set(['app.js']);
const OURS = /^(?:test|bench|scripts|lib|src|docs|demo)\/[\w./-]+$/;
const PROGRAMS = /^(?:node|npm|npx|bash)$/;

const exists = (file) => fs.existsSync(path.join(root, file));

/** @returns {string[]} the files of ours below a folder */
function files(folder) {
  return fs.readdirSync(path.join(root, folder), { recursive: true })
    .filter((name) => /\.[cm]?js$/.test(name) && !name.includes('node_modules'))
    .map((name) => path.posix.join(folder, name.split(path.sep).join('/')));
}

/** @returns {string[]} what a file loads, as it says it */
function loads(file) {
  const text = fs.readFileSync(path.join(root, file), 'utf8').replace(/^\s*(\/\/|\/?\*).*$/gm, '');
  const pattern = /\b(?:require(?:\.resolve)?\(|import\(|from |^import )\s*'([^'\s]+)'/gm;

  return [...text.matchAll(pattern)].map(([, name]) => name);
}

/** @returns {string | undefined} the file that a file loads by a relative name */
function resolve(from, name) {
  const base = path.posix.join(path.posix.dirname(from), name);

  return [base, `${base}.js`, `${base}/index.js`].find((each) =>
    exists(each) && fs.statSync(path.join(root, each)).isFile());
}

/** @returns {string} the text of a script and of all that it loads of ours */
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

/** @returns {string} what is wrong with the arguments of a script of ours */
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
 * @returns {string} what is wrong; empty: nothing
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

/** @returns {string} a line for each package that is loaded and is no dependency */
function missingPackages() {
  const isPackage = (name) =>
    /^[a-z@]/.test(name) && !name.startsWith('node:') && !builtinModules.includes(name);
  const missing = (file) => [...new Set(loads(file))].filter(isPackage)
    .map((name) => name.split('/').slice(0, name.startsWith('@') ? 2 : 1).join('/'))
    .filter((name) => !packages.has(name))
    .map((name) => `${file} loads ${name}, which is no development dependency\n`);

  return FOLDERS.flatMap(files).flatMap(missing).join('');
}

module.exports = { commandsOf, problemOf };

if (require.main === module) {
  let problems = missingPackages();
  let count = 0;

  for (const page of pages()) {
    const text = fs.readFileSync(path.join(root, page), 'utf8');

    for (const command of commandsOf(text)) {
      const problem = problemOf(command);

      count++;
      if (problem !== '') problems += `${page}: ${command}: ${problem}\n`;
    }
  }
  // Less than that, and it is this script that does not find them.
  if (count < 50) problems += `there are only ${count} commands in the documentation\n`;
  process.stdout.write(problems);
  if (process.argv.includes('--verbose')) console.log(`${count} commands`);
  process.exitCode = problems === '' ? 0 : 1;
}
