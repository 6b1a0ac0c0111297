'use strict';

/*
 * entry.js - the source of dist/index.js. In the usual case it opens the addon and runs
 * the first script with the code cache that the addon holds. dist/first.js handles all
 * other cases. Node compiles this file in each thread without a code cache, so it is
 * short, and most of it is top-level code, because V8 parses functions twice.
 */

/* global BUILD */

/* An application may have removed or replaced `process`. A replacement has no
 * getBuiltinModule(). */
const node = typeof process === 'undefined' ? require('node:process') : process;
const { getBuiltinModule: builtin, env } = node;
const isNodes = typeof module.constructor?._load === 'function' && require.cache !== undefined &&
  env?.NODE_V8_COVERAGE === undefined;

/** A hash of the flags that may reach V8: some change the code that it compiles. */
function flags() {
  const not = /^--(eval|print|require|import|loader|inspect|test|title|env-file|watch)/;
  const text = [...node.execArgv ?? [], ...(env?.NODE_OPTIONS ?? '').split(/\s+/)]
    .filter((flag) => flag.startsWith('--') && !not.test(flag)).join(' ');
  let hash = 0;

  for (let i = 0; i < text.length; i++) hash = Math.imul(hash, 31) + text.charCodeAt(i) | 0;
  return (hash >>> 0).toString(36);
}

/** Names the code cache of this Node and its flags. */
function placeOf() {
  return `${node.version}-${node.arch}-${flags()}`;
}

let exported;

/* An application may have removed Symbol as well. In a bundle that a worker evaluates
 * __dirname is '.', where anybody's files may be. */
if (isNodes && builtin !== undefined && typeof Symbol === 'function' && __dirname !== '.') {
  const threads = builtin('node:worker_threads');
  const loaded = threads[Symbol.for('ringport.loaded')]; // see lib/index.js
  const root = __dirname.slice(0, -4); // without `dist`
  let file;
  let place;

  if (loaded !== undefined) exported = loaded[root];
  else if ((file = threads.getEnvironmentData(`ringport in ${root}`)) === undefined) {
    const { versions: { bun, deno } } = node;

    /* Leave other copies and vm contexts to copies.js. Bun and Deno may crash on the
     * addon. */
    if (!env?.RINGPORT_BINARY && (bun ?? deno) === undefined &&
      threads.MessagePort instanceof (() => {}).constructor &&
      threads.getEnvironmentData(`ringport ${BUILD}`) === undefined) {
      file = `${root}build/Release/ringport.node`;
      if (!builtin('node:fs').existsSync(file)) {
        file = `${root}prebuilds/${node.platform}-${node.arch}/` +
          `node.napi${node.platform === 'linux' ? '.glibc' : ''}.node`;
      }
      place = node.execArgv?.length === 0 && env?.NODE_OPTIONS === undefined
        ? `${node.version}-${node.arch}-0` : placeOf();
    }
  }

  if (file !== undefined) {
    const addon = { exports: {} };
    const name = threads.parentPort === null ? 'start' : 'child';
    let found;

    try {
      node.dlopen(addon, file);
      found = addon.exports.codeOf(__dirname, BUILD, name, place);
    } catch {
      // first.js tries other files, or reports why.
    }
    if (found !== undefined) {
      const [text, cachedData] = found;
      const files = { __proto__: null };
      const scripts = { exports: null };
      const script = new (builtin('node:vm').Script)(text,
        { __proto__: null, filename: `${__dirname}/${name}.js`, cachedData });

      script.runInThisContext()(files, builtin, __dirname);
      files['loading/scripts'](scripts);
      exported = scripts.exports.start({
        module, process: node, builtin, require: builtin, files, folder: __dirname, build: BUILD,
        place, file, binding: addon.exports, first: [name, script, found],
        byRequire: () => require('./first.js').byRequire,
      });
    }
  }
}

module.exports = exported ?? require('./first.js').start(module, isNodes, placeOf);
