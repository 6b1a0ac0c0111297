'use strict';

// node scripts/thread-stream-suite.js [--brief] [pattern]
//
// Runs the tests of the installed thread-stream package against
// `ringport/thread-stream`: copies them to a folder where `..` is ringport, with what
// they need besides, and runs each. Prints each failed test and the figures for
// docs/guides/logging.md; exits with 1 if a test fails that DIFFERENCES does not name.
// With --brief it leaves out the tests that write a gigabyte.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { transformSync } = require('esbuild');

const { root } = require('./sources');

const original = path.join(root, 'node_modules/thread-stream');
const dist = (name) => path.join(root, 'dist', name);

/** Tests that fail, and why; docs/guides/logging.md says the same. */
const DIFFERENCES = new Map();

/** Files that test what thread-stream has inside, and ringport has not. */
const INNER = new Map([
  ['indexes.test.js', 'the places of two words in its shared memory'],
  ['wait.test.js', 'its function that waits for such a word'],
  ['ready.test.js', 'a worker of its own that sets these words'],
]);

/** The versions of TypeScript's output that the tests load. */
const OUTPUTS = [['es5', 'es2015'], ['es6', 'es2015'], ['es2017', 'es2017'], ['esnext', 'esnext']];

function put(file, text) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}

/** The folder that stands for thread-stream's. */
function copyTo(folder) {
  const inFolder = (name) => path.join(folder, name);

  fs.cpSync(path.join(original, 'test'), inFolder('test'), { recursive: true });
  fs.copyFileSync(path.join(original, 'package.json'), inFolder('package.json'));
  put(inFolder('index.js'), `module.exports = require(${JSON.stringify(dist('thread-stream.js'))});\n`);
  put(inFolder('lib/worker.js'), `require(${JSON.stringify(dist('stream-worker.js'))});\n`);
  put(inFolder('lib/indexes.js'), 'module.exports = { WRITE_INDEX: 4 }; // a test takes it as a size\n');

  /* Small packages that the tests use. */
  put(inFolder('node_modules/desm/index.js'), `exports.join = (url, ...names) =>
    require('path').join(require('path').dirname(require('url').fileURLToPath(url)), ...names);\n`);
  put(inFolder('node_modules/ts-node/register.js'), `require.extensions['.ts'] = (module, file) => {
    const source = require('fs').readFileSync(file, 'utf8');
    const { transformSync } = require(${JSON.stringify(require.resolve('esbuild'))});

    module._compile(transformSync(source, { loader: 'ts', format: 'cjs' }).code, file);
  };\n`);

  const source = fs.readFileSync(inFolder('test/ts/to-file.ts'), 'utf8');

  for (const [name, target] of OUTPUTS) {
    for (const [format, ending] of [['cjs', 'cjs'], ['esm', 'mjs']]) {
      put(inFolder(`test/ts/to-file.${name}.${ending}`), transformSync(source, { loader: 'ts', format, target }).code);
    }
  }
}

/**
 * Run one file.
 * @typedef {{ name: string, ok: boolean, skipped: boolean }} Result
 * @returns {{ results: Result[], text: string }}
 */
function run(folder, name, isBrief) {
  const { CI, ...env } = process.env; // with CI, the tests that write a gigabyte skip themselves
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', '--test-reporter=tap', `test/${name}`], {
    cwd: folder, encoding: 'utf8', timeout: 120_000, maxBuffer: 2 ** 28,
    env: { ...env, NODE_PATH: path.join(folder, 'node_modules'), ...isBrief && { CI: CI ?? 'true' } },
  });
  const results = [];

  const line = /^ *(not )?ok \d+ - (.*?)( # (?:SKIP|TODO).*)?$/gm;

  for (const [, no, test, directive] of stdout.matchAll(line)) {
    results.push({ name: test, ok: no === undefined, skipped: directive !== undefined });
  }
  if (results.length === 0 || (status !== 0 && results.every(({ ok }) => ok))) {
    results.push({ name: `${name} ends with ${status}: ${stderr.slice(-500)}`, ok: false, skipped: false });
  }
  return { results, text: stdout + stderr };
}

const unexpected = ({ name, ok }) => !ok && !DIFFERENCES.has(name);

function main() {
  const isBrief = process.argv.includes('--brief');
  const [pattern = ''] = process.argv.slice(2).filter((word) => !word.startsWith('-'));
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-stream-')));
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  let bad = 0;

  try {
    copyTo(folder);
    for (const name of fs.readdirSync(path.join(original, 'test')).sort()) {
      if (!/\.test\.m?js$/.test(name) || !name.includes(pattern)) continue;
      if (INNER.has(name)) {
        console.log(`left out: ${name}: tests ${INNER.get(name)}`);
        continue;
      }

      let { results, text } = run(folder, name, isBrief);

      /* Once more: some tests rely on timers that a busy machine delays. */
      if (results.some(unexpected)) ({ results, text } = run(folder, name, isBrief));
      for (const result of results) {
        const why = DIFFERENCES.get(result.name);

        if (result.skipped) skipped++;
        else if (result.ok) passed++;
        else {
          failed++;
          if (why === undefined) bad++;
          console.log(`failed: ${name}: ${result.name}${why === undefined ? '' : ` (expected: ${why})`}`);
        }
      }
      if (results.some(unexpected)) console.log(text);
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }

  console.log(`${passed} of ${passed + failed} tests of thread-stream pass, ${skipped} skip themselves`);
  return bad === 0 ? 0 : 1;
}

process.exitCode = main();
