'use strict';

/*
 * The binaries of the package are those in the table of targets and are found by their
 * names, and no package is published without one of them.
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const { machineOf, problemOf } = require('../../scripts/binary');
const { canBuild } = require('../../scripts/cross');
const { GLIBC, native, targets } = require('../../scripts/targets');

const root = path.join(__dirname, '..', '..');
const own = path.join(root, 'build/Release/ringport.node');

/** The header of a library for Windows or macOS, and what an addon's text has. */
function library(start, at, machine) {
  const bytes = Buffer.alloc(256);

  bytes.write(start, 0, 'latin1');
  if (start === 'MZ') bytes.writeUInt32LE(at, 60);
  bytes.writeUInt32LE(machine, at + 4);
  bytes.write('napi_register_module_v1', 128, 'latin1');
  return bytes;
}

describe('the targets', () => {
  it('are eight, each with a file of its own', () => {
    assert.deepEqual(targets.map(({ name }) => name), [
      'linux-x64-glibc', 'linux-arm64-glibc', 'linux-x64-musl', 'linux-arm64-musl',
      'win32-x64', 'win32-arm64', 'darwin-x64', 'darwin-arm64',
    ]);
    assert.equal(new Set(targets.map(({ file }) => file)).size, targets.length);
  });

  it('are spelled out where the addon is loaded, so that tools find them', () => {
    const text = fs.readFileSync(path.join(root, 'lib/binding.js'), 'utf8');
    const spelled = [...text.matchAll(/here\(`\$\{__dirname\}\/\.\.\/(prebuilds\/[^`]*)`\)/g)].map(([, file]) => file);

    assert.deepEqual(spelled.sort(), targets.map(({ file }) => file).sort());
    for (const { platform, arch, libc, file } of targets) {
      assert.ok(text.includes(`'${platform}-${arch}${libc ? `.${libc}` : ''}': () => here(\`\${__dirname}/../${file}\`)`));
    }
  });

  it('are all in the workflow that releases', () => {
    const text = fs.readFileSync(path.join(root, '.github/workflows/release.yml'), 'utf8');

    for (const { name } of targets) assert.ok(text.includes(name), name);
  });
});

describe('the cross compiler for arm64', () => {
  /* Its Debian package only recommends the one with the headers. */
  it('counts as installed only if glibc\'s headers are, too', function () {
    if (!canBuild('linux-arm64-glibc')) this.skip();

    const { status, stderr } = spawnSync('aarch64-linux-gnu-gcc', ['-x', 'c', '-fsyntax-only', '-'],
      { input: '#include <stdint.h>\n#include <stdio.h>\n', encoding: 'utf8' });

    assert.equal(status, 0, stderr);
  });
});

describe('a binary', () => {
  const wanted = { ...native(), glibc: GLIBC };

  it('says for which machine it is', function () {
    if (process.platform !== 'linux') this.skip();

    const bytes = fs.readFileSync(own);

    assert.deepEqual(machineOf(bytes), { platform: 'linux', arch: process.arch });
    assert.equal(problemOf(bytes, wanted), '');
    assert.match(problemOf(bytes, { ...wanted, arch: process.arch === 'x64' ? 'arm64' : 'x64' }), /^made for linux-/);
    assert.match(problemOf(bytes, { ...wanted, platform: 'win32' }), /^made for linux-/);
    assert.match(problemOf(bytes, { ...wanted, libc: wanted.libc === 'musl' ? 'glibc' : 'musl' }), /^made for /);
  });

  it('is none if it is something else, or is cut off', () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('not a library'), Buffer.alloc(500), Buffer.from('MZ'.repeat(40))]) {
      assert.notEqual(problemOf(bytes, wanted), '');
    }
    const bytes = fs.readFileSync(own).toString('latin1').replaceAll('napi_register_module_v1', 'main');

    assert.equal(problemOf(Buffer.from(bytes, 'latin1'), wanted), 'no addon');
  });

  it('for glibc asks for nothing newer, and is not for musl, either', function () {
    if (wanted.libc !== 'glibc') this.skip();

    const bytes = fs.readFileSync(own);
    const changed = (from, to) => Buffer.from(bytes.toString('latin1').replaceAll(from, to), 'latin1');

    assert.equal(problemOf(changed('GLIBC_2.17', 'GLIBC_2.29'), wanted), 'asks for glibc 2.29');
    assert.equal(problemOf(changed('gnu_get_libc_version', 'gnu_got_libc_version'), wanted), 'not refused by musl');
  });

  it('of Windows and macOS is told by its header', () => {
    for (const [platform, arch, bytes] of [
      ['win32', 'x64', library('MZ', 64, 0x8664)], ['win32', 'arm64', library('MZ', 64, 0xaa64)],
      ['darwin', 'x64', library('\xcf\xfa\xed\xfe', 0, 0x01000007)],
      ['darwin', 'arm64', library('\xcf\xfa\xed\xfe', 0, 0x0100000c)],
    ]) {
      assert.deepEqual(machineOf(bytes), { platform, arch });
      assert.equal(problemOf(bytes, { platform, arch, glibc: GLIBC }), '');
    }
  });
});

