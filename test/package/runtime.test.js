'use strict';

/*
 * ringport under the permission model, hardening flags, TypeScript, and in a single
 * executable.
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const { Project, SPEC_TESTS, environment, root } = require('./support/project');

const inModules = (file) => path.join(root, 'node_modules', file);
const line = Number(process.versions.node.split('.')[0]);
const FILES = ['code.js', 'code-worker.js', 'spec.js'];

describe('an application with ringport', function () {
  this.timeout(120_000);

  let project;

  before(() => {
    project = new Project('runtime').install().copy(...FILES);
  });
  after(() => project.remove());

  const permission = [
    line > 20 ? '--permission' : '--experimental-permission', '--allow-addons', '--allow-worker',
  ];

  for (const [name, flags] of Object.entries({
    'the permission model, which allows addons and workers': () =>
      [...permission, `--allow-fs-read=${fs.realpathSync(project.folder)}${path.sep}*`],
    '--frozen-intrinsics': () => ['--frozen-intrinsics'],
    '--disallow-code-generation-from-strings': () => ['--disallow-code-generation-from-strings'],
    'all of them': () => [
      ...permission, '--allow-fs-read=*', '--frozen-intrinsics', '--disallow-code-generation-from-strings',
      '--disable-proto=delete',
    ],
  })) {
    it(`runs under ${name}`, () => {
      const output = project.node([...flags(), 'spec.js']);

      assert.match(output, new RegExp(`[#ℹ] pass ${SPEC_TESTS}\n`));
      assert.match(output, /[#ℹ] fail 0\n/);
    });
  }

  it('runs workers that are TypeScript', function () {
    if (line < 24) this.skip(); // which does not take it without a flag

    project.write({
      'worker.ts': `import { parentPort, type MessagePort } from 'ringport';
        interface Job { id: number, port: MessagePort }
        parentPort!.on('message', ({ id, port }: Job): void => {
          port.postMessage({ id, square: id ** 2 } satisfies object);
          port.close();
          parentPort!.close();
        });`,
      'app.mts': `import { MessageChannel, Worker } from 'ringport';
        const worker: Worker = new Worker(new URL('worker.ts', import.meta.url));
        const { port1, port2 } = new MessageChannel();
        worker.postMessage({ id: 12, port: port2 }, [port2]);
        port1.on('message', (message: { square: number }) => console.log(message.square));`,
      'tsconfig.json': '{}',
    });
    assert.match(project.node(['--disable-warning=ExperimentalWarning', 'app.mts']), /^144\n/);
  });

  describe('as a single executable', () => {
    const worker = `const { parentPort, active } = require('ringport');
      parentPort.once('message', (message) => parentPort.postMessage([...message, active]));`;
    const app = `const fs = require('node:fs');
      const path = require('node:path');
      const { getAsset, getRawAsset } = require('node:sea');

      if (process.argv.includes('--unpack')) {
        const folder = fs.mkdtempSync(path.join(require('node:os').tmpdir(), 'ringport-app-'));
        const file = path.join(folder, 'ringport.node');

        fs.writeFileSync(file, new Uint8Array(getRawAsset('ringport.node')));
        process.env.RINGPORT_BINARY = file;
        process.on('exit', () => fs.rmSync(folder, { recursive: true }));
      }

      const { Worker, active } = require('ringport');
      const worker = new Worker(getAsset('worker.js', 'utf8'), { eval: true });

      worker.postMessage(new Set(['hello', active]));
      worker.on('message', (message) => console.log(JSON.stringify(message)));`;
    let executable;

    before(function () {
      if (process.platform !== 'linux') this.skip(); // elsewhere the program is signed

      project.write({ 'sea/app.js': app, 'sea/worker.js': worker });
      require('esbuild').buildSync({
        entryPoints: ['sea/app.js', 'sea/worker.js'].map((file) => project.path(file)),
        bundle: true, platform: 'node', outdir: project.path('bundled'), logLevel: 'error',
      });
      project.write({ 'sea.json': JSON.stringify({
        main: 'bundled/app.js', output: 'app.blob', disableExperimentalSEAWarning: true,
        assets: { 'worker.js': 'bundled/worker.js', 'ringport.node': project.binary },
      }) });
      project.node(['--experimental-sea-config', 'sea.json']);
      executable = project.path('alone', 'app');
      fs.mkdirSync(path.dirname(executable));
      fs.copyFileSync(process.execPath, executable);
      project.node([
        inModules('postject/dist/cli.js'), executable, 'NODE_SEA_BLOB', 'app.blob',
        '--sentinel-fuse', 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2',
      ]);
    });

    /** Run it in a folder with a file that it must not load. */
    function run(...args) {
      project.write({ 'elsewhere/ringport.node': 'not a library' });

      const { status, stdout, stderr } = spawnSync(executable, args, {
        encoding: 'utf8', cwd: project.path('elsewhere'), env: environment, timeout: 60_000,
      });

      return status === 0 ? stdout : stderr;
    }

    it('runs with the binary as an asset, which it unpacks', () => {
      assert.equal(run('--unpack'), '["hello",true,true]\n');
    });

    it('says that it has no binary, and runs when that is beside it', () => {
      assert.match(run(), /has been bundled into a file in .*alone, and there is no binary for it.*RINGPORT_BINARY/);
      fs.copyFileSync(project.binary, path.join(path.dirname(executable), 'ringport.node'));
      assert.equal(run(), '["hello",true,true]\n');
    });
  });
});
