'use strict';

/*
 * ts-runner.js - finds the file of a worker, what kind of module it is, and the arguments
 * by which Node loads it if it is TypeScript.
 */

const fs = require('node:fs');
const path = require('node:path');

/** What a name stands for if there is such a file: TypeScript goes first. */
const INSTEAD = {
  '.cjs': ['.cts', '.cjs'], '.mjs': ['.mts', '.mjs'], '.js': ['.ts', '.js'], '': ['.ts', '.js'],
};
/** The arguments for a runner, of CommonJS and of ES modules. */
const HOOKS = {
  'ts-node': [['-r', 'ts-node/register'], ['--loader', 'ts-node/esm']],
  'esbuild-register': [['-r', 'esbuild-register'], ['--loader', 'esbuild-register/loader']],
  'esbuild-runner': [['-r', 'esbuild-runner/register'], ['-r', 'esbuild-runner/register']],
  oxc: [['--import', '@oxc-node/core/register'], ['--import', '@oxc-node/core/register']],
  swc: [['-r', '@swc-node/register'], ['--import', '@swc-node/register/esm-register']],
  tsx: [['--import', 'tsx'], ['--import', 'tsx']],
};
/** Runners that cannot load .cts and .mts files. */
const WITHOUT_MTS = ['esbuild-register', 'esbuild-runner'];

function isFile(file) {
  try {
    return fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}

/** Whether the nearest package.json above a file says "type": "module". */
function isInModule(file) {
  for (let folder = path.dirname(file), above; ; folder = above) {
    const name = path.join(folder, 'package.json');

    if (isFile(name)) return JSON.parse(fs.readFileSync(name, 'utf8')).type === 'module';
    above = path.dirname(folder);
    if (above === folder) return false;
  }
}

/** The file that a worker's path stands for. */
function fileFor(workerPath) {
  const ext = path.extname(workerPath);

  if (/([/\\])node_modules\1/.test(workerPath)) return workerPath;

  const stem = ext === '' ? workerPath : workerPath.slice(0, -ext.length);

  return INSTEAD[ext]?.map((other) => stem + other).find(isFile) ?? workerPath;
}

/** Whether ts-node is installed where the program runs. */
function hasTsNode() {
  try {
    require('node:module').createRequire(path.resolve('package.json')).resolve('ts-node');
    return true;
  } catch {
    return false;
  }
}

/** @param {ReturnType<import('./settings').constantsOf>} constants */
function tsRunnersOf(constants, process) {
  const { TsRunner, STRIP_TYPES_FLAG, TRANSFORM_TYPES_FLAG, NO_STRIP_TYPES_FLAG } = constants;
  const isFrom = (version) => constants.compareNodeVersion(version) >= 0;
  const hasRequireFlag = (execArgv) => execArgv.some((arg) => constants.REQUIRE_FLAGS.has(arg));
  const hasImportFlag = (execArgv) => execArgv.includes(constants.IMPORT_FLAG);
  const hasLoaderFlag = (execArgv) => execArgv.some((arg) => constants.LOADER_FLAGS.has(arg));
  const has = { '-r': hasRequireFlag, '--import': hasImportFlag, '--loader': hasLoaderFlag };

  /** Whether Node has been told to strip no types; the last flag counts. */
  function isStripOff(execArgv) {
    const on = Math.max(execArgv.indexOf(STRIP_TYPES_FLAG), execArgv.indexOf(TRANSFORM_TYPES_FLAG));

    return execArgv.indexOf(NO_STRIP_TYPES_FLAG) > on || (on === -1 && constants.NO_STRIP_TYPES);
  }

  function defaultRunner(execArgv) {
    if (process.versions.bun) return TsRunner.Bun;
    if (!isStripOff(execArgv) && isFrom(constants.STRIP_TYPES_NODE_VERSION)) return TsRunner.Node;
    return hasTsNode() ? TsRunner.TsNode : undefined;
  }

  /** The arguments with which Node itself loads TypeScript. */
  function forNode(execArgv) {
    if (!isFrom(constants.STRIP_TYPES_NODE_VERSION)) {
      throw new Error('type stripping is not supported in this node version');
    }
    if (isStripOff(execArgv)) throw new Error('type stripping is disabled explicitly');
    if (isFrom(constants.DEFAULT_TYPES_NODE_VERSION)) return execArgv;

    const flag = isFrom(constants.TRANSFORM_TYPES_NODE_VERSION)
      ? TRANSFORM_TYPES_FLAG : STRIP_TYPES_FLAG;

    return execArgv.includes(flag) ? execArgv : [flag, ...execArgv];
  }

  function withRunner(tsRunner, isEsm, execArgv) {
    if (tsRunner === TsRunner.Bun) return execArgv;
    if (tsRunner === TsRunner.Node) return forNode(execArgv);
    if (!Object.hasOwn(HOOKS, tsRunner)) throw new Error(`Unknown ts runner: ${String(tsRunner)}`);

    const hook = HOOKS[tsRunner][isEsm ? 1 : 0];

    return has[hook[0]](execArgv) ? execArgv : [...hook, ...execArgv];
  }

  function setupTsRunner(workerPath, { execArgv = constants.DEFAULT_EXEC_ARGV, tsRunner } = {}) {
    const file = fileFor(workerPath);
    const ext = path.extname(file);
    const isTs = /\.[cm]?ts$/.test(file);
    const isEsm = /^\.m[jt]s$/.test(ext) || (!/^\.c[jt]s$/.test(ext) && isInModule(file));
    const runner = isTs ? tsRunner ?? defaultRunner(execArgv) : tsRunner;

    return {
      ext: path.extname(workerPath) && ext,
      isTs,
      jsUseEsm: !isTs && isEsm,
      tsUseEsm: isTs && isEsm,
      tsRunner: runner,
      workerPath: file,
      pnpApiPath: undefined,
      pnpLoaderPath: undefined,
      execArgv: isTs ? withRunner(runner, isEsm, execArgv) : execArgv,
    };
  }

  /** @throws {Error} the runner cannot load such a file */
  function checkRunner({ ext, tsUseEsm, tsRunner }) {
    if (!/^\.[cm]ts$/.test(ext)) return;
    if (!WITHOUT_MTS.includes(tsRunner) && !(tsRunner === TsRunner.TSX && tsUseEsm)) return;
    throw new Error(`${tsRunner} is not supported for ${ext} files yet: take ` +
      `${tsUseEsm ? 'node, oxc or swc' : 'node or tsx'}`);
  }

  return { checkRunner, hasImportFlag, hasLoaderFlag, hasRequireFlag, setupTsRunner };
}

module.exports = { isFile, tsRunnersOf };
