'use strict';

/*
 * leave-code.js - leaves what V8 has made of a script for the threads and the processes
 * to come; see scripts.js.
 *
 * That is the code of the functions that have run by then. A worker may be terminated, so
 * it leaves it when its program has run once, and again when it has had some messages.
 * The main thread does when the process ends. A code cache that was left early, or by a
 * process without a Worker, is made anew by the first one that has more.
 */

const { Buffer, process, setImmediate } = require('./builtins');

/**
 * More than this many files in dist/.code, and it is made empty: of Nodes and flags there
 * may be many.
 */
const FILES_MAX = 200;

/** Put a file there, whole: others may read meanwhile. */
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
 * Leave what there is of a script, if that is wanted: another thread may have been first,
 * or another process.
 * @param {boolean} isLate a worker has had some messages
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
    // it is not ours to write
  }
}

/** The scripts that have been compiled here. */
let scripts = [];

/**
 * A script has been compiled.
 * @param {object} given what start() in scripts.js was given
 * @param {object} addon
 * @param {object} what
 * @param {string} what.name
 * @param {import('node:vm').Script} what.script
 * @param {boolean} what.isRefused there was a code cache, which V8 refused
 * @param {number} warmMs when a worker has compiled what it uses
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
