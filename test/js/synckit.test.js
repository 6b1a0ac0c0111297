'use strict';

/* ringport/synckit: functions that block until a worker has answered. */

const assert = require('node:assert/strict');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { spawnSync } = require('node:child_process');

const synckit = require('../../dist/synckit.js');
const theirs = require('synckit');

const { createSyncFn, startWorkerThread, setupTsRunner, TsRunner, compareNodeVersion } = synckit;

const folder = path.join(__dirname, 'fixtures/synckit');
const file = (name) => path.join(folder, name);
const start = (name = 'task.js', options = {}) => startWorkerThread(file(name), options);

describe('ringport/synckit', function () {
  this.timeout(60_000);

  let call;

  before(() => { call = start(); });

  it('has the exports of synckit, for require and for import', async () => {
    const names = (object) => Object.keys(object).sort();

    assert.deepEqual(names(synckit), names(theirs));
    assert.deepEqual(names(await import('../../dist/synckit.mjs')), names(theirs));
    for (const [name, value] of Object.entries(theirs)) {
      if (typeof value !== 'function') assert.deepEqual(synckit[name], value, name);
    }
  });

  it('returns what the worker\'s function returns or resolves with', () => {
    const values = [
      0, -0, 1.5, NaN, 'text', '\u20ac', 'x'.repeat(200_000), '', true, null, undefined, 10n, [], [undefined], {}, { a: { b: [1, 'c'] } },
      new Date(5), new Map([[1, new Set([2])]]), new Uint8Array([1, 2]), /r/g, Array.from({ length: 100 }, (_, i) => i),
    ];

    for (const task of ['echo', 'plain', 'thenable', 'later']) {
      for (const value of values) assert.deepEqual(call(task, value), value);
    }
    assert.deepEqual(call('args'), []);
    assert.deepEqual(call('args', 1, undefined, { a: 1 }), [1, undefined, { a: 1 }]);
  });

  it('throws what it throws, with class, code, stack and cause', () => {
    assert.throws(() => call('throws'), (error) => {
      assert.equal(error.constructor, TypeError);
      assert.deepEqual([error.message, error.code, error.cause.message], ['no', 'E_NO', 'why']);
      assert.match(error.stack, /task\.js/);
      return true;
    });
    for (const reason of [undefined, null, 0, 'text', { a: 1 }]) {
      assert.throws(() => call('rejects', reason), (thrown) => {
        assert.deepEqual(thrown, reason);
        return true;
      });
    }
    assert.throws(() => call('echo', () => {}), { name: 'DataCloneError' });
    assert.throws(() => call('function'), { name: 'DataCloneError' });
    assert.equal(call('echo', 1), 1);
  });

  it('writes what the worker writes before the call returns', () => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [file('app.js')], { encoding: 'utf8' });

    assert.deepEqual([stdout, stderr, status], ['zero\none\nthree\nfour\nbefore\nafter\n', 'two\n', 0]);
  });

  it('gives up after the timeout, and drops the late answer', () => {
    const limited = start('task.js', { timeout: 1500 });

    assert.equal(limited('later', 1, 0), 1);
    assert.throws(() => limited('later', 2, 2000), { message: 'Internal error: Atomics.wait() failed: timed-out' });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 800);
    assert.equal(limited('echo', 3), 3);
    assert.throws(() => limited('later', 4, 2000), /timed-out/);
    assert.equal(limited('echo', 5), 5);
  });

  it('a worker that cannot be loaded is no riddle: each call throws its error', () => {
    for (const [name, expected] of [
      ['fails.js', { name: 'SyntaxError', message: 'cannot be loaded', code: 'E_LOAD' }],
      ['fails-late.mjs', { message: 'after an await' }],
      ['idle.js', { message: 'Worker exited with code 0' }],
      ['missing.js', { code: 'MODULE_NOT_FOUND' }],
      ['missing.mjs', { code: 'ERR_MODULE_NOT_FOUND' }],
    ]) {
      const broken = start(name);

      for (let i = 0; i < 2; i++) assert.throws(() => broken(1), expected, name);
    }
  });

  it('neither is one that ends while it is called', async () => {
    const expected = {
      exits: { message: 'Worker exited with code 7' },
      crashes: { name: 'RangeError', message: 'crashed' },
      rejectsLater: { message: 'unhandled' },
    };

    for (const [task, error] of Object.entries(expected)) {
      const doomed = start();

      assert.equal(doomed('echo', 1), 1);
      assert.throws(() => doomed(task, 7), error);
      assert.throws(() => doomed('echo', 1), error);
      await new Promise((resolve) => { setTimeout(resolve, 50); });
      assert.throws(() => doomed('echo', 1), error);
    }
  });

  it('a worker that handles its exceptions goes on', () => {
    const hardy = start();

    for (let i = 0; i < 2; i++) {
      assert.throws(() => hardy('survives'), { name: 'RangeError', message: 'crashed' });
      assert.throws(() => hardy('rejectsLater'), { message: 'unhandled' });
      assert.equal(hardy('echo', i), i);
    }
  });

  it('writes with the next call what a call has written after its error', () => {
    const hardy = start();
    const { write } = process.stdout;
    const written = [];

    assert.throws(() => hardy('survives'), { message: 'crashed' });
    assert.throws(() => hardy('outlastsItsError'), { message: 'crashed' });
    process.stdout.write = (chunk) => written.push(String(chunk));
    try {
      hardy('later', 1, 500);
    } finally {
      process.stdout.write = write;
    }
    assert.deepEqual(written, ['late\n']);
  });

  it('waits for a module that calls runAsWorker() late', () => {
    assert.equal(start('slow-start.js')(3), 3);
  });

  it('loads ES modules, and files by their names without extension', () => {
    assert.equal(start('task.mjs')('echo', 4), 4);
    assert.equal(start('nested')(5)[0], 5);
  });

  it('loads TypeScript where Node does', function () {
    if (compareNodeVersion('22.7') < 0) {
      assert.throws(() => start('typed.ts', { tsRunner: TsRunner.Node }), /not supported in this node version/);
      this.skip();
    }
    assert.equal(startWorkerThread(file('typed.ts'), { execArgv: [], tsRunner: 'node' })(6), 6);
    assert.throws(() => start('typed.ts', { tsRunner: 'none' }), /^Error: Unknown ts runner: none$/);
  });

  it('puts globals in place, and leaves out what is not installed', () => {
    const globalShims = [
      { moduleName: 'not-installed', globalName: 'missing' },
      { moduleName: file('shim.js'), globalName: 'shimmed' },
      { moduleName: file('shim.js'), globalName: 'shimmedByName', named: 'named' },
      { moduleName: file('shim.js'), globalName: 'shimmedWhole', named: null, conditional: false },
    ];

    for (const name of ['task.js', 'task.mjs']) {
      assert.deepEqual(start(name, { globalShims })('shims'), [{ named: 'named' }, 'named', 'named'], name);
    }
    assert.deepEqual(start('task.js', { globalShims: true })('echo', 1), 1);
    assert.throws(() => start('task.js', { globalShims: [{ moduleName: file('fails.js') }] })('echo', 1), { code: 'E_LOAD' });
  });

  it('createSyncFn() has a worker for each path', () => {
    const first = createSyncFn(file('task.js'), 10_000);

    assert.equal(createSyncFn(pathToFileURL(file('task.js'))), first);
    assert.equal(createSyncFn(pathToFileURL(file('task.js')).href), first);
    assert.notEqual(createSyncFn(file('task.mjs')), first);
    assert.equal(first('echo', 1), 1);
    assert.throws(() => createSyncFn('./task.js'), { message: '`workerPath` must be absolute' });
    assert.throws(() => createSyncFn(new URL('https://example.com')), { code: 'ERR_INVALID_URL_SCHEME' });
  });

  it('says what synckit says of a file and its runner', () => {
    const files = ['task.js', 'task', 'task.mjs', 'typed.ts', 'task.cts', 'task.mts', 'node_modules/a.js', '../../../../lib/index.js'];

    for (const name of files) {
      for (const tsRunner of Object.values(TsRunner).filter((each) => each !== 'node')) {
        for (const execArgv of [[], ['-r', 'x'], ['--import', 'x'], ['--loader', 'x']]) {
          const [ours, other] = [synckit, theirs].map((each) => each.setupTsRunner(file(name), { tsRunner, execArgv }));

          assert.deepEqual(ours, other, `${name} ${tsRunner} ${execArgv}`);
        }
      }
    }
    assert.equal(setupTsRunner(file('task.js')).jsUseEsm, false);
    for (const tsRunner of ['esbuild-register', 'esbuild-runner', 'tsx']) {
      assert.throws(() => startWorkerThread(file('task.mts'), { tsRunner }), new RegExp(`^Error: ${tsRunner} is not supported for .mts`));
    }
  });

  it('the small helpers agree with synckit\'s', () => {
    const shims = [
      'a', { moduleName: 'a' }, { moduleName: 'a', globalName: 'b' }, { moduleName: './a', globalName: 'b', named: 'c' },
      { moduleName: 'a', globalName: 'b', named: null, conditional: false }, { moduleName: '/a b', globalName: 'b', named: ' ' },
    ];
    const versions = ['1', '1.0', '1.0.1', '1.2', '10.0', '2.x', ''];

    for (const type of ['import', 'require', undefined]) {
      for (const shim of shims) {
        assert.equal(synckit.encodeImportModule(shim, type), theirs.encodeImportModule(shim, type));
      }
    }
    for (const a of versions) {
      for (const b of versions) assert.equal(synckit.compareVersion(a, b), theirs.compareVersion(a, b), `${a} ${b}`);
    }
    for (const each of [undefined, null, 1, {}, { a: 1 }, Object.assign(new Error('m'), { code: 1 }), Object.create({ inherited: 1 })]) {
      assert.deepEqual(synckit.extractProperties(each), theirs.extractProperties(each));
    }
    assert.equal(synckit.md5Hash('synckit'), theirs.md5Hash('synckit'));
    assert.equal(synckit.dataUrl('a&b').href, theirs.dataUrl('a&b').href);
    assert.deepEqual([synckit.isFile(__filename), synckit.isFile(__dirname), synckit.isFile('\0')], [true, false, false]);
    assert.equal(synckit._generateGlobals(synckit.DEFAULT_GLOBAL_SHIMS_PRESET, 'import'),
      theirs._generateGlobals(theirs.DEFAULT_GLOBAL_SHIMS_PRESET, 'import'));
    assert.match(synckit.generateGlobals(__filename, [{ moduleName: 'mocha' }, { moduleName: 'node:fs' }]), /file:.*mocha.*node:fs/);
  });

  it('reads the environment and the flags', () => {
    const code = `const s = require(${JSON.stringify(require.resolve('../../dist/synckit.js'))});
      console.log(JSON.stringify([s.DEFAULT_TIMEOUT, s.DEFAULT_EXEC_ARGV, s.DEFAULT_GLOBAL_SHIMS, s.DEFAULT_TS_RUNNER, s.NODE_OPTIONS,
        s.hasFlag('--no-warnings'), s.hasFlag('--title'), s.hasFlag('--nothing')]))`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', '-e', code], {
      encoding: 'utf8',
      env: {
        ...process.env, NODE_OPTIONS: '--title="a \\"b\\" c" --trace-warnings', SYNCKIT_TIMEOUT: '5', SYNCKIT_EXEC_ARGV: '-a,-b',
        SYNCKIT_GLOBAL_SHIMS: 'true', SYNCKIT_TS_RUNNER: 'tsx',
      },
    });

    assert.equal(stdout, `${JSON.stringify([5, ['-a', '-b'], true, 'tsx', ['--title=a "b" c', '--trace-warnings'], true, true, false])}\n`, stderr);
  });

  it('runAsWorker() does nothing elsewhere', () => {
    synckit.runAsWorker(() => assert.fail());
  });
});
