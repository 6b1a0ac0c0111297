'use strict';

/*
 * scripts/release.js, in a repository of its own: what it changes, and when it refuses.
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const { nodes } = require('../../scripts/nodes');

const root = path.join(__dirname, '..', '..');

describe('scripts/release.js', function () {
  this.timeout(240_000);

  let clone;

  const play = (command, ...args) => spawnSync(command, args, {
    cwd: clone,
    encoding: 'utf8',
    env: {
      ...process.env, RINGPORT_BINARY: undefined,
      // No compiler for another machine: they have a test of their own.
      PATH: `${path.join(clone, 'bin')}${path.delimiter}${process.env.PATH}`,
      GIT_AUTHOR_NAME: 'T', GIT_AUTHOR_EMAIL: 't@example.org',
      GIT_COMMITTER_NAME: 'T', GIT_COMMITTER_EMAIL: 't@example.org',
    },
  });
  const git = (...args) => play('git', ...args).stdout.trim();
  const release = (...args) => play(process.execPath, 'scripts/release.js', ...args);
  const read = (name) => fs.readFileSync(path.join(clone, name), 'utf8');

  before(() => {
    nodes(); // where they can be kept
    clone = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-release-'));
    for (const name of [
      'lib', 'dist', 'scripts', 'src', 'test/targets', 'binding.gyp', 'package.json', 'package-lock.json',
      'CHANGELOG.md', 'README.md', 'LICENSE', 'build/Release/ringport.node',
    ]) {
      fs.cpSync(path.join(root, name), path.join(clone, name), { recursive: true, preserveTimestamps: true });
    }
    for (const name of ['node_modules', '.cache']) {
      if (fs.existsSync(path.join(root, name))) {
        fs.symlinkSync(fs.realpathSync(path.join(root, name)), path.join(clone, name), 'junction');
      }
    }
    fs.mkdirSync(path.join(clone, 'bin'));
    for (const name of ['aarch64-linux-gnu-gcc', 'musl-gcc', 'x86_64-w64-mingw32-gcc']) {
      fs.writeFileSync(path.join(clone, 'bin', name), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    }
    fs.writeFileSync(path.join(clone, '.gitignore'), 'node_modules\nbuild/\ndist/\nprebuilds/\n.cache\nbin/\n');
    fs.utimesSync(path.join(clone, 'build/Release/ringport.node'), new Date(), new Date());
    git('init', '-q');
    git('add', '-A');
    git('commit', '-q', '-m', 'all of it');
  });
  after(() => fs.rmSync(clone, { recursive: true, force: true }));

  it('refuses what is no version, an older one, and one that is there', () => {
    git('tag', 'v7.0.0');
    for (const [version, message] of [
      ['', /is no version/], ['1.2', /is no version/], ['v1.2.3', /is no version/],
      ['0.0.1', /0\.0\.1 is not newer than/], ['7.0.0', /there is a tag v7\.0\.0/],
    ]) {
      const { status, stderr } = release(version);

      assert.equal(status, 1);
      assert.match(stderr, message);
    }
    assert.equal(git('status', '--porcelain'), '');
  });

  it('refuses changes that are not committed, and a changelog that says nothing', () => {
    const text = read('CHANGELOG.md');

    fs.writeFileSync(path.join(clone, 'CHANGELOG.md'), '# Changelog\n\n## Unreleased\n\n## 0.0.1 - 2020-01-01\n\n- old\n');
    assert.match(release('8.0.0').stderr, /not committed:[^]*CHANGELOG\.md/);
    assert.match(release('8.0.0', '--dry-run').stderr, /nothing under "Unreleased"/);
    fs.writeFileSync(path.join(clone, 'CHANGELOG.md'), text);
  });

  it('--dry-run packs and tries the package on every line, and changes nothing', () => {
    const { status, stdout, stderr } = release('8.0.0', '--dry-run');

    assert.equal(status, 0, stderr + stdout);
    for (const line of [20, 22, 24, 26]) assert.match(stdout, new RegExp(`Node v${line}\\.\\S+: \\d+ passed, 0 failed`));
    assert.match(stdout, /^darwin-arm64 +missing$/m);
    assert.match(stdout, /8\.0\.0 can be released, with these notes:\n\n### Added\n\n- /);
    assert.equal(git('status', '--porcelain'), '');
    assert.equal(git('tag'), 'v7.0.0');
  });

  it('puts everything back if the package does not work', () => {
    const file = path.join(clone, 'test/targets/smoke.js');
    const text = fs.readFileSync(file, 'utf8');

    fs.writeFileSync(file, 'console.log("1 passed, 1 failed"); process.exitCode = 1;\n');
    git('commit', '-q', '-a', '-m', 'broken');

    const { status, stderr } = release('8.0.0');

    assert.equal(status, 1);
    assert.match(stderr, /smoke\.js failed/);
    assert.equal(git('status', '--porcelain'), '');
    assert.equal(git('tag'), 'v7.0.0');
    fs.writeFileSync(file, text);
    git('commit', '-q', '-a', '-m', 'mended');
  });

  it('sets the version and the heading, commits, and tags with the notes', () => {
    const { status, stdout, stderr } = release('8.0.0');

    assert.equal(status, 0, stderr + stdout);
    assert.match(stdout, /git push --follow-tags/);
    assert.equal(JSON.parse(read('package.json')).version, '8.0.0');
    assert.equal(JSON.parse(read('package-lock.json')).packages[''].version, '8.0.0');
    assert.match(read('CHANGELOG.md'), /^## Unreleased\n\n## 8\.0\.0 - \d{4}-\d\d-\d\d\n\n### Added\n/m);
    assert.equal(git('log', '-1', '--format=%s'), 'release: 8.0.0');
    assert.equal(git('status', '--porcelain'), '');
    assert.match(git('tag', '-l', '--format=%(contents)', 'v8.0.0'), /^ringport 8\.0\.0\n\n### Added\n\n- /);
  });
});
