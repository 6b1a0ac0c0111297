'use strict';

/*
 * loader.js - loads main.js and what that needs: what require() would load, in a tenth of the time.
 *
 * Every worker does this at its start. Node's require() looks around for each of some twenty files, reads
 * and compiles it. Here a path is a file, and whoever has compiled it leaves the text and the
 * engine's code in the addon, where the threads to come find them. Each file is still a script and a
 * module of its own, in require.cache, so that stacks, debuggers and require() see it as always.
 *
 * What of Node a thread has not used yet costs it more than our own files do: the first fs.readFileSync()
 * 0.3 ms, path.join() 0.04. So there is little of it here.
 */

const { Script } = require('node:vm');
const { isMainThread } = require('node:worker_threads');

const HEAD = '(function (exports, require, module, __filename, __dirname) { ';
const TAIL = '\n})';
const SEP = process.platform === 'win32' ? '\\' : '/';

const { cache } = require;
const Module = module.constructor;

/** What the threads to come are going to need, sooner or later. */
const NEEDED = ['by-node', 'parent-port', 'companion', 'endpoint', 'small-buffers', 'codec/index'];

/** Which copy of the library a module belongs to. */
const kCopy = Symbol.for('ringport.copy');

/** index.js, as whose children modules appear. */
let parent = null;
/** The index.js that the modules in the cache were loaded for, if they are; else the same. */
let copy = null;
/** By path: for whoever loads a file that is being loaded. */
const modules = new Map();
/** What this thread can give to the threads to come. */
let scripts = [];
/** The addon, once it is loaded: what it is loaded by cannot be kept in it. */
let binding = null;
/** Something has been compiled here that nobody has kept. */
let anew = false;

/** The file that a module in this directory calls `id`. */
function resolve(directory, id) {
  if (id.lastIndexOf('/') === 1) return directory + SEP + id.slice(2) + '.js'; // most are of this kind
  for (const part of id.split('/')) {
    if (part === '..') directory = directory.slice(0, directory.lastIndexOf(SEP));
    else if (part !== '.') directory += SEP + part;
  }
  return `${directory}.js`;
}

function compile(file) {
  const [text, cachedData, wanted] = binding?.codeOf(file) ??
    [HEAD + require('node:fs').readFileSync(file, 'latin1') + TAIL, undefined, binding !== null];
  const script = new Script(text, { filename: file, cachedData, columnOffset: -HEAD.length });

  if (cachedData === undefined) anew = true;
  if (wanted) scripts.push({ file, text, script });
  return script.runInThisContext();
}

/**
 * Whether what Node has there is for us. It puts what an ES module may come to need there, empty; and a copy
 * of the library that has been taken out of the cache leaves there what it loads later.
 */
function isOurs(known) {
  return known !== undefined && known.loaded && (known[kCopy] ?? copy) === copy;
}

/** @param {string} file absolute @returns {unknown} its exports */
function load(file) {
  if (modules.has(file)) return modules.get(file).exports;
  if (isOurs(cache[file])) return cache[file].exports;

  const made = new Module(file, parent);
  const directory = file.slice(0, file.lastIndexOf(SEP));
  const requireHere = (id) => (id.startsWith('.') ? load(resolve(directory, id)) : require(id));

  made.filename = file;
  made[kCopy] = copy;
  modules.set(file, made);
  cache[file] = made;
  try {
    compile(file).call(made.exports, made.exports, requireHere, made, file, directory);
  } catch (error) {
    modules.delete(file);
    delete cache[file];
    throw error;
  }
  made.loaded = true;
  return made.exports;
}

function here(name) {
  return load(resolve(__dirname, `./${name}`));
}

/** A module that is loaded already. */
function add(made) {
  made.filename = made.id;
  made.loaded = true;
  cache[made.id] = made;
}

/** Leave to the threads to come what this one has compiled: the functions that have run by now. */
function keepCode() {
  if (scripts.length === 0) return;
  for (const name of NEEDED) here(name);
  for (const { file, text, script } of scripts) {
    binding.keepCode(file, Buffer.from(text, 'latin1'), script.createCachedData());
  }
  scripts = [];
}

/**
 * @param {Module} index
 * @param {Module} addon binding.js, loaded if it has exports
 * @param {Module} loader this file
 * @param {{ file: string, text: string, script: Script }[]} own what of it is wanted
 * @returns {object} what ringport exports
 */
module.exports = function loadAll(index, addon, loader, own) {
  parent = index;
  copy = cache[resolve(__dirname, './main')]?.[kCopy] ?? index;
  add(loader);
  scripts.push(...own);
  if (addon.exports.codeOf !== undefined && cache[addon.id] === undefined) add(addon);
  binding = here('binding');
  anew = false;

  const main = here('main');

  /* Before the first thread of ours; in one that was not to be foreseen, at once; and once more by the
   * first that ends, which knows best what a thread runs. */
  if (isMainThread) here('launch').prepare = keepCode;
  else if (anew) keepCode();
  else if (scripts.length > 0) process.once('exit', keepCode);
  return main;
};
