'use strict';

/*
 * Runs the samples in the documentation. A block marked `js run` is a CommonJS program,
 * `js run esm` an ES module; it must print exactly the lines in its `// prints ...`
 * comments.
 */

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const { pages } = require('../../scripts/lint-links');

const root = path.join(__dirname, '..', '..');
/* Within the package, where 'ringport' is the package itself. */
const folder = path.join(root, 'build', 'docs-samples', String(process.pid));

/** @returns {{ code: string, kind: string, line: number }[]} the samples of a page */
function samplesOf(text) {
  return [...text.matchAll(/^```js run(?: (esm))?\n([^]*?)^```/gm)].map(({ 1: kind = 'cjs', 2: code, index }) =>
    ({ code, kind, line: text.slice(0, index).split('\n').length }));
}

/** @returns {string[]} what a sample says that it prints */
const promised = (code) => [...code.matchAll(/\/\/ prints (.*)$/gm)].map(([, line]) => line);

/** Run a sample. @returns {string[]} the lines that it has printed */
function play({ code, kind, line }, page) {
  const file = path.join(folder, `${page.replace(/\W/g, '-')}-${line}.${kind === 'esm' ? 'mjs' : 'cjs'}`);

  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(file, code);

  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [file], {
    encoding: 'utf8', timeout: 50_000, env: { ...process.env, RINGPORT_REQUIRED: '1' },
  });

  assert.deepStrictEqual([stderr, status ?? signal], ['', 0]);
  return stdout.split('\n').slice(0, -1);
}

describe('the samples of the documentation', () => {
  const samples = pages().flatMap((page) =>
    samplesOf(fs.readFileSync(path.join(root, page), 'utf8')).map((sample) => ({ page, ...sample })));

  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  for (const sample of samples) {
    it(`do what they say: ${sample.page}, line ${sample.line}`, () => {
      const expected = promised(sample.code);

      assert.ok(expected.length > 0, 'it says nothing of what it prints');
      assert.deepStrictEqual(play(sample, sample.page), expected);
    });
  }

  it('are found', () => {
    const text = 'a\n```js run\nconsole.log(1); // prints 1\n```\n```js\nno\n```\n```js run esm\nb // prints 2 3\n// prints 4\n```\n';

    assert.deepStrictEqual(samplesOf(text).map(({ kind, line, code }) => [kind, line, promised(code)]),
      [['cjs', 2, ['1']], ['esm', 8, ['2 3', '4']]]);
    assert.ok(samples.length >= 10);
  });
});
