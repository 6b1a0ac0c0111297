'use strict';

// node scripts/targets.js
//
// The platforms for which the package contains a binary. prebuild.js, the release check
// and the tests use this list. lint.js compares the README's table with it, and a test
// compares lib/binding.js, which spells out the file names for bundlers. Prints which
// binaries exist.

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const { problemOf } = require('./binary');
const sources = require('./sources');

const { root } = sources;

/** The binaries need no newer glibc than Node 20 does: 2.28, of Debian 10 and RHEL 8. */
const GLIBC = 28;

/**
 * @typedef {object} Target
 * @property {string} name
 * @property {string} platform as process.platform
 * @property {string} arch as process.arch
 * @property {'glibc'|'musl'} [libc]
 * @property {string} file in the package, named as node-gyp-build names it
 * @property {string} label for the README
 * @property {string} ran for the README: which tests have been run; empty if none
 * @property {string} built for the README: by which compiler it was built here; empty if
 *   only GitHub Actions can build it
 */

/** @type {Target[]} */
const targets = [
  target('linux', 'x64', 'glibc', {
    label: `Linux x64, glibc 2.${GLIBC} and later`, built: 'gcc', ran: 'all tests, on Node 20, 22, 24 and 26',
  }),
  target('linux', 'arm64', 'glibc', {
    label: `Linux arm64, glibc 2.${GLIBC} and later`, built: 'gcc (cross)',
    ran: 'messages, workers and rings on Node 20, 22, 24 and 26, under qemu',
  }),
  target('linux', 'x64', 'musl', {
    label: 'Linux x64, musl (Alpine)', built: 'gcc (musl-gcc)',
    ran: 'the C tests; opened by musl\'s loader, not by a Node',
  }),
  target('linux', 'arm64', 'musl', {
    label: 'Linux arm64, musl (Alpine)', built: 'gcc (cross)',
    ran: 'opened by musl\'s loader under qemu, not by a Node',
  }),
  target('win32', 'x64', undefined, {
    label: 'Windows x64', built: 'gcc (MinGW)',
    ran: 'messages, workers and rings, and most tests, on Node 20 and 22 under Wine',
  }),
  target('win32', 'arm64', undefined, { label: 'Windows arm64', built: '', ran: '' }),
  target('darwin', 'x64', undefined, { label: 'macOS x64', built: '', ran: '' }),
  target('darwin', 'arm64', undefined, { label: 'macOS arm64', built: '', ran: '' }),
];

function target(platform, arch, libc, { label, built, ran }) {
  const file = `prebuilds/${platform}-${arch}/node.napi${libc ? `.${libc}` : ''}.node`;

  return { name: [platform, arch, libc].filter(Boolean).join('-'), platform, arch, libc, file, label, built, ran };
}

/** @returns {'glibc'|'musl'|undefined} the running Node's C library, on Linux */
function runningLibc() {
  if (process.platform !== 'linux') return undefined;
  return process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}

/** @returns {Target|undefined} the target for this machine */
function native() {
  const libc = runningLibc();

  return targets.find((each) =>
    each.platform === process.platform && each.arch === process.arch && each.libc === libc);
}

/** @returns {string} a hash of the binaries' sources; the same on every machine */
function sourcesHash() {
  const hash = createHash('sha256');
  const files = ['binding.gyp', ...sources.list('src', '.c'), ...sources.headers()];

  for (const file of files) {
    hash.update(`${file}\n${fs.readFileSync(path.join(root, file), 'utf8').replaceAll('\r\n', '\n')}`);
  }
  return hash.digest('hex').slice(0, 16);
}

/** The file with the hash of a binary's sources; not packed. */
const stampOf = ({ file }) => path.join(root, file.replace(/\.node$/, '.sources'));

/** Record that the binary was built from the current sources. */
function stamp(each) {
  fs.writeFileSync(stampOf(each), `${sourcesHash()}\n`);
}

/**
 * @returns {string} the problem with a target's binary, also if missing; empty if none
 */
function problem(each, hash = sourcesHash()) {
  const file = path.join(root, each.file);

  if (!fs.existsSync(file)) return 'missing';

  const from = stampOf(each);

  if (!fs.existsSync(from) || fs.readFileSync(from, 'utf8').trim() !== hash) return 'made of other sources';
  return problemOf(fs.readFileSync(file), { ...each, glibc: GLIBC });
}

/** @returns {{target: Target, problem: string}[]} */
function problems() {
  const hash = sourcesHash();

  return targets.map((each) => ({ target: each, problem: problem(each, hash) }));
}

/** @returns {string} the README's table */
function table() {
  const rows = targets.map(({ label, built, ran }) =>
    `| ${label} | ${built || 'by GitHub Actions only'} | ${ran || 'nothing yet'} |`);

  return ['| binary for | built by | run so far |', '|---|---|---|', ...rows, ''].join('\n');
}

module.exports = { GLIBC, native, problem, problems, runningLibc, stamp, table, targets };

if (require.main === module) {
  for (const { target: { name, file }, problem: what } of problems()) {
    console.log(`${name.padEnd(18)} ${what || file}`);
  }
}
