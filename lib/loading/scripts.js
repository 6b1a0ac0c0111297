'use strict';

/*
 * scripts.js - loads the scripts that scripts/bundle.js makes of lib/; entry.js comes
 * before it.
 *
 * The addon opens the file with the text of all scripts when the first thread of a
 * process loads ringport, reads each when it is first needed, and keeps it for all
 * threads: what is loaded in the middle of a message opens no file, which may be gone, or
 * one too many.
 *
 * V8 compiles a script anew in each thread, which takes most of the time that loading
 * takes. So the first process leaves what V8 has made of a script (its code cache) in
 * dist/.code when it ends, where that folder can be written; later ones read it once, and
 * the addon keeps it, too (src/node/code_cache.c). A file of it is named after the text
 * it belongs to, the Node and its flags, ends with its name and a checksum, and V8 looks
 * whether it is its own. Where there is none, a thread keeps what it has compiled for the
 * threads after it. Without all of that the same works a little later.
 *
 * In a bundle, under a test runner with modules of its own, and where coverage is taken,
 * which is exact only for what is compiled anew, the scripts are modules that require()
 * loads.
 */

/**
 * The modules, made or to be made by the functions of the scripts, by their ids in lib/.
 */
const modules = { __proto__: null };

/** See index.js. */
const kLoaded = Symbol.for('ringport.loaded');
/** What is exported has its version under this. */
const kBuild = Symbol.for('ringport.build');

/** What start() is given. */
let given = null;
/** Functions that make the modules. */
let files = null;
/** The scripts are in a folder of their own, and not in a bundle. */
let isInstalled = false;
/** The addon; null: there is none, or nothing to be kept there. */
let addon = null;

/** The module of this id of lib/. */
function load(id) {
  const known = modules[id];

  if (known !== undefined) return known.exports;
  if (files[id] === undefined) run(scriptOf(id)); // which puts the module here

  /* That of index.js is Node's own: it looks whether it is Node that loads it. */
  const made = modules[id] = id === 'index' ? given.module : { exports: {} };

  try {
    files[id](made, made.exports, load);
  } catch (error) {
    delete modules[id];
    throw error;
  }
  return made.exports;
}

/**
 * The script that has a module. They are in one string: in an object, each thread would
 * make one of each.
 */
function scriptOf(id) {
  const { where } = files;
  const end = where.indexOf(` ${id} `);
  const at = where.lastIndexOf(':', end);

  return where.slice(where.lastIndexOf(' ', at) + 1, at);
}

/** Run a script, which puts its modules in `files`. */
function run(name) {
  const { build, place } = given;
  const found = addon?.codeOf(given.folder, build, name, place);

  if (found === undefined) {
    given.byRequire()[name]()(files, given.require, given.folder);
    return;
  }
  isInstalled = true;

  const [text, cachedData] = found;
  const { builtin, folder } = given;
  const { Script } = builtin('node:vm');
  const script = new Script(text, { __proto__: null, filename: `${folder}/${name}.js`, cachedData });

  script.runInThisContext()(files, builtin, folder);
  afterwards(name, script, found);
}

/** Scripts with a poor code cache. */
const shallow = [];

/** By then a worker has compiled what it uses. */
const WARM_MS = 10;

/**
 * Leave a code cache for the threads and processes to come if there is none, or a poor
 * one.
 */
function afterwards(name, script, [, , isShallow]) {
  const { builtin, process } = given;
  const leaving = () => load('loading/leave-code');

  if (script.cachedDataRejected !== false) {
    leaving().compiled(given, addon,
      { name, script, isRefused: script.cachedDataRejected === true }, WARM_MS);
  } else if (isShallow) {
    shallow.push({ name, script, isRefused: false });
    if (shallow.length > 1) return;

    const improve = () => {
      for (const each of shallow.splice(0)) leaving().leave(given, addon, each, true);
    };

    if (builtin('node:worker_threads').isMainThread) process.once('exit', improve);
    else builtin('node:timers').setTimeout(improve, WARM_MS).unref();
  }
}

/**
 * @param {object} what
 * @param {object} what.module that of dist/index.js
 * @param {string} what.folder dist/
 * @param {string} what.build of which scripts.txt must be
 * @param {string} [what.place] what the code cache of this Node and its flags is named
 *   after; undefined: what the thread before this one said
 * @param {object} what.process Node's
 * @param {((id: string) => object) | null} what.builtin Node's own modules; null: load by
 *   require()
 * @param {() => Record<string, () => Function>} what.byRequire the scripts as modules, by
 *   name
 * @param {(id: string) => object} what.require Node's own modules, for those
 * @param {object} what.files the modules that are loaded, or what makes them
 * @param {object} [what.binding] the addon, if it is there
 * @param {[string, object, object[]]} [what.first] the script that has been run, as for
 *   afterwards()
 * @param {string} [what.file] where the addon is
 * @returns {object} what is exported
 */
function start(what) {
  given = what;
  ({ files } = what);
  given.hasWorker = () => modules['worker/worker'] !== undefined;
  if (what.binding !== undefined) {
    isInstalled = true;
    addon = what.binding;
    modules.binding = { exports: addon };
    if (what.first[1].cachedDataRejected !== false) check();
    afterwards(...what.first);
    what.first = undefined; // V8 does not need the code cache any more
  } else if (what.builtin !== null) {
    try {
      addon = load('binding');
    } catch {
      // index.js says so
    }
  }
  if (files.where === undefined) run('start');

  const exported = load('index');

  if (isInstalled && exported.active) announce(exported);
  return exported;
}

/** No process of this Node has left a code cache: nobody may have tried it. */
function check() {
  try {
    load('loading/runtime').checkRuntime();
  } catch (error) {
    delete modules.binding;
    files.binding = () => { throw error; };
  }
}

/**
 * Have other copies of this version find this one; see copies.js. And the threads to come
 * the addon.
 */
function announce(exported) {
  const threads = given.builtin('node:worker_threads');
  const { build, folder, file } = given;
  const key = `ringport ${build}`;

  if (exported[kBuild] === undefined) {
    Object.defineProperty(exported, kBuild, { __proto__: null, value: build });
  }
  threads[kLoaded][build] ??= exported;
  if (threads.getEnvironmentData(key) !== undefined) return;
  threads.setEnvironmentData(key, folder);
  if (file !== undefined) threads.setEnvironmentData(`ringport in ${folder.slice(0, -4)}`, file);
}

module.exports = { start };
