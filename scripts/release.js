'use strict';

// node scripts/release.js 1.2.3 [--dry-run]
//
// Prepares a release: sets the version, turns "Unreleased" in the changelog into its
// heading, packs, tests the package in a fresh project on all Node lines, commits and
// tags. Then push the tag: .github/workflows/release.yml builds the remaining targets and
// publishes.
//   --dry-run   neither commit nor tag, and restore the files
//
// If a step fails, this restores the files, and does not commit or tag.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { parseArgs } = require('node:util');

const { BuildError, orExplain } = require('./explain');
const { nodes } = require('./nodes');
const { root } = require('./sources');
const { verify } = require('./verify');

const FILES = ['package.json', 'package-lock.json', 'CHANGELOG.md'];
const UNRELEASED = '## Unreleased\n';

const read = (name) => fs.readFileSync(path.join(root, name), 'utf8');
const write = (name, text) => fs.writeFileSync(path.join(root, name), text);

/** Run a command. @returns {string} its output @throws {BuildError} */
function run(command, ...args) {
  const shell = command === 'npm' && process.platform === 'win32';
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8', shell });

  if (status === 0) return stdout.trim();
  throw new BuildError(`${command} ${args.join(' ')} failed: ${error?.message ?? ''}${stdout}${stderr}`);
}

/** @returns {number[]} the parts of a version @throws {BuildError} */
function numbers(version) {
  const found = /^(\d+)\.(\d+)\.(\d+)$/.exec(version);

  if (!found) throw new BuildError(`'${version}' is no version: node scripts/release.js 1.2.3`);
  return found.slice(1).map(Number);
}

/** @returns {boolean} whether the first version is newer */
function isNewer(version, than) {
  const [ours, theirs] = [numbers(version), numbers(than)];
  const at = ours.findIndex((number, i) => number !== theirs[i]);

  return at >= 0 && ours[at] > theirs[at];
}

/** The changelog's unreleased part. @throws {BuildError} if it is empty */
function unreleased(changelog) {
  const start = changelog.indexOf(UNRELEASED);
  const [text] = start < 0 ? [''] : changelog.slice(start + UNRELEASED.length).split(/^## /m);

  if (!/^- /m.test(text)) throw new BuildError('CHANGELOG.md has nothing under "Unreleased".');
  return text.trim();
}

/** Check that a release is possible, before anything is changed. @throws {BuildError} */
function check(version, { dryRun }) {
  const { version: now } = JSON.parse(read('package.json'));
  const tags = run('git', 'tag').split('\n');

  /* The first release may have the current version. */
  if (!isNewer(version, now) && !(version === now && !tags.includes(`v${now}`))) {
    throw new BuildError(`${version} is not newer than ${now}.`);
  }
  if (tags.includes(`v${version}`)) throw new BuildError(`there is a tag v${version} already.`);

  const changed = run('git', 'status', '--porcelain');

  if (changed !== '' && !dryRun) throw new BuildError(`there are changes that are not committed:\n${changed}`);
}

function setVersion(version) {
  for (const name of ['package.json', 'package-lock.json']) {
    const json = JSON.parse(read(name));

    json.version = version;
    if (json.packages) json.packages[''].version = version;
    write(name, `${JSON.stringify(json, null, 2)}\n`);
  }

  const date = new Date().toISOString().slice(0, 10);

  write('CHANGELOG.md', read('CHANGELOG.md').replace(UNRELEASED, `${UNRELEASED}\n## ${version} - ${date}\n`));
}

/** Pack, test the package, and print the targets that it lacks. */
function pack(version) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-release-'));

  try {
    run(process.execPath, 'scripts/prebuild.js', '--all');
    run('npm', 'pack', '--pack-destination', folder);
    console.log(run(process.execPath, 'scripts/targets.js'));
    verify(folder, { tag: `v${version}`, nodes: nodes().map(({ node }) => node) });
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function main() {
  const { values, positionals: [version = ''] } = parseArgs({
    allowPositionals: true, options: { 'dry-run': { type: 'boolean', default: false } },
  });
  const dryRun = values['dry-run'];

  numbers(version);
  check(version, { dryRun });

  const notes = unreleased(read('CHANGELOG.md'));
  const before = FILES.map((name) => [name, read(name)]);
  const putBack = () => before.forEach(([name, text]) => write(name, text));

  try {
    setVersion(version);
    pack(version);
    if (!dryRun) {
      run('git', 'commit', '-q', '-m', `release: ${version}`, '--', ...FILES);
      run('git', 'tag', '-a', `v${version}`, '--cleanup=verbatim', '-m', `ringport ${version}\n\n${notes}`);
    }
  } catch (error) {
    putBack();
    throw error;
  }
  if (dryRun) putBack();
  console.log(dryRun
    ? `${version} can be released, with these notes:\n\n${notes}`
    : `${version} is committed and tagged. To publish it: git push --follow-tags`);
}

orExplain(main);
