// The ES module entry of `ringport/synckit`.

import synckit from './synckit.js';

export const {
  DEFAULT_EXEC_ARGV, DEFAULT_GLOBAL_SHIMS, DEFAULT_GLOBAL_SHIMS_PRESET, DEFAULT_TIMEOUT,
  DEFAULT_TS_RUNNER, DEFAULT_TYPES_NODE_VERSION, EXPERIMENTAL_LOADER_FLAG,
  FEATURE_TYPESCRIPT_NODE_VERSION, IMPORT_FLAG, IMPORT_FLAG_SUPPORTED, LOADER_FLAG,
  LOADER_FLAGS, MODULE_REGISTER_SUPPORTED, MTS_SUPPORTED, NODE_OPTIONS, NODE_VERSION,
  NO_STRIP_TYPES, NO_STRIP_TYPES_FLAG, REQUIRE_ABBR_FLAG, REQUIRE_FLAG, REQUIRE_FLAGS,
  STRIP_TYPES_FLAG, STRIP_TYPES_NODE_VERSION, TRANSFORM_TYPES_FLAG,
  TRANSFORM_TYPES_NODE_VERSION, TS_ESM_PARTIAL_SUPPORTED, TsRunner, _generateGlobals,
  compareNodeVersion, compareVersion, createSyncFn, dataUrl, encodeImportModule,
  extractProperties, generateGlobals, hasFlag, hasImportFlag, hasLoaderFlag, hasRequireFlag,
  isFile, md5Hash, overrideStdio, parseVersion, runAsWorker, setupTsRunner,
  startWorkerThread,
} = synckit;
