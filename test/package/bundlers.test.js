'use strict';

/*
 * Applications that use ringport, processed by bundlers and file tracers: each is built,
 * moved to another folder, and run.
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const { native } = require('../../scripts/targets');

const { Project, environment, prebuilt } = require('./support/project');

/** The machines that tools find the binary of. */
const isShipped = native() !== undefined;

const body = `
  const { port1, port2 } = new MessageChannel();
  port1.postMessage({ map: new Map([[1, new Date(0)]]) });
  const { message: { map } } = receiveMessageOnPort(port2);
  port1.close();
  if (!isMainThread) {
    parentPort.on('message', (message) => {
      parentPort.postMessage([message, map.get(1).getTime(), active]);
      parentPort.close();
    });
  } else {
    const worker = new Worker(process.argv[1]);
    worker.postMessage({ hello: 'wörld 🐎', ring: new RingBuffer(64).capacity });
    worker.on('message', (message) => console.log(JSON.stringify(message)));
  }`;
const names = 'MessageChannel, RingBuffer, Worker, active, isMainThread, parentPort, receiveMessageOnPort';
const apps = {
  cjs: `const { ${names} } = require('ringport');${body}`,
  mjs: `import ringport, { ${names} } from 'ringport';
    if (ringport.Worker !== Worker) throw new Error('there are two of them');${body}`,
};
/* A pool's workers run a file of ringport's, which has to be bundled as well. */
const poolApp = `import { Pool } from 'ringport';
  const pool = new Pool({ filename: process.argv[2], maxThreads: 1 });
  Promise.all([pool.run(2), pool.run({ n: 3 })]).then(async ([two, three]) => {
    console.log(JSON.stringify([two, three, pool.runSync(4)]));
    await pool.close();
  });`;
const works = [{ hello: 'wörld 🐎', ring: 64 }, 0, true];

/**
 * By name: what is made of an application, in a folder, under a name.
 * @returns {string} the file to run
 */
const tools = {
  async 'esbuild, CommonJS'(entry, out, name = 'app') {
    return esbuild(entry, path.join(out, `${name}.cjs`), 'cjs');
  },
  async 'esbuild, ES module'(entry, out, name = 'app') {
    return esbuild(entry, path.join(out, `${name}.mjs`), 'esm');
  },
  async 'rollup, CommonJS'(entry, out, name = 'app') {
    return rollup(entry, path.join(out, `${name}.cjs`), 'cjs');
  },
  async 'rollup, ES module'(entry, out, name = 'app') {
    return rollup(entry, path.join(out, `${name}.mjs`), 'es');
  },
  async webpack(entry, out, name = 'app') {
    const webpack = require('webpack');
    const options = {
      mode: 'production',
      target: 'node',
      entry,
      output: { path: out, filename: `${name}.cjs` },
      optimization: { minimize: false }, // which takes ten seconds
    };
    const stats = await new Promise((resolve, reject) => {
      webpack(options, (error, result) => (error ? reject(error) : resolve(result)));
    });

    assert.equal(stats.toString({ all: false, errors: true, warnings: true }), '');
    return path.join(out, `${name}.cjs`);
  },
};

async function esbuild(entry, outfile, format) {
  const result = await require('esbuild').build(
    { entryPoints: [entry], bundle: true, platform: 'node', format, outfile, logLevel: 'silent' });

  assert.deepEqual([result.errors, result.warnings], [[], []]);
  return outfile;
}

async function rollup(entry, file, format) {
  const { nodeResolve } = require('@rollup/plugin-node-resolve');
  const commonjs = require('@rollup/plugin-commonjs');
  const warnings = [];
  const bundle = await require('rollup').rollup({
    input: entry,
    plugins: [nodeResolve({ preferBuiltins: true }), commonjs()],
    onwarn: ({ message }) => warnings.push(message),
  });

  await bundle.write({ file, format });
  assert.deepEqual(warnings, []);
  return file;
}

