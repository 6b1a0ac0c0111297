'use strict';

/*
 * copies.js - finds another copy of this package to use instead of this one.
 *
 * A process may have several installations, and a test runner loads the package in a new
 * context for each test file. As with a builtin module, all users in a thread share one
 * instance per version, in the main context. All threads load it from the folder that the
 * first of them used, so they share the addon's state.
 */

/**
 * Property of worker_threads: this thread's instances, by folder and version; see
 * index.js.
 */
const kLoaded = Symbol.for('ringport.loaded');
/** Property of an instance: its version. */
const kBuild = Symbol.for('ringport.build');

/**
 * @param {string} folder dist/ of this copy
 * @param {string} build its version
 * @param {boolean} isNodes whether Node's own loader loads it
 * @returns {object | undefined} the exports of another copy of this version
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
 * @returns {object | undefined} its exports; undefined if it fails or has another version
 */
function load(folder, build, createRequire) {
  try {
    const text = require('node:fs').readFileSync(`${folder}/scripts.txt`, 'latin1');

    /* After bundling, `folder` may be the application's and its index.js, too. */
    if (!text.startsWith(`${build}\n`)) return undefined;

    const exported = createRequire(`${folder}/index.js`)('./index.js');

    return exported[kBuild] === build && exported.active ? exported : undefined;
  } catch {
    return undefined;
  }
}

module.exports = { findOther };
