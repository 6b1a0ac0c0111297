'use strict';

/*
 * scripts.js - loads the scripts that scripts/bundle.js makes of lib/; entry.js comes before it.
 *
 * The first thread of a process that loads ringport reads the text of all scripts at once, and the addon
 * keeps it for all threads: what is loaded in the middle of a message needs no file, which may be gone,
 * or one too many.
 *
 * V8 compiles a script anew in each thread, which takes most of the time that loading takes. So the first
 * process leaves what V8 has made of a script (its code cache) in dist/.code when it ends, where that
 * folder can be written; later ones read it once, and the addon keeps it, too. A file of it is named
 * after the text it belongs to, the Node and its flags, ends with its name and a checksum, and V8 looks
 * whether it is its own. Where there is none, a thread keeps what it has compiled for the threads
 * after it. Without all of that the same works a little later.
 *
 * In a bundle, under a test runner with modules of its own, and where coverage is taken, which is exact
 * only for what is compiled anew, the scripts are modules that require() loads.
 */

const files = { __proto__: null };
const modules = { __proto__: null };

/** See index.js. */
const kLoaded = Symbol.for('ringport.loaded');
/** What is exported has its version under this. */
const kBuild = Symbol.for('ringport.build');

/** What start() is given. */
let given = null;
/** The scripts are in a folder of their own, and not in a bundle. */
let isInstalled = false;
/** Node's. */
let process = null;
/** The addon; null: there is none, or nothing to be kept there. */
let addon = null;
/** Node's own modules: what require() gives, without a look at the files. */
let builtin = null;

/** The module of this id of lib/. */
function load(id) {
  const known = modules[id];

  if (known !== undefined) return known.exports;
  if (files[id] === undefined) run(files.scriptOf(id)); // which puts the module here

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

const NONE = new Uint8Array(0);

/** What V8 has compiled without a code cache here: name and script. */
let compiled = null;

/** By what a script is known in this process: a package can be replaced while it runs. */
const keyOf = (name) => `${given.folder}/${name} ${given.build}`;

/** Have the addon keep the text of all scripts, whose lengths are in the order of scripts.txt. */
function keepTexts() {
  const { readFileSync } = builtin('node:fs');
  const { build, lengths } = given;
  let whole;

  if (lengths === undefined) return;
  try {
    whole = readFileSync(given.text);
  } catch {
    return;
  }

  let at = build.length + 1;

  if (whole.latin1Slice(0, at) !== `${build}\n`) return; // another version is being installed
  for (const name in lengths) {
    addon.keepCode(keyOf(name), whole.subarray(at, at += lengths[name]), NONE);
  }
}

/** @returns {[string, Uint8Array, boolean] | undefined} text, code cache if any, whether that is wanted */
function find(name) {
  const key = keyOf(name);
  const kept = addon.codeOf(key);

  if (kept !== undefined) return kept;
  keepTexts();
  return addon.codeOf(key);
}

const NOT_ENGINES = /^--(eval|print|require|import|loader|inspect|test|title|env-file|watch)/;

/** Of the flags that the engine may look at: some make it compile differently. */
function flags() {
  const { execArgv, env: { NODE_OPTIONS: options = '' } } = process;

  if (execArgv.length === 0 && options === '') return '';

  const text = [...execArgv, ...options.split(/\s+/)]
    .filter((flag) => flag.startsWith('--') && !NOT_ENGINES.test(flag)).join(' ');
  let hash = 0;

  if (text === '') return '';
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash, 31) + text.charCodeAt(i) | 0;
  return (hash >>> 0).toString(36);
}

/** The name of the file with a script's code cache. */
const placeOf = (name) =>
  `${name}-${given.build}-${process.version}-${process.arch}-${flags()}`;

/** What the file ends with. */
const endOf = (place, data) => `${place} ${addon.checksum(data).toString(36).padStart(7, '0')}`;

/** @returns {Buffer | undefined} the code cache that an earlier process has left */
function readCode(name) {
  const { existsSync, readFileSync } = builtin('node:fs');
  const place = placeOf(name);
  const file = `${given.folder}/.code/${place}`;

  try {
    if (!existsSync(file)) return undefined;

    const bytes = readFileSync(file);
    const length = bytes.length - place.length - 8;

    if (length <= 0) return undefined;

    const data = bytes.subarray(0, length);

    return bytes.latin1Slice(length) === endOf(place, data) ? data : undefined;
  } catch {
    return undefined;
  }
}

