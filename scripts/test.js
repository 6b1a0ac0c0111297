'use strict';

// node scripts/test.js
//
// npm test: the C programs, then the mocha suites. Prints what fails, and a closing line that sums them up;
// all that they say is in build/log.

const { run, runMocha, total } = require('./steps');

const suites = ['test/js', 'test/types', 'test/package'];

async function main() {
  const c = await run('C tests', process.execPath, ['scripts/ctest.js'], { quiet: true });
  const js = await runMocha('mocha', process.execPath, suites);

  total([c, js]);
}

main();
