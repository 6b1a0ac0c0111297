'use strict';

/* What scripts/lint-docs.js finds in the documentation, and what it says of it. */

const assert = require('node:assert/strict');

const { commandsOf, problemOf } = require('../../scripts/lint-docs');

describe('the commands of the documentation', () => {
  it('are found in blocks and in sentences, without comments and variables', () => {
    const page = [
      'Run `npm test`, or `RINGPORT_SPIN=50 node app.js`; `node` alone is a word, `a.b` is code.', '',
      '    npm start           # installs, builds', '    node scripts/ctest.js --cc gcc,clang   # C core', '',
      '```sh', '$ npx ringport-build', 'bash .ci/run', '```', '```js', "require('node:fs');", '```',
    ].join('\n');

    assert.deepEqual(commandsOf(page).sort(), [
      'bash .ci/run', 'node app.js', 'node scripts/ctest.js --cc gcc,clang', 'npm start', 'npm test',
      'npx ringport-build',
    ]);
  });

  for (const command of [
    'npm test', 'npm run fuzz -- --seconds 60', 'npx ringport-build', 'bash .ci/run', 'node app.js',
    'node -r ringport/register app.js', 'node scripts/ctest.js --cc gcc,clang', 'npm install ringport',
    'node bench/js/rings.js', 'node bench/js/run.js --scenario oneway --filter "number|KiB bytes"',
  ]) {
    it(`are right: ${command}`, () => assert.equal(problemOf(command), ''));
  }

  for (const [command, problem] of [
    ['npm run nothing', /no npm script nothing/],
    ['npx no-such-program', /no program no-such-program/],
    ['bash .ci/nothing', /there is no \.ci\/nothing/],
    ['node scripts/nothing.js', /there is no scripts\/nothing\.js/],
    ['node scripts/ctest.js --no-such-option', /ctest\.js has no --no-such-option/],
    ['npm run fuzz -- --no-such-option', /fuzz\.js has no --no-such-option/],
    ['node scripts/targets-run.js --mocha test/js/nothing.test.js', /there is no test\/js\/nothing\.test\.js/],
    ['node bench/js/chart.js figures.json chart.svg', /chart\.js wants echarts/],
  ]) {
    it(`are wrong: ${command}`, () => assert.match(problemOf(command), problem));
  }
});
