'use strict';

// Loads loader.js, which loads the rest. A thread compiles this file anew, so it is short; what all others
// have been compiled to is in the addon, and that is where the process has found it before.

const { Script } = require('node:vm');
const { getEnvironmentData } = require('node:worker_threads');

const HEAD = '(function (exports, require, module, __filename, __dirname) { ';

/** Node's class of modules; a bundler or a test runner that has modules of its own gives them none. */
const Module = module.constructor;

function isNodes() {
  /* Coverage is exact only for what is compiled anew. */
  return typeof Module?._load === 'function' && require.cache !== undefined &&
    process.env.NODE_V8_COVERAGE === undefined;
}

function beside(name) {
  return new Module(__filename.slice(0, -'index.js'.length) + name, module);
}

/** The addon as a module; without exports if binding.js has to look for it. */
function open() {
  const addon = beside('binding.js');
  const found = getEnvironmentData(`ringport in ${__dirname}`);

  try {
    if (found !== undefined) process.dlopen(addon, found);
  } catch {
    // binding.js says why
  }
  return addon;
}

function load() {
  const addon = open();
  const loader = beside('loader.js');
  const file = loader.id;
  const [text, cachedData, wanted = true] = addon.exports.codeOf?.(file) ??
    [`${HEAD}${require('node:fs').readFileSync(file, 'latin1')}\n})`];
  const script = new Script(text, { filename: file, cachedData, columnOffset: -HEAD.length });

  script.runInThisContext()(loader.exports, require, loader, file, __dirname);
  return loader.exports(module, addon, loader, wanted ? [{ file, text, script }] : []);
}

try {
  module.exports = isNodes() ? load() : require('./main');
} catch (error) {
  module.exports = require('./inactive').exportsFor(error);
}
