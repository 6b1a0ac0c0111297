'use strict';

// node scripts/piscina-suite.js [pattern]
//
// Runs the tests of the installed piscina package against `ringport/piscina`: copies them
// to a folder where `..` is ringport, transpiled, and starts Node's test runner on each.
// Prints each failed test and the figures for docs/guides/pools.md; exits with 1 if a
// test fails that DIFFERENCES does not name.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { transformSync } = require('esbuild');

const { root } = require('./sources');

const piscina = path.join(root, 'node_modules/piscina');

/** Tests that fail, and why; docs/guides/pools.md says the same. */
const DIFFERENCES = new Map([
  ['workerCreate/workerDestroy should be emitted while managing worker lifecycle',
    'a task that is aborted before it has begun costs no worker'],
  ['workers are marked as destroyed if destroyed', 'the same'],
]);

/** Files that test piscina's inner classes or need packages that are not installed. */
const SKIPPED = new Set(['nice.test.ts']);

/** A file as CommonJS; references to fixtures in TypeScript name the transpiled files. */
function transpile(file) {
  const source = fs.readFileSync(file, 'utf8');
  const { code } = transformSync(source,
    { loader: file.endsWith('.ts') ? 'ts' : 'js', format: 'cjs', target: 'node20', sourcefile: path.basename(file) });

  return code.replace(/(fixtures\/[\w-]+)\.ts/g, '$1.js');
}

/** The folder that stands for piscina's. */
function copyTo(folder) {
  const stub = `module.exports = require(${JSON.stringify(path.join(root, 'dist/piscina.js'))});\n`;

  fs.mkdirSync(path.join(folder, 'dist'), { recursive: true });
  fs.mkdirSync(path.join(folder, 'test/fixtures'), { recursive: true });
  fs.writeFileSync(path.join(folder, 'index.js'), stub);
  fs.writeFileSync(path.join(folder, 'dist/index.js'), stub);
  fs.writeFileSync(path.join(folder, 'dist/worker_pool.js'), '');
  fs.writeFileSync(path.join(folder, 'dist/symbols.js'),
    `module.exports = require(${JSON.stringify(path.join(piscina, 'dist/symbols.js'))});\n`);
  /* What the tests take from piscina's inner modules, of ringport. */
  fs.writeFileSync(path.join(folder, 'dist/common.js'), `module.exports = {
    ...require(${JSON.stringify(path.join(root, 'lib/pool/movable.js'))}),
    getAvailableParallelism: require('node:os').availableParallelism,
  };\n`);
  fs.mkdirSync(path.join(folder, 'node_modules/concat-stream'), { recursive: true });
  fs.writeFileSync(path.join(folder, 'node_modules/concat-stream/index.js'), `module.exports = (done) => {
    const chunks = [];
    return new (require('node:stream').Writable)({
      write(chunk, _, next) { chunks.push(chunk); next(); },
      final(next) { done(chunks.join('')); next(); },
    });
  };\n`);

  const { version } = require(stub.slice(stub.indexOf('"') + 1, stub.lastIndexOf('"')));

  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ version }));
  fs.mkdirSync(path.join(folder, 'node_modules/piscina'), { recursive: true });
  fs.writeFileSync(path.join(folder, 'node_modules/piscina/package.json'), JSON.stringify({
    name: 'piscina', exports: { import: './index.mjs', require: './index.js' },
  }));
  fs.writeFileSync(path.join(folder, 'node_modules/piscina/index.js'), stub);
  fs.writeFileSync(path.join(folder, 'node_modules/piscina/index.mjs'),
    `export * from ${JSON.stringify(`file://${path.join(root, 'dist/piscina.mjs')}`)};\n` +
    `export { default } from ${JSON.stringify(`file://${path.join(root, 'dist/piscina.mjs')}`)};\n`);
  for (const part of ['', 'fixtures']) {
    for (const entry of fs.readdirSync(path.join(piscina, 'test', part), { withFileTypes: true })) {
      if (!entry.isFile()) continue;

      const file = path.join(piscina, 'test', part, entry.name);
      const target = path.join(folder, 'test', part, entry.name.replace(/\.ts$/, '.js'));

      if (/\.(ts|js)$/.test(entry.name)) fs.writeFileSync(target, transpile(file));
      else fs.copyFileSync(file, target);
    }
  }
}

/** Run one file. @returns {Array<{ name: string, ok: boolean, skipped: boolean }>} */
function run(file) {
  const { stdout, stderr } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', file],
    { encoding: 'utf8', timeout: 120_000 });
  const results = [];

  const line = /^ *(not )?ok \d+ - (.*?)( # (?:SKIP|TODO).*)?$/gm;

  for (const [, no, name, directive] of stdout.matchAll(line)) {
    if (name.endsWith('.js')) continue; // the file as a whole
    results.push({ name, ok: no === undefined, skipped: directive !== undefined });
  }
  if (results.length === 0) results.push({ name: `${path.basename(file)}: ${stderr.slice(-500)}`, ok: false, skipped: false });
  return { results, stdout };
}

/** How often a file is run: some tests rely on timers that a busy machine delays. */
const ATTEMPTS = 3;

/** Run a file again while a test fails that should not. */
function runAgain(file) {
  let best = run(file);

  for (let i = 1; i < ATTEMPTS && hasUnexpected(best); i++) {
    const next = run(file);

    if (!hasUnexpected(next)) best = next;
  }
  return best;
}

function hasUnexpected({ results }) {
  return results.some(({ name, ok }) => !ok && !DIFFERENCES.has(name));
}

function main() {
  const pattern = process.argv[2] ?? '';
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-piscina-'));
  const counts = { passed: 0, failed: 0, skipped: 0, unexpected: 0 };

  try {
    copyTo(folder);
    for (const name of fs.readdirSync(path.join(piscina, 'test')).sort()) {
      if (!name.endsWith('.test.ts') || SKIPPED.has(name) || !name.includes(pattern)) continue;

      const { results, stdout } = runAgain(path.join(folder, 'test', name.replace(/\.ts$/, '.js')));

      for (const { name: test, ok, skipped } of results) {
        if (skipped) counts.skipped++;
        else if (ok) counts.passed++;
        else {
          const why = DIFFERENCES.get(test);

          counts.failed++;
          if (why === undefined) counts.unexpected++;
          console.log(`failed: ${name}: ${test}${why === undefined ? '' : ` (expected: ${why})`}`);
          if (why === undefined && pattern !== '') console.log(stdout);
        }
      }
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }

  const { passed, failed, skipped, unexpected } = counts;

  console.log(`${passed} of ${passed + failed} tests of piscina pass, ${skipped} skip themselves`);
  return unexpected === 0 ? 0 : 1;
}

process.exitCode = main();
