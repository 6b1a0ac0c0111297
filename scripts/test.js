'use strict';

// node scripts/test.js
//
// npm test: the C programs, then the mocha suites, and one closing line that sums them up.

const { run, runMocha, total } = require('./steps');

const suites = ['test/js', 'test/types', 'test/package'];

async function main() {
  const c = await run('C tests', process.execPath, ['scripts/ctest.js']);
  const js = await runMocha('mocha', process.execPath, suites);

  total([c, js]);
}

main();
