'use strict';

/*
 * scripts.js - loads the scripts that scripts/bundle.js builds from lib/; entry.js loads
 * this one.
 *
 * The addon opens dist/scripts.txt, the text of all scripts, when the first thread loads
 * ringport. It reads each script on first use and shares it with all threads. So loading
 * code in the middle of a message never opens a file, which could be gone or exceed the
 * limit of open files.
 *
 * Compiling the scripts is most of the time that a thread takes to load ringport. So the
 * first process saves V8's code cache of each script to dist/.code, if that is writable.
 * Later processes read it once and share it between threads (src/node/code_cache.c). A
 * file is named after its script, the build, Node and its flags; it ends with that name
 * and a checksum. V8 rejects a cache of another V8. Without a file, the first thread that
 * compiles a script shares the cache with later threads.
 *
 * In a bundle, under a test runner with its own module loader, and while coverage is
 * taken (which is exact only without a code cache), require() loads the scripts.
 */

/** The modules that have been loaded, by their ids in lib/. */
const modules = { __proto__: null };

/** See index.js. */
const kLoaded = Symbol.for('ringport.loaded');
/** Property of the exports: their version. */
const kBuild = Symbol.for('ringport.build');

/** The argument of start(). */
let given = null;
/** The functions that create the modules, by id. */
let files = null;
/** The scripts come from an installed dist/, not from a bundle. */
let isInstalled = false;
/** The addon; null if the scripts do not come from it. */
let addon = null;

/** Load the module with this id. */
function load(id) {
  const known = modules[id];

  if (known !== undefined) return known.exports;
  if (files[id] === undefined) run(scriptOf(id)); // defines files[id]

  /* index.js gets Node's module object, to check that Node's loader loads it. */
  const made = modules[id] = id === 'index' ? given.module : { exports: {} };

  try {
    files[id](made, made.exports, load);
  } catch (error) {
    delete modules[id];
    throw error;
  }
  return made.exports;
}

/** The script that contains a module. A string is cheaper to create than a table. */
function scriptOf(id) {
  const { where } = files;
  const end = where.indexOf(` ${id} `);
  const at = where.lastIndexOf(':', end);

  return where.slice(where.lastIndexOf(' ', at) + 1, at);
}

/** Run a script, which defines its modules in `files`. */
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

/** Scripts with a shallow code cache; see leave-code.js. */
const shallow = [];

/** After this time a worker has compiled most of the functions that it uses. */
const WARM_MS = 10;

/** Schedule saving a code cache if there is none or a shallow one. */
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
 * @param {object} what.module the module of dist/index.js
 * @param {string} what.folder dist/
 * @param {string} what.build the expected version of scripts.txt
 * @param {string} [what.place] names the code cache of this Node and its flags;
 * undefined:
 *   the name that an earlier thread passed
 * @param {object} what.process Node's process
 * @param {((id: string) => object) | null} what.builtin returns Node's modules; null:
 * load
 *   scripts by require()
 * @param {() => Record<string, () => Function>} what.byRequire returns functions that
 *   require the scripts, by name
 * @param {(id: string) => object} what.require returns Node's modules for those scripts
 * @param {object} what.files the functions that create the modules, by id
 * @param {object} [what.binding] the addon, if it is open
 * @param {[string, object, object[]]} [what.first] the script that has already run: the
 *   arguments of afterwards()
 * @param {string} [what.file] path of the addon
 * @returns {object} the exports of ringport
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
    what.first = undefined; // lets the code cache be collected
  } else if (what.builtin !== null) {
    try {
      addon = load('binding');
    } catch {
      // index.js reports it
    }
  }
  if (files.where === undefined) run('start');

  const exported = load('index');

  if (isInstalled && exported.active) announce(exported);
  return exported;
}

/**
 * Check the runtime. A code cache that V8 accepts shows that this Node has been checked.
 */
function check() {
  try {
    load('loading/runtime').checkRuntime();
  } catch (error) {
    delete modules.binding;
    files.binding = () => { throw error; };
  }
}

/**
 * Let other copies of this version find this one (see copies.js), and new threads the
 * addon.
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