describe('scripts/prebuild.js', function () {
  this.timeout(120_000);

  let clone;

  before(() => {
    clone = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-targets-'));
    for (const name of ['lib', 'dist', 'scripts', 'src', 'binding.gyp', 'package.json', 'build/Release/ringport.node']) {
      fs.cpSync(path.join(root, name), path.join(clone, name), { recursive: true, preserveTimestamps: true });
    }
    fs.symlinkSync(path.join(root, 'node_modules'), path.join(clone, 'node_modules'), 'junction');
    /* The addon has been built after all of that. */
    fs.utimesSync(path.join(clone, 'build/Release/ringport.node'), new Date(), new Date());
  });
  after(() => fs.rmSync(clone, { recursive: true, force: true }));

  const play = (...args) => spawnSync(process.execPath, [path.join(clone, 'scripts/prebuild.js'), ...args],
    { cwd: clone, encoding: 'utf8' });
  const others = () => targets.filter((target) => target.name !== native().name);
  const place = ({ file }) => path.join(clone, file);

  it('makes the one for this machine, and lists what is missing', () => {
    const { status, stderr } = play();

    assert.equal(status, 0, stderr);
    assert.ok(fs.existsSync(place(native())));
    for (const { name } of others()) assert.match(stderr, new RegExp(`^ {2}${name}: missing$`, 'm'));
    assert.doesNotMatch(stderr, new RegExp(`${native().name}:`));
  });

  it('fails where all must be there, and names those that are not', () => {
    const { status, stderr } = play('--complete');

    assert.equal(status, 1);
    assert.match(stderr, /^The package is not complete:\n/);
    for (const { name } of others()) assert.match(stderr, new RegExp(`^ {2}${name}: missing$`, 'm'));
  });

  it('does not leave one that is of other sources, or for another machine', () => {
    const [first, second] = others();
    const stamp = (target, text) => fs.writeFileSync(place(target).replace(/\.node$/, '.sources'), text);

    for (const target of [first, second]) {
      fs.mkdirSync(path.dirname(place(target)), { recursive: true });
      fs.copyFileSync(own, place(target));
    }
    stamp(first, '0123456789abcdef\n');
    stamp(second, fs.readFileSync(place(native()).replace(/\.node$/, '.sources'), 'utf8'));

    const { status, stderr } = play('--complete');

    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`^ {2}${first.name}: made of other sources$`, 'm'));
    assert.match(stderr, new RegExp(`^ {2}${second.name}: made for `, 'm'));
    assert.deepEqual([first, second].map((target) => fs.existsSync(place(target))), [false, false]);
  });

  it('says what it does not know, and what it cannot build', () => {
    const cases = [['beos-x64', /no target 'beos-x64'.*linux-x64-glibc/]];

    if (process.platform !== 'darwin') cases.push(['darwin-arm64', /no compiler for darwin-arm64/]);
    for (const [name, message] of cases) {
      const { status, stderr } = play(name);

      assert.equal(status, 1);
      assert.match(stderr, message);
    }
  });
});
