'use strict';

// node scripts/test.js
//
// npm test: runs the C tests, then the mocha suites. Prints the failures and the totals;
// the complete output is in build/log.

const { run, runMocha, total } = require('./steps');

const suites = ['test/js', 'test/types', 'test/package'];

async function main() {
  const c = await run('C tests', process.execPath, ['scripts/ctest.js'], { quiet: true });
  const js = await runMocha('mocha', process.execPath, suites);

  total([c, js]);
}

main();
