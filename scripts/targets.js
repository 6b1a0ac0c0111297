'use strict';

// node scripts/targets.js
//
// The machines that the package carries a binary for. Everything that has to know them reads them here:
// prebuild.js, the release gate, the tests, the README (its table is checked by lint.js), and by a test
// lib/binding.js, which spells the files out for bundlers. Prints which of them are there.

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const { problemOf } = require('./binary');
const sources = require('./sources');

const { root } = sources;

/** Symbols of a newer glibc are not used: that of Debian 10 and RHEL 8, which Node 20 asks for. */
const GLIBC = 28;

/**
 * @typedef {object} Target
 * @property {string} name
 * @property {string} platform as process.platform
 * @property {string} arch as process.arch
 * @property {'glibc'|'musl'} [libc]
 * @property {string} file in the package, named as node-gyp-build names them
 * @property {string} label for people
 * @property {string} ran what has been run of it, for people; empty: nothing
 * @property {string} built with what it has been built here, for people; empty: only GitHub Actions can
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

/** @returns {'glibc'|'musl'|undefined} the C library of the running Node */
function runningLibc() {
  if (process.platform !== 'linux') return undefined;
  return process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}

/** @returns {Target|undefined} the one that runs here */
function native() {
  const libc = runningLibc();

  return targets.find((each) =>
    each.platform === process.platform && each.arch === process.arch && each.libc === libc);
}

/** @returns {string} what the binaries are made of, as a hash: the same on every machine */
function sourcesHash() {
  const hash = createHash('sha256');
  const files = ['binding.gyp', ...sources.list('src', '.c'), ...sources.headers()];

  for (const file of files) {
    hash.update(`${file}\n${fs.readFileSync(path.join(root, file), 'utf8').replaceAll('\r\n', '\n')}`);
  }
  return hash.digest('hex').slice(0, 16);
}

/** Beside a binary, not packed: what it was made of. */
const stampOf = ({ file }) => path.join(root, file.replace(/\.node$/, '.sources'));

/** To be called when the binary has been put where it belongs. */
function stamp(each) {
  fs.writeFileSync(stampOf(each), `${sourcesHash()}\n`);
}

/** @returns {string} what is wrong with the binary, or that there is none; empty: all is well */
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

/** @returns {string} the table of the README */
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
