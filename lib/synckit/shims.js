'use strict';

/*
 * shims.js - the globals that a worker gets before its module is loaded. The exported
 * functions make their source text; workers do not need it (see put()).
 */

const path = require('node:path');
const { pathToFileURL } = require('node:url');

const kinds = { import: fromModule, require: fromRequire };

/** @returns {string} what declares a shim as a variable */
function binding({ globalName, named }) {
  return named?.trim() ? `{${named}}` : globalName;
}

function fromModule(shim) {
  const { moduleName, globalName, named } = shim;
  const source = path.isAbsolute(moduleName) ? pathToFileURL(moduleName) : moduleName;
  const from = JSON.stringify(source);

  if (!globalName) return `import ${from}`;
  return `import ${named === null ? `* as ${globalName}` : binding(shim)} from ${from}`;
}

function fromRequire(shim) {
  const declared = shim.globalName ? `const ${binding(shim)}=` : '';

  return [declared, 'require', '(', JSON.stringify(shim.moduleName), ')'].join('');
}

/** The statements that load a module, and make it a global if that is asked for. */
function encodeImportModule(moduleNameOrGlobalShim, type = 'import') {
  const shim = typeof moduleNameOrGlobalShim === 'string'
    ? { moduleName: moduleNameOrGlobalShim } : moduleNameOrGlobalShim;
  const { globalName, named, conditional } = shim;
  const load = kinds[type](shim);

  if (!globalName) return load;

  const condition = conditional === false ? '' : `if(!globalThis.${globalName})`;

  return `${load};${condition}globalThis.${globalName}=${named?.trim() ? named : globalName}`;
}

function _generateGlobals(globalShims, type) {
  return globalShims.map((shim) => encodeImportModule(shim, type)).join(';');
}

/** As _generateGlobals(); imports name the files that `workerPath` would get. */
function generateGlobals(workerPath, globalShims, type = 'import') {
  if (type === 'require') return _generateGlobals(globalShims, type);

  const { createRequire, isBuiltin } = require('node:module');
  const { resolve } = createRequire(workerPath);

  const found = (name) => (isBuiltin(name) ? name : pathToFileURL(resolve(name)).href);

  return _generateGlobals(
    globalShims.map((shim) => ({ ...shim, moduleName: found(shim.moduleName) })), type);
}

/** Make what a module exports a global. */
function define({ globalName, named, conditional }, found, isEsm) {
  if (!globalName || (conditional !== false && globalThis[globalName])) return;

  const whole = isEsm && named !== null ? found.default : found;

  globalThis[globalName] = named?.trim() ? found[named] : whole;
}

/** Whether the module itself is missing, and not one that it needs. */
function isMissing({ code, message }, moduleName) {
  return (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') &&
    message.includes(`'${moduleName}'`);
}

/** import() as in the file of the worker. */
function importer(file) {
  const { constants, Script } = require('node:vm');

  return new Script('(id) => import(id)',
    { filename: file, importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER },
  ).runInThisContext();
}

/**
 * Load the modules of shims as the worker's file would, and put the globals in place.
 * Leaves out those that are not installed.
 * @param {string} file of the worker
 */
async function put(shims, file, isEsm) {
  const load = isEsm ? importer(file) : require('node:module').createRequire(file);

  for (const shim of shims) {
    try {
      define(shim, await load(shim.moduleName), isEsm);
    } catch (error) {
      if (!isMissing(error, shim.moduleName)) throw error;
    }
  }
}

module.exports = { _generateGlobals, encodeImportModule, generateGlobals, put };