/** By then a worker has compiled what it uses. */
const WARM_MS = 20;

/** More than this many files in dist/.code, and it is made empty: of Nodes and flags there may be many. */
const FILES_MAX = 200;

/** What this thread has compiled, for later processes: whole files only, others may read meanwhile. */
function leaveCode() {
  if (compiled === null) return;

  const fs = builtin('node:fs');
  const { Buffer } = load('loading/builtins');
  const scripts = compiled;

  compiled = null;
  const folder = `${given.folder}/.code`;
  let draft;

  try {
    fs.mkdirSync(folder, { __proto__: null, recursive: true });
    if (fs.readdirSync(folder).length > FILES_MAX) {
      fs.rmSync(folder, { __proto__: null, recursive: true });
      fs.mkdirSync(folder);
    }
    for (const { name, script, isBetter } of scripts) {
      const place = placeOf(name);

      if (!isBetter && fs.existsSync(`${folder}/${place}`)) continue; // by another thread

      const data = script.createCachedData();

      draft = `${folder}/${place}.${process.pid}`;
      fs.writeFileSync(draft, Buffer.concat([data, Buffer.from(endOf(place, data), 'latin1')]),
        { __proto__: null, flag: 'wx' });
      fs.renameSync(draft, `${folder}/${place}`);
    }
  } catch (error) {
    /* The folder is not ours to write, or the disk is full. */
    if (draft !== undefined && error.code !== 'EEXIST') fs.rmSync(draft, { __proto__: null, force: true });
  }
}

/** Run a script, which puts its modules in `files`. */
function run(name) {
  const found = addon === null ? undefined : find(name);

  if (found === undefined) {
    given.byRequire()[name]()(files, given.require, given.folder);
    return;
  }
  isInstalled = true;

  const [text, kept, isWanted] = found;
  const { Script } = builtin('node:vm');
  const { folder } = given;
  const cachedData = kept.length > 0 ? kept : readCode(name);
  const script = new Script(text,
    { __proto__: null, filename: `${folder}/${name}.js`, cachedData });

  script.runInThisContext()(files, builtin, folder);
  if (cachedData !== undefined && !script.cachedDataRejected) {
    if (cachedData !== kept) addon.keepCode(keyOf(name), NONE, cachedData);
    return;
  }
  const { isMainThread } = builtin('node:worker_threads');

  if (isWanted && !isMainThread) addon.keepCode(keyOf(name), NONE, script.createCachedData());
  if (compiled === null) {
    compiled = [];
    process.once('exit', leaveCode);
    /* A worker may be terminated. */
    if (!isMainThread) builtin('node:timers').setTimeout(leaveCode, WARM_MS).unref();
  }
  compiled.push({ name, script, isBetter: cachedData !== undefined });
}

/**
 * @param {object} what
 * @param {object} what.module that of dist/index.js
 * @param {object} what.process Node's
 * @param {string} what.folder dist/
 * @param {string} what.build of which scripts.txt must be
 * @param {((id: string) => object) | null} what.builtin null: load by require()
 * @param {() => Record<string, () => Function>} what.byRequire the scripts as modules, by name
 * @param {(id: string) => object} what.require Node's own modules, for those
 * @param {object} what.first the modules that are loaded, or what makes them
 * @param {Record<string, number>} [what.lengths] of the scripts
 * @param {string} [what.text] the file with all of them
 * @param {object} [what.binding] the addon, if it is there
 * @returns {object} what is exported
 */
function start(what) {
  given = what;
  ({ builtin, process } = what);
  Object.assign(files, what.first);
  if (what.binding !== undefined) {
    isInstalled = true;
    modules.binding = { exports: what.binding };
  }
  if (builtin !== null) {
    try {
      addon = load('binding');
    } catch {
      // index.js says so
    }
  }
  if (files.scriptOf === undefined) run('start');

  const exported = load('index');

  if (isInstalled && exported.active) announce(exported);
  return exported;
}

/** Have other copies of this version find this one; see copies.js. */
function announce(exported) {
  const threads = builtin('node:worker_threads');
  const { build, folder } = given;
  const key = `ringport ${build}`;

  if (exported[kBuild] === undefined) {
    Object.defineProperty(exported, kBuild, { __proto__: null, value: build });
  }
  threads[kLoaded][build] ??= exported;
  if (threads.getEnvironmentData(key) === undefined) threads.setEnvironmentData(key, folder);
}

module.exports = { start };
