'use strict';

/*
 * project.js - a user's project in a folder of its own, with the package in node_modules
 * as npm installs it.
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const { native } = require('../../../scripts/targets');

const root = path.join(__dirname, '../../..');
const fixtures = path.join(__dirname, '../fixtures');
const { env: { RINGPORT_BINARY: binary = path.join(root, 'build/Release/ringport.node') } } = process;
/** Where the binary for this machine is in the package. */
const { file: prebuilt } = native() ?? { file: 'ringport.node' };

/**
 * The environment of a program of a user's: nothing of ours is in it, but that ringport
 * has to work.
 */
const environment = {
  ...process.env, RINGPORT_BINARY: undefined, NODE_V8_COVERAGE: undefined, RINGPORT_REQUIRED: '1',
};

/** How many tests are in fixtures/spec.js. */
const SPEC_TESTS = fs.readFileSync(path.join(fixtures, 'spec.js'), 'utf8').match(/^test\(/gm).length;

class Project {
  /** @param {string} name for people who find the folder */
  constructor(name) {
    this.folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), `ringport-${name}-`)));
    this.installed = path.join(this.folder, 'node_modules', 'ringport');
    this.binary = path.join(this.installed, prebuilt);
    this.write({ 'package.json': '{"name": "project", "private": true}' });
  }

  /** What `npm install` makes of the package. */
  install() {
    for (const name of ['dist', 'lib', 'package.json', 'binding.gyp']) {
      fs.cpSync(path.join(root, name), path.join(this.installed, name),
        { recursive: true, filter: (file) => !file.endsWith('.code') });
    }
    fs.mkdirSync(path.dirname(this.binary), { recursive: true });
    fs.copyFileSync(binary, this.binary);
    return this;
  }

  /** @param {Record<string, string>} files their texts, by name */
  write(files) {
    for (const [name, text] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(this.path(name)), { recursive: true });
      fs.writeFileSync(this.path(name), text);
    }
    return this;
  }

  /** Copy files of fixtures/ into the project. */
  copy(...names) {
    for (const name of names) fs.cpSync(path.join(fixtures, name), this.path(name), { recursive: true });
    return this;
  }

  path(...names) {
    return path.join(this.folder, ...names);
  }

  /**
   * Run Node in the project; it must end with 0.
   * @returns {string} all that it printed
   */
  node(args, { env = {}, node = process.execPath } = {}) {
    const { status, signal, stdout, stderr, error } = spawnSync(node, args, {
      cwd: this.folder, encoding: 'utf8', timeout: 120_000, env: { ...environment, ...env },
    });

    assert.equal(status, 0, `${args.join(' ')}: ${signal ?? status}${error ?? ''}\n${stdout}${stderr}`);
    return stdout + stderr;
  }

  remove() {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

module.exports = { Project, SPEC_TESTS, environment, prebuilt, root };