describe('an application with ringport', function () {
  this.timeout(120_000);

  let project;
  let installed;

  before(() => {
    const fresh = new Project('bundlers').install();

    project = fresh.folder;
    installed = fresh.installed;
    fresh.write(Object.fromEntries(Object.entries(apps).map(([ext, text]) => [`app.${ext}`, text])));
    fresh.write({ 'pool.mjs': poolApp, 'task.js': 'module.exports = (value) => [value];', 'task.mjs': 'export default (value) => [value];' });
  });
  after(() => fs.rmSync(project, { recursive: true, force: true }));

  /**
   * Run what a tool has made, where the package is not.
   * @returns {{ status, stdout, stderr }}
   */
  function run(file, env = {}, args = []) {
    const elsewhere = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-bundled-'));

    fs.cpSync(path.dirname(file), elsewhere, { recursive: true });
    try {
      return spawnSync(process.execPath, [path.join(elsewhere, path.basename(file)), ...args], {
        encoding: 'utf8',
        env: { ...environment, RINGPORT_REQUIRED: undefined, ...env },
      });
    } finally {
      fs.rmSync(elsewhere, { recursive: true, force: true });
    }
  }

  function runs(file, env) {
    const { status, stdout, stderr } = run(file, env);

    assert.equal(stderr, '');
    assert.deepEqual([status, JSON.parse(stdout)], [0, works]);
  }

  for (const [name, make] of Object.entries(tools)) {
    for (const ext of Object.keys(apps)) {
      it(`is bundled by ${name}, from .${ext}`, async () => {
        const out = fs.mkdtempSync(path.join(project, 'out-'));
        const file = await make(path.join(project, `app.${ext}`), out);
        const without = run(file, { RINGPORT_REQUIRED: '1' });

        const [, message] = /^Error: (.*)$/m.exec(without.stderr) ?? assert.fail(without.stderr);

        assert.match(without.stderr, /ERR_RINGPORT_NO_BINARY/);
        assert.match(message, /^ringport has been bundled into a file in .*external.*prebuilds.*RINGPORT_BINARY/);
        assert.doesNotMatch(message, /npx/);
        runs(file, { RINGPORT_BINARY: path.join(installed, prebuilt) });
        fs.cpSync(path.join(installed, 'prebuilds'), path.join(out, 'prebuilds'), { recursive: true });
        runs(file);
        fs.rmSync(path.join(out, 'prebuilds'), { recursive: true });
        fs.copyFileSync(path.join(installed, prebuilt), path.join(out, 'ringport.node'));
        runs(file);
      });
    }
  }

  function runsPool(file, env) {
    for (const task of ['task.js', 'task.mjs']) {
      const { status, stdout, stderr } = run(file, env, [path.join(project, task)]);

      assert.equal(stderr, '');
      assert.deepEqual([status, JSON.parse(stdout)], [0, [[2], [{ n: 3 }], [4]]]);
    }
  }

  for (const [name, make] of Object.entries(tools)) {
    it(`has a pool if ${name} bundles the file of its workers as well`, async () => {
      const out = fs.mkdtempSync(path.join(project, 'out-'));
      const file = await make(path.join(project, 'pool.mjs'), out);
      const env = { RINGPORT_BINARY: path.join(installed, prebuilt) };

      assert.match(run(file, env).stderr, /ERR_RINGPORT_NO_WORKER_FILE/);
      await make(path.join(installed, 'dist/pool-worker.js'), out, 'pool-worker');
      runsPool(file, env);
    });
  }

  for (const ext of Object.keys(apps)) {
    it(`is bundled by ncc with its binary, from .${ext}`, async function () {
      if (!isShipped) this.skip();

      const out = fs.mkdtempSync(path.join(project, 'out-'));
      const { code, assets } = await require('@vercel/ncc')(
        path.join(project, `app.${ext}`), { quiet: true, cache: false });

      fs.writeFileSync(path.join(out, `app.${ext}`), code);
      for (const [name, { source }] of Object.entries(assets)) {
        fs.mkdirSync(path.dirname(path.join(out, name)), { recursive: true });
        fs.writeFileSync(path.join(out, name), source);
      }
      runs(path.join(out, `app.${ext}`));
    });

    it(`is traced by @vercel/nft with its binary, from .${ext}`, async function () {
      if (!isShipped) this.skip();

      const out = fs.mkdtempSync(path.join(project, 'out-'));
      const { fileList } = await require('@vercel/nft')
        .nodeFileTrace([path.join(project, `app.${ext}`)], { base: project });

      for (const file of fileList) fs.cpSync(path.join(project, file), path.join(out, file));
      assert.ok(fs.existsSync(path.join(out, 'node_modules/ringport/dist/scripts.txt')));
      runs(path.join(out, `app.${ext}`));
    });
  }

  it('has a pool if ncc bundles the file of its workers as well', async function () {
    if (!isShipped) this.skip();

    const out = fs.mkdtempSync(path.join(project, 'out-'));
    const { code, assets } = await require('@vercel/ncc')(path.join(project, 'pool.mjs'), { quiet: true, cache: false });

    fs.writeFileSync(path.join(out, 'pool.mjs'), code);
    for (const [name, { source }] of Object.entries(assets)) {
      fs.mkdirSync(path.dirname(path.join(out, name)), { recursive: true });
      fs.writeFileSync(path.join(out, name), source);
    }

    const worker = await require('@vercel/ncc')(path.join(installed, 'dist/pool-worker.js'), { quiet: true, cache: false });

    fs.writeFileSync(path.join(out, 'pool-worker.js'), worker.code);
    runsPool(path.join(out, 'pool.mjs'));
  });

  it('has a pool where @vercel/nft has traced it', async function () {
    if (!isShipped) this.skip();

    const out = fs.mkdtempSync(path.join(project, 'out-'));
    const { fileList } = await require('@vercel/nft').nodeFileTrace([path.join(project, 'pool.mjs')], { base: project });

    for (const file of fileList) fs.cpSync(path.join(project, file), path.join(out, file));
    runsPool(path.join(out, 'pool.mjs'));
  });
});
