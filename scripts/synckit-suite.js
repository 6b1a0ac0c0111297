'use strict';

// node scripts/synckit-suite.js [--theirs] [--all] [pattern]
//
// Runs the tests of synckit's repository against `ringport/synckit`, or against the
// installed synckit. The npm package has no tests, so git fetches them into .cache/, and
// npm the TypeScript runners that they use. They run by jest in a folder where `synckit`
// is what is tested; --all makes the million calls of one test, too. Prints each failed
// test and the figures for docs/guides/synckit.md; exits with 1 if a test fails that
// DIFFERENCES does not name.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { parseArgs } = require('node:util');
const { transformSync } = require('esbuild');

const { install } = require('./nodes');
const { root } = require('./sources');

const REPOSITORY = 'https://github.com/un-ts/synckit.git';
/** 0.11.13, the last one that had been published with its tests when this was written. */
const COMMIT = '4a784a3bf7f36490b23f3c72120020a8f6ddabe8';
const RUNNERS = [
  'ts-node@10', 'typescript@5', 'tsx@4', '@swc-node/register@1', '@swc/core@1', '@swc/helpers@0.5', '@oxc-node/core@0.1',
  'esbuild-register@3', 'esbuild-runner@2', 'esbuild@0.25',
];

const clone = path.join(root, '.cache/synckit');
const tools = path.join(root, '.cache/synckit-tools');

const MOCKED = 'replaces Atomics.wait and receiveMessageOnPort, which ringport does not use';
const OF_0_12 = 'synckit 0.12 fails it, too';

/** Tests that fail, and why; docs/guides/synckit.md says the same. */
const DIFFERENCES = new Map([
  ['handling of outdated message from worker', MOCKED],
  ['propagation of undefined timeout', MOCKED],
  ['reduction of waiting time', MOCKED],
  ['unexpected message from worker', MOCKED],
  ['should return true if the flag is present in process.argv', OF_0_12],
  ['encodeImportModule', OF_0_12],
  ['generateGlobals', OF_0_12],
]);

function git(...args) {
  const { status } = spawnSync('git', ['-C', clone, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });

  if (status !== 0) throw new Error(`git ${args[0]} has failed`);
}

/** Have the tests and what they need in .cache/. */
function prepare() {
  if (!fs.existsSync(path.join(clone, 'test'))) {
    fs.mkdirSync(clone, { recursive: true });
    git('init', '--quiet');
    git('fetch', '--quiet', '--depth', '1', REPOSITORY, COMMIT);
    git('checkout', '--quiet', 'FETCH_HEAD');
  }
  if (!fs.existsSync(path.join(tools, 'node_modules'))) install(tools, RUNNERS);
}

/** A file of tests as CommonJS, in which import() is a require(). */
function transpile(file) {
  const { code } = transformSync(fs.readFileSync(file, 'utf8'), {
    loader: 'ts',
    format: 'cjs',
    target: 'node20',
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;',
  });

  return code;
}

const reexport = (file) => `module.exports = require(${JSON.stringify(file)});\n`;

/** A package `synckit` that is another one. */
function standIn(folder, entry) {
  const put = (name, text) => fs.writeFileSync(path.join(folder, name), text);
  const names = Object.keys(require(entry)).join(', ');

  fs.mkdirSync(folder, { recursive: true });
  put('package.json', JSON.stringify({
    name: 'synckit', exports: { types: './index.d.ts', import: './index.mjs', require: './index.cjs' },
  }));
  fs.copyFileSync(path.join(root, 'lib/synckit.d.ts'), path.join(folder, 'index.d.ts'));
  put('index.cjs', reexport(entry));
  put('index.mjs', `import synckit from './index.cjs';\nexport const { ${names} } = synckit;\n`);
}

