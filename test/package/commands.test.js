'use strict';

/*
 * scripts/lint-docs.js and lint-links.js find wrong commands and links in the
 * documentation and say what is wrong.
 */

const assert = require('node:assert/strict');

const { commandsOf, problemOf } = require('../../scripts/lint-docs');
const { HOME, problemsOf } = require('../../scripts/lint-links');

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
    'node bench/js/rings.js', 'node bench/js/chart.js figures.json chart.svg',
    'node bench/js/run.js --scenario oneway --filter "number|KiB bytes"',
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
    ['node bench/js/run.js --no-such-option', /run\.js has no --no-such-option/],
  ]) {
    it(`are wrong: ${command}`, () => assert.match(problemOf(command), problem));
  }
});

describe('the links of the documentation', () => {
  const page = 'docs/guides/rings.md';
  const problems = (text) => problemsOf(page, text);

  it('lead to files and headings, also by their address on GitHub', () => {
    assert.deepEqual(problems([
      '# A `ring`: its "end"', '[a](crashes.md#limits) [b](../../README.md) [c](#a-ring-its-end) [d](../../test/c)',
      `[e](${HOME}/blob/main/docs/errors.md#codes-of-nodes) [f](https://nodejs.org/api#none)`,
      '`[g](none.md)`', '```', '[h](none.md)', '```', '<img src="../figures/light.svg">',
    ].join('\n')), []);
  });

  for (const [link, problem] of [
    ['[a](none.md)', 'there is no docs/guides/none.md'],
    ['[a](crashes.md#none)', 'there is no #none in docs/guides/crashes.md'],
    ['[a](#none)', 'there is no #none in docs/guides/rings.md'],
    [`[a](${HOME}/blob/main/none.md)`, 'there is no none.md'],
    [`<img src="${HOME.replace('github.com', 'raw.githubusercontent.com')}/main/none.svg">`, 'there is no none.svg'],
    ['[a]: none.md', 'there is no docs/guides/none.md'],
  ]) {
    it(`are dead: ${link}`, () => {
      const [line, ...others] = problems(link);

      assert.ok(line.endsWith(`: ${problem}`), line);
      assert.deepEqual(others, []);
    });
  }
});
