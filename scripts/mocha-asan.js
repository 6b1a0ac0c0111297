'use strict';

// node scripts/mocha-asan.js [suites...]
//
// Runs the mocha suites with the addon built under AddressSanitizer and UBSan. Node
// itself is not instrumented, so the sanitizer's library is preloaded. Leaks are not
// reported, because Node has its own. The quarantine of freed memory is small, so that
// the tests of memory use pass, too. Linux only.

const path = require('node:path');
const { spawnSync } = require('node:child_process');

const { IGNORES_BINARY, build, orExplain } = require('./build');
const toolchain = require('./toolchain');
const { runMocha, testFiles, total } = require('./steps');

const all = testFiles(['test/js']).filter((file) => file !== IGNORES_BINARY);
const suites = process.argv.length > 2 ? process.argv.slice(2) : all;

/** Suites that behave differently during the first messages. */
const isOfFirst = (file) =>
  /(?:flat|order|transfer|worker|worker-first|worker-change-faults)\.test\.js$/.test(file);

/**
 * Tests of the change from Node's channel to the ring: there is none if all goes by ring.
 */
const isOfChange = (file) => /worker-change-(?:faults|order)\.test\.js$/.test(file);

function runtimeLibrary() {
  const name = '-print-file-name=libasan.so';

  return spawnSync(toolchain.compiler(), [name], { encoding: 'utf8' }).stdout.trim();
}

async function main() {
  const binary = orExplain(() => build({ variant: 'asan' }));
  const library = runtimeLibrary();

  if (!path.isAbsolute(library)) {
    throw new Error(`${toolchain.compiler()} has no libasan.so to load before Node`);
  }

  const env = {
    LD_PRELOAD: library,
    RINGPORT_BINARY: binary,
    /* Short stacks of who allocated: an eighth of the time goes into long ones. */
    ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1:malloc_context_size=8:' +
      'quarantine_size_mb=4:thread_local_quarantine_size_kb=64',
    UBSAN_OPTIONS: 'print_stacktrace=1',
  };

  /* All by ring: what goes by Node, or is not read by the codec yet, shows nothing of the
   * addon's. */
  const ring = { ...env, RINGPORT_COLD: '0' };

  const first = suites.filter(isOfFirst);
  const steps = [
    await runMocha('mocha, addon under ASan, all by ring', process.execPath,
      suites.filter((file) => !isOfChange(file)), { env: ring }),
  ];

  if (first.length > 0) {
    steps.push(await runMocha('mocha, addon under ASan', process.execPath, first, { env }));
  }
  total(steps);
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
