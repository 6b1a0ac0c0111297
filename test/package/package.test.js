'use strict';

// What a user gets: the packed tarball, installed in a fresh project, offline, without
// install scripts.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { once } = require('node:events');
const { spawn, spawnSync } = require('node:child_process');

const { native, problems } = require('../../scripts/targets');

const root = path.join(__dirname, '..', '..');

const echo = `
  if (!isMainThread) {
    parentPort.on('message', (message) => {
      parentPort.postMessage(['echo', message]);
      parentPort.close();
    });
  } else {
    const worker = new Worker(file);

    worker.postMessage({ hello: 'wörld 🐎', list: [1, 2.5, null] });
    worker.on('message', (message) => console.log(JSON.stringify(message)));
  }`;

const programs = {
  'echo.cjs': `
    const { Worker, parentPort, isMainThread } = require('ringport');
    const file = __filename;
    ${echo}`,
  'echo.mjs': `
    import { Worker, parentPort, isMainThread } from 'ringport';
    const file = new URL(import.meta.url);
    ${echo}`,
};

/** What npm hands to scripts: not every Node has an npm beside it. */
const asNpm = { npm_config_node_gyp: path.join(root, 'node_modules/node-gyp/bin/node-gyp.js') };

describe('the package', function () {
  this.timeout(180_000);

  let project;
  let installed;
  let built;

  /** Run a command to its end in the project, and fail with its output if it fails. */
  function run(command, args, cwd = project) {
    const shell = process.platform === 'win32';
    const result = spawnSync(command, args, { cwd, encoding: 'utf8', shell, env: { ...process.env, ...asNpm } });
    const output = `${result.stdout}${result.stderr}${result.error ?? ''}`;

    assert.equal(result.status, 0, `${command} ${args.join(' ')}\n${output}`);
    return result.stdout;
  }

  before(() => {
    project = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-package-'));
    installed = path.join(project, 'node_modules', 'ringport');
    built = path.join(installed, 'build', 'Release', 'ringport.node');
    fs.writeFileSync(path.join(project, 'package.json'), '{"name": "fresh", "private": true}');
    for (const [name, text] of Object.entries(programs)) {
      fs.writeFileSync(path.join(project, name), text);
    }

    run('npm', ['pack', '--pack-destination', project], root);

    const tarball = fs.readdirSync(project).find((name) => name.endsWith('.tgz'));

    run('npm', ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', `./${tarball}`]);
  });

  after(() => fs.rmSync(project, { recursive: true, force: true }));

  for (const name of Object.keys(programs)) {
    it(`carries a message to a worker and back, with scripts blocked: ${name}`, () => {
      const output = run(process.execPath, [name]);

      assert.deepEqual(JSON.parse(output), ['echo', { hello: 'wörld 🐎', list: [1, 2.5, null] }]);
    });
  }

  for (const flag of ['-r', '--import']) {
    it(`is used by an application that does not know it, by ${flag} ringport/register`, () => {
      const text = `const { Worker } = require('node:worker_threads');
        const text = "require('node:worker_threads').parentPort.postMessage('detach' in MessagePort.prototype)";
        new Worker(text, { eval: true, execArgv: [] }).on('message', (message) => console.log(message));`;

      fs.writeFileSync(path.join(project, 'unknowing.cjs'), text);
      assert.equal(run(process.execPath, [flag, 'ringport/register', 'unknowing.cjs']), 'true\n');
    });
  }

  it('holds the prebuilt binaries that are there, nothing beside them, and no build of its own', () => {
    const there = problems().filter(({ problem }) => problem === '').map(({ target: { file } }) => file);
    const packed = fs.readdirSync(path.join(installed, 'prebuilds'), { recursive: true })
      .filter((name) => name.includes('.')).map((name) => `prebuilds/${name.replaceAll(path.sep, '/')}`);

    assert.ok(packed.includes(native().file));
    assert.deepEqual(packed.sort(), there.sort());
    assert.equal(fs.existsSync(path.join(installed, 'build')), false);
  });

  it('is small, and brings nothing else with it', () => {
    const binaries = fs.readdirSync(path.join(installed, 'prebuilds'), { recursive: true })
      .filter((name) => name.endsWith('.node')).map((name) => path.join(installed, 'prebuilds', name));
    const size = fs.readdirSync(installed, { recursive: true })
      .filter((name) => !name.includes('.code') && !name.endsWith('.node')) // what it makes; binaries
      .map((name) => fs.statSync(path.join(installed, name)))
      .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);

    const packages = fs.readdirSync(path.join(project, 'node_modules'))
      .filter((name) => !name.startsWith('.'));

    assert.deepEqual(packages, ['ringport']);
    assert.ok(size < 2 * 1024 * 1024, `${size} bytes`);
    for (const file of binaries) assert.ok(fs.statSync(file).size < 192 * 1024, file);
  });

  it('has the command ringport, with all that it needs', async () => {
    const ringport = (...args) => run('npx', ['--offline', 'ringport', ...args]);
    const program = "require('ringport'); process.stdin.on('data', () => process.exit())";
    const child = spawn(process.execPath, ['-e', program], {
      cwd: project, env: { ...process.env, RINGPORT_TOP: 'auto' }, stdio: ['pipe', 'inherit', 'pipe'],
    });

    try {
      assert.match(String(await new Promise((resolve) => child.stderr.once('data', resolve))), /ringport top: listening/);

      const address = ringport('top', String(child.pid), '--url').trim();
      const response = await fetch(address);

      assert.equal(response.status, 200);
      assert.match(await response.text(), /uPlot/);
      assert.match(ringport('top', String(child.pid), '--once'), /^main +running /m);
    } finally {
      child.stdin.end('end');
      await once(child, 'exit');
    }
    assert.match(ringport('bench', '--rounds', '1'), /ringport is quicker in \d+ rows of \d+/);
    assert.match(ringport('build', '--help'), /^Usage: ringport build/);
  });

  it('is not hidden by a build that was copied from another machine', () => {
    fs.mkdirSync(path.dirname(built), { recursive: true });
    fs.writeFileSync(built, 'not a library');
    run(process.execPath, ['echo.cjs']);
  });

  it('can be built where it is installed, by npx ringport-build', () => {
    const output = run('npx', ['--offline', 'ringport-build']);

    assert.match(output, /ringport is ready/);
    assert.ok(fs.statSync(built).size > 1000);
    run(process.execPath, ['echo.cjs']);
  });

  it('builds in its install script, where that may run, only if no binary fits', () => {
    const script = path.join('node_modules', 'ringport', 'scripts', 'install.js');

    fs.rmSync(path.join(installed, 'build'), { recursive: true });
    run(process.execPath, [script]);
    assert.equal(fs.existsSync(built), false);

    fs.rmSync(path.join(installed, 'prebuilds'), { recursive: true });
    run(process.execPath, [script]);
    run(process.execPath, ['echo.cjs']);
  });

  it('says in one sentence what a build lacks', function () {
    if (process.platform === 'win32') this.skip();

    const script = path.join(installed, 'scripts', 'ringport-build.js');
    const { status, stderr } = spawnSync(process.execPath, [script], {
      encoding: 'utf8', env: { PATH: project },
    });

    assert.equal(status, 1);
    assert.match(stderr, /^ringport needs a C compiler, make and python3 to build .*\n$/);
  });

  it('works by worker_threads where no binary fits, and says what to do', () => {
    fs.rmSync(path.join(installed, 'build'), { recursive: true });

    for (const RINGPORT_REQUIRED of ['0', '1']) {
      const { status, stdout, stderr } = spawnSync(process.execPath, ['echo.cjs'], {
        cwd: project, encoding: 'utf8', env: { ...process.env, RINGPORT_REQUIRED },
      });

      assert.equal(status, Number(RINGPORT_REQUIRED));
      assert.equal(stdout.startsWith('["echo"'), status === 0);
      assert.match(stderr, status === 0 ? /ERR_RINGPORT_INACTIVE/ : /ERR_RINGPORT_NO_BINARY/);
      assert.match(stderr, new RegExp(`${process.platform}-${process.arch}.*npx ringport-build`));
    }
  });
});