function copyTo(folder, entry) {
  const put = (name, text) => {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  };
  const modules = path.join(folder, 'node_modules');

  put('package.json', JSON.stringify({ name: 'tests-of-synckit', type: 'module' }));
  put('tsconfig.json', JSON.stringify({ compilerOptions: { module: 'nodenext', target: 'es2022', types: ['node'], skipLibCheck: true } }));
  put('lib/index.cjs', reexport(entry));
  standIn(path.join(modules, 'synckit'), entry);
  for (const name of fs.readdirSync(path.join(tools, 'node_modules'))) {
    if (name.startsWith('.')) continue;
    fs.symlinkSync(path.join(tools, 'node_modules', name), path.join(modules, name), 'junction');
  }
  put('node_modules/eslint/index.js', ''); // a module that does not call runAsWorker()
  put('node_modules/@pkgr/core/index.js', `exports.cjsRequire = require('node:module').createRequire(${JSON.stringify(path.join(folder, 'x'))});\n`);
  put('node_modules/@pkgr/utils/index.js', `exports.findUp = () => ${JSON.stringify(path.join(folder, 'package.json'))};\n`);
  put('jest.config.cjs', `module.exports = ${JSON.stringify({
    rootDir: folder,
    transform: {},
    testMatch: ['**/*.spec.cjs'],
    moduleFileExtensions: ['cjs', 'js', 'json', 'ts'],
    moduleNameMapper: { '^\\./(helpers|types)\\.(js|ts)$': '<rootDir>/test/$1.cjs' },
    testTimeout: 240_000,
  })};\n`);

  const tests = path.join(clone, 'test');

  for (const name of fs.readdirSync(tests, { recursive: true })) {
    const file = path.join(tests, name);

    if (name.startsWith('fixtures') || !fs.statSync(file).isFile()) continue;
    if (/^((\w|-)+\.spec|helpers|types)\.ts$/.test(name)) put(`test/${name.replace(/\.ts$/, '.cjs')}`, transpile(file));
    else put(path.join('test', name.replace('.spec.ts.snap', '.spec.cjs.snap')), fs.readFileSync(file));
  }
}

/** @returns {{ name: string, status: string, message: string }[]} */
function run(folder, pattern, isAll) {
  const output = path.join(folder, 'results.json');
  const { stderr } = spawnSync(process.execPath, [
    path.join(root, 'node_modules/jest/bin/jest.js'), '--config', path.join(folder, 'jest.config.cjs'), '--runInBand', '--ci',
    '--forceExit', '--json', '--outputFile', output, ...(pattern === undefined ? [] : [pattern]),
  ], { encoding: 'utf8', cwd: folder, timeout: 300_000, env: { ...process.env, NODE_OPTIONS: '', CI: isAll ? '1' : '' } });

  if (!fs.existsSync(output)) throw new Error(`jest has failed: ${stderr.slice(-2000)}`);

  const { testResults } = JSON.parse(fs.readFileSync(output, 'utf8'));

  return testResults.flatMap(({ assertionResults, message, name }) => (assertionResults.length === 0
    ? [{ name: path.basename(name), status: 'failed', message }]
    : assertionResults.map(({ title, status, failureMessages }) =>
        ({ name: title, status, message: failureMessages.join('\n') }))));
}

function main() {
  const { values: { theirs: isTheirs, all: isAll }, positionals: [pattern] } = parseArgs({
    options: { theirs: { type: 'boolean' }, all: { type: 'boolean' } }, allowPositionals: true,
  });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-synckit-'));
  const entry = path.join(root, isTheirs ? 'node_modules/synckit/lib/index.cjs' : 'dist/synckit.js');

  try {
    prepare();
    copyTo(folder, entry);

    const results = run(folder, pattern, isAll);
    const count = (status) => results.filter((each) => each.status === status).length;
    let unexpected = 0;

    for (const { name, status, message } of results) {
      if (status !== 'failed') continue;

      const why = isTheirs ? undefined : DIFFERENCES.get(name);

      if (why === undefined) unexpected++;
      console.log(`failed: ${name}${why === undefined ? `\n${message}` : ` (expected: ${why})`}`);
    }
    console.log(`${count('passed')} of ${count('passed') + count('failed')} tests of synckit pass, ` +
      `${count('pending')} skip themselves`);
    return unexpected === 0 ? 0 : 1;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = main();
