'use strict';

/* handlers.js - finds the functions that a worker of a pool calls. */

const { createRequire } = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const { folder } = require('../folder');

/** Errors of require() for a file that only import() can load. */
const FOR_IMPORT = new Set([
  'ERR_REQUIRE_ESM', 'ERR_REQUIRE_ASYNC_MODULE', 'ERR_UNKNOWN_FILE_EXTENSION', 'MODULE_NOT_FOUND',
]);
/** Functions that are remembered; more are looked up again. */
const HANDLERS_MAX = 1000;
/** require(), and import() of pool-worker.js, which is a file of its own. */
let load;
let byImport;

/** Functions by file and name. */
const handlers = new Map();

/** @param {(url: string) => Promise<object>} how import() */
function setImport(how) {
  byImport = how;
}

/** The function of a module: module.exports, or what it exports by the name. */
async function pick(module, name) {
  if (name === 'default' && module?.__esModule !== true) {
    const itself = await module;

    if (typeof itself === 'function') return itself;
  }
  return await module?.[name];
}

async function loadModule(filename) {
  try {
    load ??= createRequire(path.resolve(folder, 'pool-worker.js'));
    return load(filename);
  } catch (error) {
    if (!FOR_IMPORT.has(error?.code)) throw error;
  }
  return byImport(pathToFileURL(filename).href);
}

/** @returns {Promise<Function>} @throws {Error} the file cannot be loaded, or has none */
async function findHandler(filename, name) {
  const key = `${filename}/${name}`;
  const known = handlers.get(key);

  if (known !== undefined) return known;

  const found = await pick(await loadModule(filename), name);

  if (typeof found !== 'function') throw new Error(`No handler function exported from ${filename}`);
  if (handlers.size >= HANDLERS_MAX) handlers.delete(handlers.keys().next().value);
  handlers.set(key, found);
  return found;
}

module.exports = { findHandler, setImport };
