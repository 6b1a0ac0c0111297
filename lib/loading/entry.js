'use strict';

/*
 * entry.js - what becomes dist/index.js. A thread of a process that has loaded ringport before finds the
 * addon and the first script, with its code cache, in memory; all else is in dist/first.js, which it
 * does not load. Node compiles this file anew in each thread, so it is short.
 */

/* global BUILD */

/* An application may have removed it, or put another in its place: then there is no builtin(). */
const node = typeof process === 'undefined' ? require('node:process') : process;
const { getBuiltinModule: builtin } = node;
const isNodes = typeof module.constructor?._load === 'function' && require.cache !== undefined &&
  node.env?.NODE_V8_COVERAGE === undefined;

/** What is exported, if it can be had without more files. */
function quick() {
  const threads = builtin('node:worker_threads');
  const root = __dirname.slice(0, -4); // without `dist`
  const loaded = threads[Symbol.for('ringport.loaded')]?.[root]; // see index.js

  if (loaded !== undefined) return loaded;

  const file = threads.getEnvironmentData(`ringport in ${root}`); // see binding.js

  if (file === undefined) return undefined;

  const addon = { exports: {} };

  try {
    node.dlopen(addon, file);
  } catch {
    return undefined; // that is explained there
  }

  const kept = addon.exports.codeOf(`${__dirname}/start ${BUILD}`);

  if (kept === undefined || kept[1].length === 0) return undefined;

  const [text, cachedData] = kept;
  const { Script } = builtin('node:vm');
  const files = { __proto__: null };
  const scripts = { exports: null };

  new Script(text, { __proto__: null, filename: `${__dirname}/start.js`, cachedData })
    .runInThisContext()(files, builtin, __dirname);
  files['loading/scripts'](scripts);
  return scripts.exports.start({
    module, process: node, builtin, folder: __dirname, build: BUILD, binding: addon.exports,
    first: files,
    byRequire: () => require('./first.js').byRequire, require: builtin,
  });
}

/* Nor has it to have left us this one. */
const isQuick = isNodes && builtin !== undefined && typeof Symbol === 'function';

module.exports = (isQuick ? quick() : undefined) ??
  require('./first.js').start(module, isNodes);
