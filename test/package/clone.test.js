'use strict';

/*
 * In a clone, each script that builds the addon also builds dist/, and again when a file
 * in lib/ is newer.
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const root = path.join(__dirname, '..', '..');

describe('a clone', function () {
  this.timeout(60_000);

  let clone;

  before(() => {
    clone = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-clone-'));
    for (const name of ['lib', 'scripts', 'src', 'binding.gyp', 'package.json', 'package-lock.json']) {
      fs.cpSync(path.join(root, name), path.join(clone, name), { recursive: true });
    }
    fs.symlinkSync(path.join(root, 'node_modules'), path.join(clone, 'node_modules'), 'junction');

    /* The addon has been built, after all of that. */
    const binary = path.join(clone, 'build/Release/ringport.node');

    fs.mkdirSync(path.dirname(binary), { recursive: true });
    fs.copyFileSync(
      process.env.RINGPORT_BINARY ?? path.join(root, 'build/Release/ringport.node'), binary);
  });
  after(() => fs.rmSync(clone, { recursive: true, force: true }));

  const play = (...args) => spawnSync(process.execPath, args, {
    cwd: clone,
    encoding: 'utf8',
    env: { ...process.env, RINGPORT_BINARY: undefined, RINGPORT_REQUIRED: '1' },
  });
  const isActive = () => play('-p', 'require("./").active').stdout.trim() === 'true';
  const made = () => fs.statSync(path.join(clone, 'dist/index.js')).mtimeMs;

  for (const script of ['build.js', 'install.js', 'prepare.js']) {
    it(`has dist/ after scripts/${script}, and again when a file is newer, and only then`, () => {
      const file = path.join('scripts', script);

      fs.rmSync(path.join(clone, 'dist'), { recursive: true, force: true });
      assert.equal(play(file).stderr, '');
      assert.ok(isActive());

      const first = made();

      play(file);
      assert.equal(made(), first);
      fs.writeFileSync(path.join(clone, 'dist/old.js'), 'of a file that is gone');
      fs.appendFileSync(path.join(clone, 'lib/loading/node-threads.js'), '\nmodule.exports.fromHere = true;\n');
      fs.utimesSync(path.join(clone, 'dist/index.js'), 1, 1);
      play(file);
      assert.ok(made() > 1000);
      assert.match(fs.readFileSync(path.join(clone, 'dist/start.js'), 'latin1'), /fromHere/);
      assert.equal(fs.existsSync(path.join(clone, 'dist/old.js')), false);
      assert.ok(isActive());
    });
  }

  it('says in one sentence what it takes to make dist/', () => {
    fs.rmSync(path.join(clone, 'node_modules'));
    fs.rmSync(path.join(clone, 'dist'), { recursive: true });
    for (const script of ['build.js', 'install.js']) {
      const { status, stderr } = play(path.join('scripts', script));

      assert.equal(status, 1);
      assert.match(stderr, /^ringport's dist\/ cannot be made of lib\/: .*npm ci.*\n$/);
    }
  });
});
