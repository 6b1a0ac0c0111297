'use strict';

/*
 * scripts.js - loads the scripts that scripts/bundle.js makes of lib/; it stands at the head of
 * dist/index.js.
 *
 * V8 compiles a script anew in each thread, which takes half of the time that loading takes. So the first
 * process leaves what V8 has made of a script (its code cache) beside it when it ends, where the package's
 * folder can be written; later ones read it, once in a process: the addon keeps it for the threads. It is
 * named after the text it belongs to, the Node and its flags, and has a checksum; and V8 looks whether it
 * is its own. Without one all works the same, a little later.
 */

const files = { __proto__: null };
const modules = { __proto__: null };

/** The module of this id of lib/. */
// eslint-disable-next-line no-unused-vars -- dist/index.js calls it
function load(id) {
  const known = modules[id];

  if (known !== undefined) return known.exports;
  if (files[id].length === 0) files[id](); // loads its script, which puts the module here

  const module = modules[id] = { exports: {} };

  try {
    files[id](module, module.exports, load);
  } catch (error) {
    delete modules[id];
    throw error;
  }
  return module.exports;
}

/* A bundler or a test runner has modules of its own, and coverage is exact only for what is compiled anew. */
const isNodes = typeof module.constructor?._load === 'function' && require.cache !== undefined &&
  process.env.NODE_V8_COVERAGE === undefined;

/** What V8 compiled without a code cache here: text, file of the cache, script. */
let compiled = null;

/** Of a few flags: V8 makes different code by some of them. */
function flags() {
  const { execArgv, env: { NODE_OPTIONS: options = '' } } = process;
  const text = execArgv.length > 0 || options !== '' ? [...execArgv, options].join(' ') : '';
  let hash = 0;

  for (let i = 0; i < text.length; i++) hash = Math.imul(hash, 31) + text.charCodeAt(i) | 0;
  return (hash >>> 0).toString(36);
}

function read(fs, file) {
  try {
    return fs.readFileSync(file);
  } catch {
    return undefined;
  }
}

/** @returns {[string, Buffer | undefined, string | undefined]} text, code cache, and where that may be put */
function find(name, version, binding) {
  const file = `${__dirname}/${name}.js`;
  const kept = binding.codeOf(file);

  if (kept !== undefined) return kept;

  const fs = require('node:fs');
  const text = fs.readFileSync(file, 'latin1');
  const place = `${__dirname}/.code/${name}-${version}-${process.version}-${process.arch}-${flags()}`;
  const bytes = read(fs, place);
  const length = bytes === undefined ? 0 : bytes.length - 4;
  const code = length > 0 ? bytes.subarray(0, length) : undefined;
  const isWhole = length > 0 && binding.checksum(code) === bytes.readUInt32LE(length);
  const data = isWhole ? code : undefined;

  if (data !== undefined) binding.keepCode(file, Buffer.from(text, 'latin1'), data);
  return [text, data, place];
}

/** What this process has compiled, for the next ones: whole files only, since others may read meanwhile. */
function leaveCode(binding) {
  const fs = require('node:fs');

  for (const { place, script } of compiled) {
    try {
      const data = script.createCachedData();
      const sum = Buffer.alloc(4);
      const draft = `${place}.${process.pid}`;

      sum.writeUInt32LE(binding.checksum(data));
      fs.mkdirSync(`${__dirname}/.code`, { recursive: true });
      fs.writeFileSync(draft, Buffer.concat([data, sum]), { flag: 'wx' });
      fs.renameSync(draft, place);
    } catch {
      // the folder is not ours to write
    }
  }
}

/** Run a script, which puts its modules in `files`. @param {() => Function} byRequire the same as a module */
// eslint-disable-next-line no-unused-vars -- dist/index.js calls it
function run(name, version, byRequire) {
  const native = modules.native?.exports;

  /* Without the addon there is none to keep it. */
  if (!isNodes || native?.binding === undefined) {
    byRequire()(files);
    return;
  }

  const { binding, threads } = native;

  const { Script } = require('node:vm');
  const [text, cachedData, place] = find(name, version, binding);
  const script = new Script(`(function(module,require){${text}\n})`,
    { filename: `${__dirname}/${name}.js`, cachedData });
  const made = { exports: null };

  script.runInThisContext()(made, require);
  made.exports(files);
  if (!threads.isMainThread || (cachedData !== undefined && !script.cachedDataRejected)) return;
  if (compiled === null) {
    compiled = [];
    process.once('exit', () => leaveCode(binding));
  }
  compiled.push({ place, script });
}
