'use strict';

/*
 * files.js - where a process with RINGPORT_TOP leaves its port and its token for
 * `ringport top`: a file of mode 0600, in a folder of the user's own in the temporary
 * directory.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/** @returns {string} the folder, which lib/top/start.js names, too */
function folder() {
  return path.join(os.tmpdir(), `ringport-top-${process.getuid?.() ?? 0}`);
}

const fileOf = (pid) => path.join(folder(), `${pid}.json`);

/**
 * Whether the folder is the user's and nobody else may write to it: others may have made
 * one of that name in a shared temporary directory. Windows has no such bits, and its
 * temporary directory is the user's.
 */
function isOurs() {
  const stat = fs.lstatSync(folder(), { throwIfNoEntry: false });

  if (stat === undefined || !stat.isDirectory()) return false;
  if (process.platform === 'win32') return true;
  return stat.uid === process.getuid() && (stat.mode & 0o077) === 0;
}

/**
 * @param {{ pid: number, port: number, token: string, title: string }} about
 * @throws {Error} the folder is not the user's
 */
function write(about) {
  const file = fileOf(about.pid);

  fs.mkdirSync(folder(), { recursive: true, mode: 0o700 });
  if (!isOurs()) throw new Error(`${folder()} does not belong to this user alone`);
  fs.rmSync(file, { force: true }); // of an earlier process with this pid
  fs.writeFileSync(file, `${JSON.stringify(about)}\n`, { mode: 0o600, flag: 'wx' });
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch ({ code }) {
    return code === 'EPERM';
  }
}

/** @returns {object[]} what write() has left, of processes that run */
function list() {
  if (!isOurs()) return [];
  return fs.readdirSync(folder()).flatMap((name) => {
    const pid = Number(/^(\d+)\.json$/.exec(name)?.[1]);

    if (Number.isNaN(pid)) return [];
    if (!isRunning(pid)) { // it was killed
      fs.rmSync(fileOf(pid), { force: true });
      return [];
    }
    try {
      return [JSON.parse(fs.readFileSync(fileOf(pid), 'utf8'))];
    } catch {
      return []; // it has ended just now
    }
  });
}

module.exports = { list, write };
