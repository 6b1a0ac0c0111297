'use strict';

/*
 * index.js - loads main.js and what that needs: what require() would load, in a fifth of the time.
 *
 * Every worker does this at its start. Node's require() looks around for each of some thirty files, reads
 * and compiles it. Here a path is a file, and whoever has compiled it leaves the text and the
 * engine's code in the addon, where the threads to come find them. Each file is still a script and a
 * module of its own, in require.cache, so that stacks, debuggers and require() see it as always.
 */

const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const { isMainThread } = require('node:worker_threads');

const HEAD = '(function (exports, require, module, __filename, __dirname) { ';
const TAIL = '\n})';

/** Node's class of modules; a bundler or a test runner that has modules of its own gives them none. */
const Module = module.constructor;

/** By path: for whoever loads a file that is being loaded. */
const modules = new Map();
/** What this thread can give to the threads to come. */
let scripts = [];
/** The addon, once it is loaded: what it is loaded by cannot be kept in it. */
let binding = null;
/** Where the addon puts the code of a file. As much of it as the largest needs is ever touched. */
const landing = Buffer.allocUnsafeSlow(256 * 1024);
/** Something has been compiled here that nobody has kept. */
let anew = false;

function compile(file) {
  const [text, length, wanted] = binding?.codeOf(file, landing) ??
    [HEAD + fs.readFileSync(file, 'latin1') + TAIL, 0, binding !== null];
  const cachedData = length > 0 ? landing.subarray(0, length) : undefined;
  const script = new vm.Script(text, { filename: file, cachedData, columnOffset: -HEAD.length });

  if (cachedData === undefined) anew = true;
  if (wanted) scripts.push({ file, text, script });
  return script.runInThisContext();
}

/** @param {string} file absolute @returns {unknown} its exports */
function load(file) {
  const known = modules.get(file) ?? require.cache[file];

  /* Node puts what an ES module may come to need there, empty. */
  if (known !== undefined && (known.loaded || modules.has(file))) return known.exports;

  const made = new Module(file, module);
  const directory = path.dirname(file);
  const requireHere = (id) => (id.startsWith('.') ? load(path.join(directory, `${id}.js`)) : require(id));

  made.filename = file;
  modules.set(file, made);
  require.cache[file] = made;
  try {
    compile(file).call(made.exports, made.exports, requireHere, made, file, directory);
  } catch (error) {
    modules.delete(file);
    delete require.cache[file];
    throw error;
  }
  made.loaded = true;
  return made.exports;
}

/** Leave to the threads to come what this one has compiled: the functions that have run by now. */
function keepCode() {
  if (scripts.length === 0) return;
  here('codec/index.js'); // which they will need
  for (const { file, text, script } of scripts) {
    binding.keepCode(file, Buffer.from(text, 'latin1'), script.createCachedData());
  }
  scripts = [];
}

function here(name) {
  return load(path.join(__dirname, name));
}

function loadAll() {
  binding = here('binding.js');
  anew = false;

  const main = here('main.js');

  /* Before the first thread of ours; in one that was not to be foreseen, at once; and once more by the
   * first that ends, which knows best what a thread runs. */
  if (isMainThread) here('launch.js').prepare = keepCode;
  else if (anew) keepCode();
  else if (scripts.length > 0) process.once('exit', keepCode);
  return main;
}

/* Coverage is exact only for what is compiled anew. */
const isNodes = typeof Module?._load === 'function' && require.cache !== undefined &&
  process.env.NODE_V8_COVERAGE === undefined;

module.exports = isNodes ? loadAll() : require('./main');
