'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { readText } = require('../../demo/text');
const { countWords, merge, topWords, same } = require('../../demo/words');

const DEMO = path.join(__dirname, '../../demo/index.js');

function demo(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [DEMO, ...args],
    { encoding: 'utf8' });
  return { status, stdout, stderr };
}

function counted(...lines) {
  const counts = new Map();
  lines.forEach((line) => countWords(line, counts));
  return counts;
}

describe('demo', function() {
  this.timeout(60000);

  let folder;

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-demo-'));
  });

  after(() => {
    fs.rmSync(folder, { recursive: true });
  });

  function file(name, content) {
    const full = path.join(folder, name);
    fs.writeFileSync(full, content);
    return full;
  }

  describe('words', () => {
    it('are runs of letters of any script, in lower case', () => {
      const counts = counted('The cat, the CAT\'s 2 cats', 'Über straße Привет, ПРИВЕТ', '', '...');
      assert.deepStrictEqual(topWords(counts, 20), [
        ['cat', 2], ['the', 2], ['привет', 2], ['cats', 1], ['s', 1], ['straße', 1], ['über', 1],
      ]);
    });

    it('are the same in ASCII lines as a regular expression finds', () => {
      const text = fs.readFileSync(DEMO, 'latin1').replace(/[^\0-\x7f]/g, '');
      const words = text.toLowerCase().match(/[a-z]+/g);
      const counts = counted(...text.split('\n'));
      assert.strictEqual([...counts.values()].reduce((sum, { times }) => sum + times, 0),
        words.length);
      assert.deepStrictEqual([...counts.keys()].sort(), [...new Set(words)].sort());
    });

    it('merge to what one counter counts, and differ if one count differs', () => {
      const merged = counted('a b c', 'b');
      merge(merged, counted('c d', 'a'));
      assert.ok(same(merged, counted('a a b b c c d')));
      assert.ok(!same(merged, counted('a a b b c c c')));
      assert.ok(!same(merged, counted('a a b b c c')));
      assert.ok(!same(merged, counted('a a b b c c d d')));
    });
  });

  describe('text', () => {
    it('is all lines of a file, up to the limit', () => {
      const name = file('lines.txt', 'one\ntwo\nthree');
      assert.deepStrictEqual(readText(name, 100),
        { lines: ['one', 'two', 'three'], bytes: 13, files: 1, whole: true });
      assert.deepStrictEqual(readText(name, 5),
        { lines: ['one', 't'], bytes: 5, files: 1, whole: false });
    });

    it('is by default the sources of the project', () => {
      const { lines, bytes, files } = readText(undefined, 200000);
      assert.strictEqual(bytes, 200000);
      assert.ok(files > 1);
      assert.ok(lines.includes('\'use strict\';'));
    });
  });

  it('counts a file over both and shows them beside each other', () => {
    const line = 'the quick brown fox jumps over the lazy dog\n';
    const { status, stdout, stderr } = demo('--rounds', '1', '--workers', '3',
      file('fox.txt', line.repeat(5000)));
    assert.strictEqual(stderr, '');
    assert.strictEqual(status, 0);
    assert.match(stdout, /^Counting the words of 5,001 lines \(0\.2 MB, 1 file\),.* 3 workers/);
    assert.match(stdout, /\n +10,000 {2}the\n +5,000 {2}brown\n/);
    assert.match(stdout, /worker_threads +ringport/);
    assert.match(stdout, /\n {2}messages per second +[\d,]+ +[\d,]+ +[\d.]+x\n/);
    assert.match(stdout, /\n {2}ping afterwards, p99 +[\d,]+ us +[\d,]+ us +[\d.]+x\n/);
    assert.match(stdout, /Both counted the same 8 words/);
  });

  it('counts the text files of a folder', () => {
    fs.mkdirSync(path.join(folder, 'deep/er'), { recursive: true });
    file('deep/a.md', 'alpha beta');
    file('deep/er/b.txt', 'beta');
    file('deep/er/c.png', 'gamma');
    file('deep/er/d.txt', 'delta\0');
    const { status, stdout } = demo('--rounds', '1', path.join(folder, 'deep'));
    assert.strictEqual(status, 0);
    assert.match(stdout, /2 files/);
    assert.match(stdout, /words:\n +2 {2}beta\n +1 {2}alpha\n\n/);
  });

  it('explains itself with --help', () => {
    const { status, stdout } = demo('--help');
    assert.strictEqual(status, 0);
    assert.match(stdout, /^Usage: npm start/);
  });

  const wrong = [
    ['a path that does not exist', () => [path.join(folder, 'none')],
      /^demo: cannot read '.*none': no such file or directory\n$/],
    ['an empty file', () => [file('empty.txt', '')], /^demo: no text in '.*empty\.txt'\n$/],
    ['a file that is not text', () => [file('binary', 'a\0b')],
      /^demo: cannot read '.*binary': not a text file\n$/],
    ['two paths', () => [folder, folder], /^demo: give one file or folder, not several/],
    ['no workers', () => ['--workers', '0'],
      /^demo: --workers must be a whole number from 1 to 64, not '0'\n$/],
    ['half a round', () => ['--rounds', '0.5'], /^demo: --rounds must be a whole number/],
    ['an unknown option', () => ['--fast'], /^demo: Unknown option '--fast'; see --help\n$/],
  ];
  for (const [name, args, message] of wrong) {
    it(`says in one line what is wrong with ${name}, and exits with 1`, () => {
      const { status, stdout, stderr } = demo(...args());
      assert.match(stderr, message);
      assert.strictEqual(stderr.trimEnd().split('\n').length, 1);
      assert.strictEqual(stdout, '');
      assert.strictEqual(status, 1);
    });
  }
});
