'use strict';

/*
 * The demo counts lines correctly, computes and prints its table, and refuses bad
 * arguments.
 */

const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { Aggregate } = require('../../demo/aggregate');
const { inspect } = require('../../demo/inspect');
const { meaning, table } = require('../../demo/table');
const { readText } = require('../../demo/text');

const DEMO = path.join(__dirname, '../../demo/index.js');

function demo(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [DEMO, ...args],
    { encoding: 'utf8' });
  return { status, stdout, stderr };
}

function addFiles(aggregate, files) {
  Object.entries(files).forEach(([name, lines], file) => {
    aggregate.name(file, name);
    lines.forEach((line, i) => aggregate.add(inspect(file, i + 1, line)));
  });
}

/** An aggregate of files given as lists of lines. */
function aggregated(files) {
  const aggregate = new Aggregate();
  addFiles(aggregate, files);
  return aggregate;
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

  describe('record', () => {
    it('has the length, indentation and words of a line', () => {
      const { file, number, length, indent, words } = inspect(3, 7, '\t  const größe_1 = f(x);');
      assert.deepStrictEqual({ file, number, length, indent, words },
        { file: 3, number: 7, length: 24, indent: 3, words: 4 });
    });

    it('has the branches and the marks of a line', () => {
      const marks = (line) => inspect(0, 1, line).marks;
      assert.strictEqual(inspect(0, 1, 'if (a) for (;;) iffy(b); // while').branches, 3);
      assert.deepStrictEqual(['// TODO: b', 'see https://a.b', 'api_key: 1', 'FIXME token=http://c', 'x'].map(marks),
        [1, 2, 4, 7, 0]);
    });

    it('has the entropy of a line in bits per character, without the indentation', () => {
      const entropy = (line) => inspect(0, 1, line).entropy;
      assert.deepStrictEqual(['', '   ', 'aaaa', '\tabab', 'abcd', 'aaab'].map((line) => entropy(line).toFixed(3)),
        ['0.000', '0.000', '0.000', '1.000', '2.000', '0.811']);
      assert.strictEqual(entropy('aaaa'), 0); // the counters are reset
    });

    it('has a shape that it shares with lines that differ in names only', () => {
      const shape = (line) => inspect(0, 1, line).shape;
      assert.strictEqual(shape('const a = f(b);'), shape('  let bcd = größe(e);'));
      assert.notStrictEqual(shape('a = f(b);'), shape('a = f[b];'));
    });

    it('has a fingerprint that differs from that of every other line, but for the indentation', () => {
      const all = new Set(readText(undefined, 3e6).files.flatMap(({ lines }) => lines)
        .map((line) => line.replace(/^[ \t]+/, '')));
      const prints = new Set([...all].map((line) => inspect(0, 1, `  ${line}`).print));
      assert.ok(all.size > 10000);
      assert.strictEqual(prints.size, all.size);
      assert.ok([...prints].every(Number.isSafeInteger));
      assert.strictEqual(inspect(0, 1, 'x y').print, inspect(1, 2, '\t x y').print);
    });
  });

  describe('aggregate', () => {
    it('has the figures of each file, of the folders above it, and of all', () => {
      const aggregate = aggregated({
        'lib/a.js': ['one two', '', '    three'], 'lib/deep/b.c': ['x'.repeat(600)], 'c.js': ['a', 'b'],
      });
      const { lines, characters, words, files, kinds, deepest } = aggregate.total;
      assert.deepStrictEqual({ lines, characters, words, files, deepest },
        { lines: 6, characters: 618, words: 6, files: 3, deepest: 4 });
      assert.deepStrictEqual(kinds, [{ kind: 'js', lines: 5 }, { kind: 'c', lines: 1 }]);
      assert.deepStrictEqual(['lib', 'lib/deep', 'lib/a.js', 'c.js', 'none'].map((name) => aggregate.of(name).lines),
        [4, 1, 3, 2, 0]);
      assert.deepStrictEqual(aggregate.of('lib/a.js'), {
        lines: 3, characters: 16, words: 3, deepest: 4, branches: 0, dense: 0, unfinished: 0, links: 0, secrets: 0,
        seen: 0, copies: 0, renamed: 0, p50: 7, p99: 9,
      });
      assert.strictEqual(aggregate.of('lib/deep/b.c').p50, 511);
    });

    it('finds blocks of five lines that are elsewhere too, not those it gets again', () => {
      const block = ['a', 'b', '', 'c', 'd', 'e'];
      const files = { 'a.js': ['x', ...block, 'y'], 'b.js': ['z', ...block.map((line) => ` ${line}`)] };
      const aggregate = aggregated(files);
      assert.deepStrictEqual(['a.js', 'b.js'].map((name) => aggregate.of(name).copies), [0, 1]);
      addFiles(aggregate, files);
      assert.deepStrictEqual(['a.js', 'b.js'].map((name) => aggregate.of(name).copies), [0, 2]);
      assert.strictEqual(aggregated({ 'a.js': ['a', 'b', 'c', 'd'], 'b.js': ['a', 'b', 'c', 'd'] }).total.copies, 0);
    });
  });

  describe('aggregate of blocks', () => {
    const block = Array.from({ length: 20 }, (_, i) => `${'f('.repeat(i)}a`);

    it('finds lines that are elsewhere too, and blocks of twenty that differ in names only', () => {
      const aggregate = aggregated({ 'a.js': block, 'b.js': block.map((line) => line.replace(/\w/g, 'other')) });
      const figures = ({ seen, copies, renamed }) => ({ seen, copies, renamed });
      assert.deepStrictEqual(figures(aggregate.of('a.js')), { seen: 0, copies: 0, renamed: 0 });
      assert.deepStrictEqual(figures(aggregate.of('b.js')), { seen: 0, copies: 0, renamed: 1 });
      assert.strictEqual(aggregated({ 'a.js': ['a'], 'b.js': ['a', 'b'] }).total.seen, 1);
    });

    it('counts long lines that look like keys', () => {
      const key = Array.from({ length: 80 }, (_, i) => String.fromCharCode(40 + i)).join('');
      assert.deepStrictEqual([[key], ['a'.repeat(80)], [key.slice(1)]].map((lines) => aggregated({ a: lines }).total.dense),
        [1, 0, 0]);
    });
  });

  describe('text', () => {
    it('is all lines of a file, up to the limit', () => {
      const name = file('lines.txt', 'one\ntwo\nthree');
      assert.deepStrictEqual(readText(name, 100), {
        files: [{ name: 'lines.txt', lines: ['one', 'two', 'three'] }], lines: 3, bytes: 13, whole: true,
      });
      assert.deepStrictEqual(readText(name, 5), {
        files: [{ name: 'lines.txt', lines: ['one', 't'] }], lines: 2, bytes: 5, whole: false,
      });
    });

    it('is by default the sources of the project', () => {
      const { files, lines, bytes } = readText(undefined, 200000);
      assert.strictEqual(bytes, 200000);
      assert.ok(files.length > 1);
      assert.strictEqual(lines, files.reduce((sum, one) => sum + one.lines.length, 0));
      assert.ok(files.some(({ name }) => name === 'lib/binding.js'));
    });

    it('is the text files of a folder, by their names in it', () => {
      fs.mkdirSync(path.join(folder, 'deep/er'), { recursive: true });
      file('deep/a.md', 'alpha beta');
      file('deep/er/b.txt', 'beta');
      file('deep/er/c.png', 'gamma');
      file('deep/er/d.txt', 'delta\0');
      assert.deepStrictEqual(readText(path.join(folder, 'deep'), 1000).files.map(({ name }) => name),
        ['a.md', 'er/b.txt']);
    });
  });

  describe('table', () => {
    const second = {
      records: 100, cpu: 1, answers: 10, answerP50: 5, answerP99: 50, busy: 0.5, lateP50: 10, lateP99: 0,
    };
    const reports = {
      'one thread': { seconds: [{ ...second, records: 200 }], memory: 10 },
      'worker_threads': { seconds: [second, { ...second, records: 50 }], memory: 20 },
      'ringport': { seconds: [second, { ...second, records: 400, cpu: 2, busy: 0.05 }], memory: 30 },
    };

    it('has the first and the last second, and how many times better ringport is, or worse', () => {
      const text = table(reports);
      const [first, last] = text.split('After 1 s');
      assert.match(first, /records aggregated a second +200 +100 +100 +1\.0x\n/);
      assert.match(last, /records aggregated a second +200 +50 +400 +8\.0x\n/);
      assert.match(last, /CPU of all threads for a record +1\.00 us +1\.00 us +2\.00 us +0\.5x\n/);
      assert.match(last, /most memory, of the process +10 MB +20 MB +30 MB$/);
      assert.doesNotMatch(text, /NaN|Infinity|undefined/);
    });

    it('is told in a sentence', () => {
      assert.match(meaning(reports), /at 25% of its speed in one thread over worker_threads and at 200% of/);
      assert.match(meaning(reports), /free 50% of the time over worker_threads, 95% over ringport, 50% without/);
    });
  });

  it('streams a file over both, shows them beside each other and draws a chart', () => {
    const line = 'the quick brown fox jumps over the lazy dog\n';
    const chart = path.join(folder, 'chart.svg');
    const { status, stdout, stderr } = demo('--seconds', '1', '--chart', chart,
      file('fox.txt', line.repeat(5000)));
    assert.strictEqual(stderr, '');
    assert.strictEqual(status, 0);
    assert.match(stdout, /^A record for each of 5,001 lines \(0\.2 MB, 1 file\)/);
    assert.match(stdout, /The first second +one thread +worker_threads +ringport/);
    assert.match(stdout, /\n {2}records aggregated a second( +[\d,]+){3} +[\d.]+x\n/);
    assert.match(stdout, /\n {2}most memory, of the process( +[\d,]+ MB){3}\n/);
    assert.match(stdout, /Half of the lines have no more than 43 characters.*look like keys.*By kind: txt 100%/);
    assert.match(stdout, /\nWhat it means: .*\n\nThe chart: .*chart\.svg\n$/);

    const svg = fs.readFileSync(chart, 'utf8');
    assert.match(svg, /^<svg [^]*<\/svg>\s*$/);
    for (const text of ['one thread', 'worker_threads', 'ringport', 'Records aggregated a second']) {
      assert.ok(svg.includes(`>${text}</text>`), text);
    }
  });

  it('prints its figures as JSON, and nothing else', () => {
    const { status, stdout, stderr } = demo('--seconds', '1', '--json', '--chart', path.join(folder, 'json.svg'),
      file('small.md', 'one\ntwo\n'));
    assert.strictEqual(stderr, '');
    assert.strictEqual(status, 0);
    const { text, reports, seconds } = JSON.parse(stdout);
    assert.deepStrictEqual([text.lines, text.files, seconds], [3, 1, 1]);
    assert.deepStrictEqual(Object.keys(reports), ['one thread', 'worker_threads', 'ringport']);
    for (const { seconds: [first], total, memory } of Object.values(reports)) {
      for (const key of ['records', 'cpu', 'answers', 'answerP50', 'answerP99', 'busy']) {
        assert.ok(first[key] > 0, `${key}: ${first[key]}`);
      }
      assert.ok(first.answerP99 >= first.answerP50 && first.busy <= 1);
      assert.ok(total.lines > 250 && total.files === 1 && memory > 10);
    }
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
    ['no seconds', () => ['--seconds', '0'],
      /^demo: --seconds must be a whole number from 1 to 600, not '0'\n$/],
    ['half a megabyte', () => ['--megabytes', '0.5'], /^demo: --megabytes must be a whole number/],
    ['a chart in a folder that does not exist', () => ['--chart', path.join(folder, 'no/chart.svg')],
      /^demo: cannot write '.*chart\.svg': no such file or directory\n$/],
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
