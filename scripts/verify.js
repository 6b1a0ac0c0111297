'use strict';

// node scripts/verify.js [--complete] [--lines] [--tag v1.2.3] package.tgz
//
// Installs a packed package in a fresh project, without network access or install
// scripts, and runs test/targets/smoke.js on it. The argument may also be the folder of
// the file.
//   --complete   require the binary of every target in scripts/targets.js
//   --lines      test on all Node lines (scripts/nodes.js), not only on the running one
//   --tag        require this version

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { parseArgs } = require('node:util');

const { problemOf } = require('./binary');
const { BuildError, orExplain } = require('./explain');
const { GLIBC, targets } = require('./targets');

/** Run a command in a folder. @throws {BuildError} with its output if it fails */
function run(command, args, cwd) {
  const shell = command === 'npm' && process.platform === 'win32';
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd, encoding: 'utf8', shell, timeout: 120_000,
    env: { ...process.env, RINGPORT_BINARY: undefined, NODE_V8_COVERAGE: undefined },
  });

  if (status === 0) return stdout;
  throw new BuildError(`${command} ${args.join(' ')} failed:\n${error?.message ?? ''}${stdout}${stderr}`);
}

function tarballOf(place) {
  if (place === undefined) throw new BuildError('which package? node scripts/verify.js ringport-1.2.3.tgz');
  if (!fs.existsSync(place)) throw new BuildError(`there is no ${place}`);
  if (!fs.statSync(place).isDirectory()) return path.resolve(place);

  const found = fs.readdirSync(place).filter((name) => name.endsWith('.tgz'));

  if (found.length !== 1) throw new BuildError(`there are ${found.length} packages in ${place}`);
  return path.resolve(place, found[0]);
}

/** @returns {string} the targets without a binary, one per line */
function lacking(installed) {
  return targets.map((target) => {
    const file = path.join(installed, target.file);
    const problem = fs.existsSync(file)
      ? problemOf(fs.readFileSync(file), { ...target, glibc: GLIBC }) : 'missing';

    return problem && `  ${target.name}: ${problem}\n`;
  }).join('');
}

/**
 * Test a packed package.
 * @param {string} place its file, or the folder of the file
 * @param {object} [options]
 * @param {boolean} [options.complete]
 * @param {string} [options.tag]
 * @param {string[]} [options.nodes] the Node binaries to run it on
 * @throws {BuildError} which names the problem
 */
function verify(place, { complete = false, tag, nodes = [process.execPath] } = {}) {
  const tarball = tarballOf(place);
  const project = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-verify-'));
  const installed = path.join(project, 'node_modules', 'ringport');

  try {
    fs.writeFileSync(path.join(project, 'package.json'), '{"name": "fresh", "private": true}');
    fs.copyFileSync(tarball, path.join(project, 'ringport.tgz'));
    run('npm', [
      'install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', './ringport.tgz'], project);

    const { version } = JSON.parse(fs.readFileSync(path.join(installed, 'package.json'), 'utf8'));
    const left = complete ? lacking(installed) : '';

    if (left !== '') throw new BuildError(`${tarball} is not complete:\n${left}`.trimEnd());
    if (tag !== undefined && tag !== `v${version}`) {
      throw new BuildError(`${tarball} is version ${version}, and the tag is ${tag}`);
    }

    fs.copyFileSync(path.join(__dirname, '../test/targets/smoke.js'), path.join(project, 'smoke.js'));
    for (const node of nodes) console.log(run(node, ['smoke.js'], project).trim().split('\n').slice(-2).join(': '));
  } finally {
    fs.rmSync(project, { recursive: true, force: true });
  }
}

module.exports = { verify };

if (require.main === module) {
  orExplain(() => {
    const { values, positionals: [place] } = parseArgs({
      allowPositionals: true,
      options: { complete: { type: 'boolean' }, lines: { type: 'boolean' }, tag: { type: 'string' } },
    });
    const nodes = values.lines ? require('./nodes').nodes().map(({ node }) => node) : undefined;

    verify(place, { complete: values.complete, tag: values.tag, nodes });
  });
}
