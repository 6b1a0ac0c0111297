'use strict';

/* settings.js - the constants that synckit exports; some depend on the environment. */

const { compareVersion, flagsOf, parseVersion } = require('./flags');

/** What loads a worker's file that is written in TypeScript. */
const TsRunner = {
  Node: 'node',
  Bun: 'bun',
  TsNode: 'ts-node',
  EsbuildRegister: 'esbuild-register',
  EsbuildRunner: 'esbuild-runner',
  OXC: 'oxc',
  SWC: 'swc',
  TSX: 'tsx',
};

const STRIP_TYPES_NODE_VERSION = '22.6';
const TRANSFORM_TYPES_NODE_VERSION = '22.7';
const FEATURE_TYPESCRIPT_NODE_VERSION = '22.10';
const DEFAULT_TYPES_NODE_VERSION = '23.6';
const STRIP_TYPES_FLAG = '--experimental-strip-types';
const TRANSFORM_TYPES_FLAG = '--experimental-transform-types';
const NO_STRIP_TYPES_FLAG = '--no-experimental-strip-types';
const REQUIRE_FLAG = '--require';
const REQUIRE_ABBR_FLAG = '-r';
const LOADER_FLAG = '--loader';
const EXPERIMENTAL_LOADER_FLAG = '--experimental-loader';

/** @param {NodeJS.Process} process whose `env` and flags count */
function constantsOf(process) {
  const { options, valueOf } = flagsOf(process);
  const {
    SYNCKIT_EXEC_ARGV = '', SYNCKIT_GLOBAL_SHIMS, SYNCKIT_TIMEOUT, SYNCKIT_TS_RUNNER,
  } = process.env;
  const { node } = process.versions;
  const compareNodeVersion = (version) => compareVersion(node, version);
  const isFrom = (version) => compareNodeVersion(version) >= 0;
  const hasFlag = (flag) => valueOf(flag) !== undefined;
  const isStripOff = () => (isFrom(FEATURE_TYPESCRIPT_NODE_VERSION)
    ? process.features.typescript === false
    : !hasFlag(STRIP_TYPES_FLAG) && !hasFlag(TRANSFORM_TYPES_FLAG));

  return {
    TsRunner,
    NODE_OPTIONS: options,
    NODE_VERSION: node,
    compareNodeVersion,
    compareVersion,
    parseVersion,
    hasFlag,
    TS_ESM_PARTIAL_SUPPORTED: isFrom('16') && !isFrom('18.19'),
    MTS_SUPPORTED: isFrom('20.8'),
    MODULE_REGISTER_SUPPORTED: isFrom('18.19'),
    IMPORT_FLAG_SUPPORTED: isFrom('20.6'),
    STRIP_TYPES_NODE_VERSION,
    TRANSFORM_TYPES_NODE_VERSION,
    FEATURE_TYPESCRIPT_NODE_VERSION,
    DEFAULT_TYPES_NODE_VERSION,
    STRIP_TYPES_FLAG,
    TRANSFORM_TYPES_FLAG,
    NO_STRIP_TYPES_FLAG,
    NO_STRIP_TYPES: hasFlag(NO_STRIP_TYPES_FLAG) && isStripOff(),
    DEFAULT_TIMEOUT: SYNCKIT_TIMEOUT ? Number(SYNCKIT_TIMEOUT) : undefined,
    DEFAULT_EXEC_ARGV: SYNCKIT_EXEC_ARGV.split(','),
    DEFAULT_TS_RUNNER: SYNCKIT_TS_RUNNER,
    DEFAULT_GLOBAL_SHIMS: ['1', 'true'].includes(SYNCKIT_GLOBAL_SHIMS),
    DEFAULT_GLOBAL_SHIMS_PRESET: [
      { moduleName: 'node-fetch-native', globalName: 'fetch', named: 'fetch' },
      { moduleName: 'node:perf_hooks', globalName: 'performance', named: 'performance' },
    ],
    IMPORT_FLAG: '--import',
    REQUIRE_FLAG,
    REQUIRE_ABBR_FLAG,
    REQUIRE_FLAGS: new Set([REQUIRE_FLAG, REQUIRE_ABBR_FLAG]),
    LOADER_FLAG,
    EXPERIMENTAL_LOADER_FLAG,
    LOADER_FLAGS: new Set([LOADER_FLAG, EXPERIMENTAL_LOADER_FLAG]),
  };
}

module.exports = { TsRunner, constantsOf };
