'use strict';

/*
 * index.js - `ringport/synckit`: synckit's interface over requestSync() and handle(). See
 * https://github.com/un-ts/synckit. docs/guides/synckit.md lists the differences.
 */

const { isFile, tsRunnersOf } = require('./ts-runner');
const { constantsOf } = require('./settings');
const { _generateGlobals, encodeImportModule, generateGlobals } = require('./shims');
const { overrideStdio } = require('./stdio');

/** @see ./callee.js */
function runAsWorker(fn) {
  require('./callee').runAsWorker(fn);
}

/** The enumerable properties of an object, inherited ones too. */
function extractProperties(object) {
  if (typeof object !== 'object' || object === null) return undefined;

  const properties = {};

  for (const key in object) properties[key] = object[key];
  return properties;
}

/** @param {string} code of an ES module */
function dataUrl(code) {
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}

function md5Hash(text) {
  return require('node:crypto').createHash('md5').update(text).digest('hex');
}

/**
 * @param {NodeJS.Process} process that of the caller's context
 * @returns {object} the exports of `ringport/synckit`
 */
function create(process) {
  const constants = constantsOf(process);
  const { checkRunner, ...tsRunners } = tsRunnersOf(constants, process);
  let callers;

  /* The parent's side is not loaded in a worker. */
  const getCallers = () => (callers ??=
    require('./caller').callersOf(constants, { checkRunner, ...tsRunners }, process));

  return {
    ...constants,
    ...tsRunners,
    _generateGlobals,
    createSyncFn: (workerPath, timeoutOrOptions) =>
      getCallers().createSyncFn(workerPath, timeoutOrOptions),
    dataUrl,
    encodeImportModule,
    extractProperties,
    generateGlobals,
    isFile,
    md5Hash,
    overrideStdio: (output) => overrideStdio(output, process),
    runAsWorker,
    startWorkerThread: (workerPath, options) => getCallers().startWorkerThread(workerPath, options),
  };
}

/** @see ./callee.js */
function startWorker(loaders) {
  require('./callee').startWorker(loaders);
}

module.exports = { create, startWorker };
