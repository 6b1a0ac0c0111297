'use strict';

/*
 * A route of Next.js that uses ringport, built by both of its bundlers, answers requests.
 * Next.js comes from the registry.
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { once } = require('node:events');
const { spawn, spawnSync } = require('node:child_process');

const { Project, environment } = require('../package/support/project');

const files = {
  'app/layout.js': 'export default ({ children }) => <html><body>{children}</body></html>;',
  'app/page.js': 'export default () => <p>home</p>;',
  'app/api/echo/route.js': `
    import path from 'node:path';
    import { MessageChannel, Worker, active, receiveMessageOnPort } from 'ringport';

    export const dynamic = 'force-dynamic';

    export async function GET() {
      const { port1, port2 } = new MessageChannel();
      port1.postMessage(new Map([[1, 'one']]));
      const { message } = receiveMessageOnPort(port2);
      port1.close();

      const worker = new Worker(path.resolve('worker.js'));
      worker.postMessage('hello');
      const answer = await new Promise((resolve) => worker.once('message', resolve));
      return Response.json({ active, one: message.get(1), answer });
    }`,
  'worker.js': `
    const { parentPort, active } = require('ringport');
    parentPort.once('message', (message) => parentPort.postMessage([message, active]));`,
};

/** Turbopack does not find the binary for the traces by itself; webpack does. */
const config = `module.exports = {
  serverExternalPackages: ['ringport'],
  outputFileTracingIncludes: { '/*': ['./node_modules/ringport/prebuilds/**'] },
};`;

describe('next build', function () {
  this.timeout(400_000);

  const env = { ...environment, RINGPORT_REQUIRED: undefined, NEXT_TELEMETRY_DISABLED: '1' };
  let project;
  let next;

  before(() => {
    project = new Project('next').write(files);
    next = project.path('node_modules/next/dist/bin/next');

    const { status, stderr } = spawnSync('npm',
      ['install', '--ignore-scripts', '--no-audit', '--no-fund', 'next@16', 'react', 'react-dom'],
      { cwd: project.folder, encoding: 'utf8' });

    assert.equal(status, 0, stderr);
    project.install();
  });
  after(() => project.remove());

  /** Build, serve, and ask the route. @returns {Promise<object>} its answer */
  async function answer(bundler) {
    fs.rmSync(project.path('.next'), { recursive: true, force: true });

    const { status, stdout, stderr } = spawnSync(process.execPath, [next, 'build', bundler],
      { cwd: project.folder, encoding: 'utf8', env });

    assert.equal(status, 0, stdout + stderr);

    const server = spawn(process.execPath, [next, 'start', '-p', '0'],
      { cwd: project.folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';

    try {
      for await (const text of server.stdout) {
        printed += text;
        if (/Ready/.test(printed)) break;
      }

      const [url] = /http:\/\/localhost:\d+/.exec(printed) ?? assert.fail(printed);

      return await (await fetch(`${url}/api/echo`)).json();
    } finally {
      server.kill();
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
    }
  }

  for (const bundler of ['--turbopack', '--webpack']) {
    it(`${bundler} leaves ringport out if it is told to, and it is active`, async () => {
      project.write({ 'next.config.js': config });
      assert.deepEqual(await answer(bundler), { active: true, one: 'one', answer: ['hello', true] });

      const route = project.path('.next/server/app/api/echo');
      const { files: traced } = JSON.parse(fs.readFileSync(path.join(route, 'route.js.nft.json'), 'utf8'));

      assert.ok(traced.map((file) => path.resolve(route, file)).includes(project.binary), traced.join('\n'));
    });

    it(`${bundler} takes ringport in, without its binary: Node's ports do the work`, async () => {
      fs.rmSync(project.path('next.config.js'), { force: true });
      assert.deepEqual(await answer(bundler), { active: false, one: 'one', answer: ['hello', true] });
    });
  }
});
