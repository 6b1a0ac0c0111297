'use strict';

/*
 * copies.js - another copy of this package may be the one to use.
 *
 * A package is installed several times, and a test runner loads it once for each file of
 * tests, in a context of its own. As with a module of Node's, all get the same: a version
 * is loaded once in a thread, in its main context, and by all threads from the folder
 * where the first of them has found it, so that they share what the addon keeps.
 */

/**
 * On worker_threads: what this thread has loaded, by folder and by version; see index.js.
 */
const kLoaded = Symbol.for('ringport.loaded');
/** The version of what is exported. */
const kBuild = Symbol.for('ringport.build');

/**
 * @param {string} folder dist/ of this copy
 * @param {string} build its version
 * @param {boolean} isNodes whether it is Node that loads it
 * @returns {object | undefined} what another copy of this version exports
 */
function findOther(folder, build, isNodes) {
  const threads = require('node:worker_threads');
  const loaded = threads[kLoaded]?.[build];

  if (loaded !== undefined) return loaded;

  const from = threads.getEnvironmentData(`ringport ${build}`);

  if (threads.MessagePort instanceof (() => {}).constructor) {
    if (!isNodes || from === undefined || from === folder) return undefined;
    return load(from, build, require('node:module').createRequire);
  }

  const { process } = require('node:vm').runInThisContext('globalThis');
  const found = process.getBuiltinModule?.('module'); // since 20.16 and 22.3

  return found === undefined ? undefined : load(from ?? folder, build, found.createRequire);
}

/**
 * Load the copy in a folder.
 * @returns {object | undefined} what it exports, if it is of this version and works
 */
function load(folder, build, createRequire) {
  try {
    const text = require('node:fs').readFileSync(`${folder}/scripts.txt`, 'latin1');

    /* Not if a bundler has put us into a folder of the application's. */
    if (!text.startsWith(`${build}\n`)) return undefined;

    const exported = createRequire(`${folder}/index.js`)('./index.js');

    return exported[kBuild] === build && exported.active ? exported : undefined;
  } catch {
    return undefined;
  }
}

module.exports = { findOther };
