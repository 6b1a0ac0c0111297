'use strict';

// node scripts/ci-full.js
//
// Runs all of .ci/run, then all suites under ASan and with other idle strategies, the
// frameworks on the other Node lines, and other package managers and Next.js from the
// registry. Then it builds the binaries for other platforms and tests them under qemu,
// Wine and musl's loader. Requires root on Debian x64, because it installs compilers and
// emulators. Takes an hour longer than .ci/run.

const { runAll } = require('./steps');

const node = (...args) => [process.execPath, args];

/**
 * The test files that depend most on the C library, the processor and the system. All of
 * them would take hours.
 */
const suites = ['worker', 'worker-terminate', 'ring-threads', 'ring-wake', 'values', 'transfer', 'order']
  .flatMap((name) => ['--mocha', `test/js/${name}.test.js`]);

const steps = {
  'everything in .ci/run': ['bash', ['.ci/run']],
  'documentation, in a browser': node('scripts/docs.js', '--browser'),
  'types of every Node line': node('scripts/types-matrix.js'),
  'the rest of mocha on the other Node lines': node('scripts/mocha-all.js', '--others', '--rest'),
  'mocha, idle strategies': node('scripts/mocha-idle.js'),
  'mocha, addon under ASan': node('scripts/mocha-asan.js'),
  'frameworks, flags on the other Node lines': node('scripts/mocha-all.js', '--others',
    'test/package/frameworks.test.js', 'test/package/runtime.test.js'),
  'thread-stream\'s own tests, with a gigabyte': node('scripts/thread-stream-suite.js'),
  'synckit\'s own tests': node('scripts/synckit-suite.js', '--all'),
  'package managers, Next.js': node('node_modules/mocha/bin/mocha.js', '--exit', 'test/online'),
  'binaries for other machines': node('scripts/prebuild.js', '--install', '--all'),
  'other machines': node('scripts/targets-run.js'),
  'C tests, musl': node('scripts/ctest.js', '--cc', 'musl-gcc', '--sanitize', 'none'),
  'C tests, arm64': node('scripts/ctest.js', '--cc', 'aarch64-linux-gnu-gcc', '--sanitize', 'none'),
  'mocha on Windows': node('scripts/targets-run.js', ...suites, 'win32-x64'),
  'mocha on arm64': node('scripts/targets-run.js', ...suites.slice(0, 8), 'linux-arm64-glibc'),
};

runAll(steps, 60);
