'use strict';

/* The command `ringport`: top, bench, build, and what it says to wrong arguments. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { once } = require('node:events');
const { spawn, spawnSync } = require('node:child_process');

const { table } = require('../../bin/top/table');
const { Place, command } = require('./support/top');

const { version } = require('../../package.json');
const app = path.join(__dirname, 'fixtures/top-app.js');

describe('the command ringport', function () {
  this.timeout(60_000);

  let place;

  beforeEach(() => { place = new Place(); });
  afterEach(() => place.end());

  it('lists its commands', () => {
    const { status, stdout, stderr } = place.run('--help');

    assert.deepEqual([status, stderr], [0, '']);
    for (const name of ['top', 'bench', 'build']) assert.match(stdout, new RegExp(`^  ${name} `, 'm'));
    assert.deepEqual(place.run('help'), { status, stdout, stderr });
    assert.deepEqual(place.run(), { status: 1, stdout: '', stderr: stdout });
    assert.equal(place.run('--version').stdout, `${version}\n`);
    for (const name of ['top', 'bench', 'build']) {
      const help = place.run(name, '--help');

      assert.deepEqual([help.status, help.stderr], [0, '']);
      assert.match(help.stdout, new RegExp(`^Usage: ringport ${name}`));
    }
  });

  for (const [args, message] of [
    [['nothing'], /^ringport: there is no command 'nothing', only top, bench, build: see ringport --help\n$/],
    [['constructor'], /there is no command 'constructor'/],
    [['top', '--nothing'], /^ringport: Unknown option '--nothing'/],
    [['bench', '--nothing'], /^ringport: Unknown option '--nothing'/],
    [['build', 'this'], /^ringport: Unexpected argument 'this'/],
    [['top'], /^ringport: no process can be looked at: start one with RINGPORT_TOP=auto in its environment\n$/],
    [['top', 'app.js'], /^ringport: 'app.js' is not the number of a process\n$/],
    [['top', '1', '2'], /^ringport: top looks at one process\n$/],
    [['top', String(process.pid)], /^ringport: process \d+ cannot be looked at: start it with RINGPORT_TOP=auto/],
    [['bench', '--rounds', 'x'], /^ringport: --rounds must be a number from 1 to 100, not 'x'\n$/],
    [['bench', '--rounds', '0'], /^ringport: --rounds must be a number/],
    [['bench', '--chart', 'chart.png'], /^ringport: --chart makes \.svg and \.html, not 'chart\.png'\n$/],
    [['bench', '--json', 'no/such/folder/file'], /^ringport: ENOENT/],
  ]) {
    it(`says in one line what is wrong with: ${args.join(' ')}`, () => {
      const { status, stdout, stderr } = place.run(...args);

      assert.deepEqual([status, stdout], [1, '']);
      assert.match(stderr, message);
      assert.equal(stderr.trimEnd().split('\n').length, 1);
    });
  }

  it('says so as ringport-build, too', () => {
    const build = path.join(__dirname, '../../scripts/ringport-build.js');
    const { status, stdout, stderr } = spawnSync(process.execPath, [build, '--nothing'], { encoding: 'utf8' });

    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /^ringport-build: Unknown option '--nothing'.*\n$/);
  });

  describe('top', () => {
    let child;
    let about;

    beforeEach(async () => {
      child = place.start([app]);
      about = await place.listening(child);
      await place.ready(child);
    });

    it('prints a table without escape sequences where there is no terminal', () => {
      const { status, stdout, stderr } = place.run('top', '--once');

      assert.deepEqual([status, stderr], [0, '']);
      assert.doesNotMatch(stdout, /\x1b/);
      assert.match(stdout, new RegExp(`^top-app\\.js, process ${child.pid}, Node ${process.version}\n`));
      assert.match(stdout, /^thread +state +in\/s +out\/s /m);
      assert.match(stdout, /^main +running /m);
      assert.match(stdout, /^\d+ blocks +blocked \d+ s +0 +0 +0 +0 +(?:39|40) /m);
      assert.match(stdout, /^MessagePort \d+ of main +main .* 1000 /m);
      assert.match(stdout, /^1 pool-task\.js +main +1 +1 +0 +0 +1 +0 +0 /m);
      assert.match(stdout, new RegExp(`^Charts: http://127\\.0\\.0\\.1:${about.port}/\\?token=${about.token}$`, 'm'));
    });

    it('lists processes, and prints the address of one', () => {
      const { pid } = child;
      const line = `${String(pid).padStart(8)}  top-app.js, Node ${process.version}\n`;

      assert.equal(place.run('top', '--list').stdout, line);
      for (const args of [[], [String(pid)]]) {
        assert.equal(place.run('top', ...args, '--url').stdout, `http://127.0.0.1:${about.port}/?token=${about.token}\n`);
      }
    });

    it('lets no control character of a title through', () => {
      const file = path.join(place.inner, `${child.pid}.json`);

      fs.writeFileSync(file, JSON.stringify({ ...about, title: '\x1b[31mred\x07' }));
      assert.match(place.run('top', '--list').stdout, /^ *\d+ {2}\?\[31mred\?, Node /);
    });

    it('uses no proxy', () => {
      const proxy = 'http://127.0.0.1:9';
      const { status, stderr } = spawnSync(process.execPath, [command, 'top', '--once'], {
        encoding: 'utf8',
        env: place.env({
          NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy, http_proxy: proxy, NO_PROXY: '', no_proxy: '',
          NODE_NO_WARNINGS: '1', // of Node 22
        }),
      });

      assert.deepEqual([status, stderr], [0, '']);
    });

    it('asks which, where there are several', async () => {
      const other = await place.listening(place.start([app]));
      const { status, stderr } = place.run('top', '--once');

      assert.equal(status, 1);
      for (const { pid } of [about, other]) assert.match(stderr, new RegExp(`^ +${pid}  top-app\\.js`, 'm'));
      assert.match(place.run('top', String(other.pid), '--once').stdout, new RegExp(`process ${other.pid},`));
    });

    it('prints samples as JSON, until the process ends', async () => {
      const top = spawn(process.execPath, [command, 'top', '--json'], { env: place.env() });
      let printed = '';
      let said = '';

      top.stderr.on('data', (text) => { said += text; });
      for await (const text of top.stdout) {
        printed += text;
        if (child.exitCode === null && child.signalCode === null && printed.split('\n').length > 3) child.kill('SIGKILL');
      }

      const samples = printed.trimEnd().split('\n').map((line) => JSON.parse(line));

      assert.ok(samples.length >= 3);
      for (const { pid, threads } of samples) assert.deepEqual([pid, threads[0].threadId], [child.pid, 0]);
      assert.ok(samples.every(({ time }, i) => i === 0 || time > samples[i - 1].time));
      if (top.exitCode === null) await once(top, 'exit');
      assert.equal(top.exitCode, 0);
      assert.equal(said, 'The process has ended.\n');
    });

    it('redraws the table on a terminal, also on one that does not know its size', async function () {
      if (process.platform !== 'linux' || spawnSync('script', ['--version']).error !== undefined) this.skip();

      const top = spawn('script', ['-qec', `"${process.execPath}" "${command}" top`, '/dev/null'],
        { env: place.env({ TERM: 'xterm' }), stdio: ['ignore', 'pipe', 'inherit'] });
      let printed = '';

      for await (const text of top.stdout) {
        printed += text;
        if (printed.split('\x1b[H').length > 3) child.kill('SIGKILL');
      }
      assert.match(printed, /^\x1b\[\?25l\x1b\[2J\x1b\[H[^]*main +running .*\x1b\[K/);
      assert.match(printed, /The process has ended\.[^]*\x1b\[\?25h/);
    });

    it('ends when its reader does', async () => {
      const top = spawn(process.execPath, [command, 'top'], { env: place.env(), stdio: ['ignore', 'pipe', 'pipe'] });
      let said = '';

      top.stderr.on('data', (text) => { said += text; });
      await once(top.stdout, 'data');
      top.stdout.destroy();
      assert.deepEqual([...await once(top, 'exit'), said], [0, null, '']);
    });

    it('says that the process does not answer, where another has its port', async () => {
      const file = path.join(place.inner, `${child.pid}.json`);

      fs.writeFileSync(file, JSON.stringify({ ...about, token: 'another' }));
      assert.match(place.run('top', '--once').stderr, /^ringport: the process answers 401 Unauthorized\n$/);
      fs.writeFileSync(file, JSON.stringify({ ...about, port: 1 }));
      assert.match(place.run('top', '--once').stderr, /^ringport: the process has ended\n$/);
    });
  });

  describe('the table of top', () => {
    const rates = { messagesIn: 1234567, messagesOut: 0.25, bytesIn: 5e9, bytesOut: 12345, wakeUps: 1, byNode: 0 };
    const thread = {
      threadId: 0, name: '', state: 'running', ports: 1, queued: 7, stalls: 0, rates, utilization: 0.5,
      delay: { p50: 1, p99: 2.25, max: 30 }, silent: null,
    };
    const port = {
      threadId: 0, slot: 1, of: 'Worker', rates, queued: 7, highWaterMark: 0, queuedBytes: null, stalls: 0, peerThreadId: 1,
    };
    const sample = {
      pid: 1, node: 'v1', title: 'app', portCount: 100, pools: [], ports: Array(100).fill(port),
      threads: [thread, { ...thread, threadId: 1, name: '\x1b[31mred\x07', delay: null, utilization: null, silent: 3000 }],
    };

    it('shortens numbers, lists at most 20 ports, and lets no control character through', () => {
      const lines = table(sample, { colours: false, columns: Infinity });

      assert.match(lines[3], /^main +running +1\.2M +0\.3 +5\.0G +12k +7 +1 +0 +0 +1 +2\.3 ms +30 ms +50%$/);
      assert.match(lines[4], /^1 \?\[31mred\? +blocked 3 s .* - +- +-$/);
      assert.equal(lines.filter((line) => line.startsWith('Worker')).length, 20);
      assert.equal(lines.at(-1), '... and 80 ports that are less busy');
    });

    it('is as wide as the terminal, and in colour where that is wanted', () => {
      const lines = table(sample, { colours: true, columns: 40 });
      const plain = lines.map((line) => line.replace(/\x1b\[\d+m/g, ''));

      assert.ok(plain.every((line) => line.length <= 40));
      assert.match(lines[4], /^\x1b\[31m1 .*\x1b\[0m$/);
      assert.ok(table(sample, { colours: false, columns: 40 }).every((line) => !line.includes('\x1b')));
    });
  });

  it('bench measures all rows of both, and draws them', () => {
    const [svg, html, json] = ['chart.svg', 'chart.html', 'figures.json'].map((name) => path.join(place.folder, name));
    const preload = path.join(place.folder, 'preload.js');

    /* As ringport/register would, this must not get into the measured processes. */
    fs.writeFileSync(preload, 'if (/[\\\\/]bench[\\\\/]js[\\\\/]/.test(process.argv[1])) process.exit(9);');

    const { status, stdout, stderr } = spawnSync(process.execPath, [command, 'bench', '--rounds', '1', '--chart', svg, '--json', json], {
      encoding: 'utf8', env: place.env({ NODE_OPTIONS: `--require ${JSON.stringify(preload)}`, RINGPORT_TOP: 'x' }),
    });

    assert.deepEqual([status, stderr], [0, '']);

    const report = JSON.parse(fs.readFileSync(json, 'utf8'));

    assert.ok(report.rows.length >= 14);
    for (const { name, group, theirs, ours, ratio } of report.rows) {
      assert.ok(theirs > 10 && theirs < 1e11 && ours > 10 && ours < 1e11, name);
      assert.ok(Math.abs(ratio.median - theirs / ours) < 1e-9, name);
      assert.ok(['cold', 'warm'].includes(group));
      assert.ok(stdout.includes(`  ${name} `), name);
      assert.ok(fs.readFileSync(svg, 'utf8').includes(`>${name}</text>`), name);
    }

    const slower = report.rows.filter(({ ratio }) => ratio.median < 0.995).length;

    assert.equal(stdout.match(/ slower$/gm)?.length ?? 0, slower);
    assert.doesNotMatch(stdout, /NaN|undefined|\x1b/);
    assert.doesNotMatch(fs.readFileSync(svg, 'utf8'), /NaN|undefined/);

    const { html: draw } = require('../../bin/bench/report');

    fs.writeFileSync(html, draw(report));
    assert.match(fs.readFileSync(html, 'utf8'), /<svg [^]*<\/svg>\n<pre>[^]*quicker in \d+ rows/);
  });
});
