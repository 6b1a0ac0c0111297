'use strict';

/*
 * leave-code.js - saves V8's code cache of a script for later threads and processes; see
 * scripts.js.
 *
 * The cache contains the functions that have run so far. A worker may be terminated, so
 * it saves after its main script has run, and again after some messages. The main thread
 * saves at process exit. A cache saved early, or by a process without a Worker, is
 * shallow: the first thread that has compiled more replaces it.
 */

const { Buffer, process, setImmediate } = require('./builtins');

/**
 * Empty dist/.code above this many files: each Node version and set of flags adds some.
 */
const FILES_MAX = 200;

/** Write a file atomically, because other processes may be reading it. */
function write(fs, file, data, ending) {
  const draft = `${file}.${process.pid}`;

  try {
    fs.writeFileSync(draft, Buffer.concat([data, Buffer.from(ending, 'latin1')]),
      { __proto__: null, flag: 'wx' });
    fs.renameSync(draft, file);
  } catch (error) {
    if (error.code !== 'EEXIST') fs.rmSync(draft, { __proto__: null, force: true }); // the disk is full
  }
}

function makeFolder(fs, folder) {
  fs.mkdirSync(folder, { __proto__: null, recursive: true });
  if (fs.readdirSync(folder).length > FILES_MAX) {
    fs.rmSync(folder, { __proto__: null, recursive: true });
    fs.mkdirSync(folder);
  }
}

/**
 * Save a script's code cache, unless another thread or process has saved a better one.
 * @param {boolean} isLate this is a worker's second save
 */
function leave({ build, builtin, folder, hasWorker }, addon, what, isLate) {
  const fs = builtin('node:fs');
  const { name, script } = what;
  const [, , isBetterWanted, isWanted, place] = addon.codeOf(folder, build, name);
  const ending = `${name}-${build}-${place}`;
  const file = `${folder}/.code/${ending}`;
  const isShallow = name === 'start' ? !hasWorker() : !isLate;

  if (what.isRefused ? !isWanted : !isBetterWanted || (isShallow && fs.existsSync(file))) return;
  what.isRefused = false;

  const data = script.createCachedData();
  const sum = addon.checksum(data).toString(16).padStart(8, '0');

  addon.keepCode([folder, build, name], data, isShallow);
  try {
    makeFolder(fs, `${folder}/.code`);
    write(fs, file, data, `${ending}${sum}${isShallow ? '-' : '+'}`);
  } catch {
    // The folder is not writable.
  }
}

/** The scripts that this thread has compiled. */
let scripts = [];

/**
 * Schedule saving the code cache of a script that this thread has compiled.
 * @param {object} given the argument of start() in scripts.js
 * @param {object} addon
 * @param {object} what
 * @param {string} what.name
 * @param {import('node:vm').Script} what.script
 * @param {boolean} what.isRefused V8 rejected its code cache
 * @param {number} warmMs delay of a worker's second save, in milliseconds
 */
function compiled(given, addon, what, warmMs) {
  const { builtin } = given;
  const leaveAll = (isLate) => {
    for (const each of scripts) leave(given, addon, each, isLate);
    if (isLate) scripts = [];
  };

  if (scripts.length === 0) {
    process.once('exit', () => leaveAll(true));
    if (!builtin('node:worker_threads').isMainThread) {
      setImmediate(leaveAll, false).unref();
      builtin('node:timers').setTimeout(leaveAll, warmMs, true).unref();
    }
  }
  scripts.push(what);
}

module.exports = { compiled, leave };
