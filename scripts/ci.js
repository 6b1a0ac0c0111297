'use strict';

// node scripts/ci.js
//
// The checks before a change lands; .ci/run calls it. Takes half an hour at most. Works
// on a fresh clone: the first step installs and builds. Prints the time of each step and
// the total of all tests at the end.

const { runAll } = require('./steps');

const node = (...args) => [process.execPath, args];
const npm = (...args) => ['npm', args];

/** The suites that cover most of the addon's memory; ci-full.js runs all under ASan. */
const memory = [
  'by-node', 'flat', 'gc', 'large', 'memory', 'move-context', 'order', 'ring-api', 'ring-corrupt', 'ring-forged',
  'ring-threads', 'ring-wake', 'small-buffers', 'transfer', 'transfer-handle', 'unreadable', 'values', 'views', 'worker',
  'worker-change-order', 'worker-faults', 'worker-first', 'worker-terminate', 'worker-transfer-storm',
].map((name) => `test/js/${name}.test.js`);

const steps = {
  // As a newcomer runs it: C tests by gcc, plain and with both sanitizers, and all mocha
  // suites, including those of the packed tarball.
  'npm test': npm('test', '--silent'),
  'build, warnings are errors': node('scripts/build.js', '--werror'),
  'lint': node('scripts/lint.js'),
  'documentation': node('scripts/docs.js'),
  'C tests, clang': node('scripts/ctest.js', '--cc', 'clang'),
  'model of the core': node('test/model/run.js'),
  'faults at every moment': node('test/faults/run.js'),
  'models in Promela': node('test/spin/run.js'),
  'fuzzing, in short': node('scripts/fuzz.js', '--seconds', '3'),
  'mocha on the other Node lines': node('scripts/mocha-all.js', '--others', '--brief'),
  'mocha, addon under ASan': node('scripts/mocha-asan.js', ...memory),
  'soak': node('test/soak/run.js', '--seconds', '25'),
  'npm start': npm('start', '--silent', '--', '--seconds', '2'),
  'bench smoke test': node('bench/js/run.js', '--quick', '--scenario', 'oneway', '--filter', 'number'),
};

runAll(steps, 20); // minutes; each test file has a shorter limit of its own
