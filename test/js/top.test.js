'use strict';

/*
 * RINGPORT_TOP: a process serves its numbers on the loopback interface to those who have
 * its token, its ending is not changed by that, and without the variable nothing is
 * loaded.
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { once } = require('node:events');
const { spawnSync } = require('node:child_process');
const { setTimeout } = require('node:timers/promises');

const { chromium } = require('../../scripts/chromium');
const { withPage } = require('./support/page');
const { Place, request, root, sampleOf } = require('./support/top');

const app = path.join(__dirname, 'fixtures/top-app.js');
const library = JSON.stringify(root);

describe('RINGPORT_TOP', function () {
  this.timeout(60_000);

  let place;

  beforeEach(() => { place = new Place(); });
  afterEach(() => place.end());

  describe('serves a process that runs', () => {
    let child;
    let about;
    const withToken = (url) => `${url}?token=${about.token}`;

    beforeEach(async () => {
      child = place.start([app]);
      about = await place.listening(child);
    });

    it('leaves its port and token in a file that only the user can read', () => {
      assert.deepEqual(Object.keys(about).sort(), ['file', 'node', 'pid', 'port', 'title', 'token']);
      assert.equal(about.pid, child.pid);
      assert.equal(about.title, 'top-app.js');
      assert.ok(about.token.length >= 32);
      assert.ok(!child.said.includes(about.token));
      if (process.platform === 'win32') return;
      assert.equal(fs.statSync(about.file).mode & 0o777, 0o600);
      assert.equal(fs.statSync(place.inner).mode & 0o777, 0o700);
    });

    it('answers 401 without the token, and with a wrong one', async () => {
      for (const url of ['/', '/events', '/nothing', '/?token=', `/?token=${about.token}x`, '/events?token=wrong']) {
        assert.equal((await request(about, url)).status, 401, url);
      }
      for (const authorization of [`Bearer ${about.token.slice(1)}`, about.token, 'Bearer ']) {
        assert.equal((await request(about, '/', { headers: { authorization } })).status, 401, authorization);
      }
    });

    it('answers 403 to a Host that is not the loopback interface, also with the token', async () => {
      for (const host of ['example.org', `example.org:${about.port}`, 'localhost', '127.0.0.1:1', '[::1]']) {
        assert.equal((await request(about, withToken('/'), { headers: { host } })).status, 403, host);
      }
      for (const host of [`localhost:${about.port}`, `127.0.0.1:${about.port}`]) {
        assert.equal((await request(about, withToken('/'), { headers: { host } })).status, 200, host);
      }
    });

    it('answers 404 to other paths, 405 to other methods, and goes on after bad requests', async () => {
      for (const url of ['/nothing', '/page.js', '/../package.json', '/constructor']) {
        assert.equal((await request(about, withToken(url))).status, 404, url);
      }
      for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
        assert.equal((await request(about, withToken('/'), { method })).status, 405, method);
      }
      for (const text of ['nonsense\r\n\r\n', `GET //[ HTTP/1.1\r\nHost: localhost:${about.port}\r\n\r\n`, 'GET /']) {
        const socket = net.connect(about.port, '127.0.0.1');

        socket.on('error', () => {});
        socket.end(text);
        await once(socket.resume(), 'close');
      }
      assert.equal((await request(about, withToken('/'))).status, 200);
    });

    it('listens on the loopback interface only', async function () {
      const other = Object.values(os.networkInterfaces()).flat()
        .find(({ family, internal }) => family === 'IPv4' && !internal);

      if (other === undefined) this.skip();

      const socket = net.connect(about.port, other.address);
      const [error] = await once(socket, 'error');

      assert.equal(error.code, 'ECONNREFUSED');
    });

    it('sends a page that loads nothing from elsewhere', async () => {
      const { headers, text } = await request(about, withToken('/'));

      assert.match(headers['content-security-policy'], /^default-src 'none'; connect-src 'self'; /);
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.equal(headers['cache-control'], 'no-store');
      assert.doesNotMatch(text, /\{\{|<(?:script|link|img)[^>]* (?:src|href)/);
      assert.match(text, /Permission is hereby granted/); // the licence of the chart library
    });

    it('sends samples of all threads, ports and pools', async () => {
      await place.ready(child);

      const named = ({ threads }, wanted) => threads.find(({ name }) => name === wanted);
      const sample = await sampleOf(about, (one) =>
        named(one, 'echo')?.rates.messagesIn > 0 && named(one, 'echo').delay !== null &&
        named(one, 'blocks')?.silent > 0 && one.pools.length === 1 && one.pools[0].completed === 1 &&
        one.ports.filter(({ of }) => of !== null).length >= 4);
      const [main] = sample.threads;
      const [echo, blocks] = ['echo', 'blocks'].map((name) => named(sample, name));

      assert.equal(sample.threads.length, 4);
      assert.equal(main.threadId, 0);
      assert.ok(main.rates.messagesOut > 1000, `${main.rates.messagesOut}`);
      assert.ok(main.rates.bytesOut > 10_000 && main.rates.wakeUps > 0);
      assert.ok(echo.utilization >= 0 && echo.utilization <= 1);
      assert.ok(echo.delay.p50 <= echo.delay.p99 && echo.delay.p99 <= echo.delay.max);
      assert.deepEqual([blocks.delay, blocks.utilization], [null, null]);
      assert.ok(blocks.queued >= 39 && blocks.queued <= 40, `${blocks.queued}`);

      const ofBlocks = sample.ports.find(({ threadId }) => threadId === blocks.threadId);
      const ofChannel = sample.ports.filter(({ highWaterMark }) => highWaterMark === 1000);

      assert.deepEqual([ofBlocks.peerThreadId, ofBlocks.queued], [0, blocks.queued]);
      assert.deepEqual(ofChannel.map(({ of, peerThreadId }) => [of, peerThreadId]), [['MessagePort', 0], ['MessagePort', 0]]);
      assert.equal(sample.ports.find(({ peerThreadId }) => peerThreadId === echo.threadId).of, 'Worker');
      assert.equal(sample.ports.find(({ threadId }) => threadId === echo.threadId).of, 'parentPort');
      assert.deepEqual([sample.pools[0].threads, path.basename(sample.pools[0].filename)], [1, 'pool-task.js']);
    });

    it('goes on when watchers leave, in the middle of a sample too, and refuses too many', async () => {
      for (let i = 0; i < 3; i++) await sampleOf(about, () => true);

      const sockets = Array.from({ length: 17 }, () => {
        const socket = net.connect(about.port, '127.0.0.1');

        socket.write(`GET ${withToken('/events')} HTTP/1.1\r\nHost: localhost:${about.port}\r\n\r\n`);
        return socket;
      });
      const firsts = await Promise.all(sockets.map((socket) => once(socket, 'data')));

      assert.deepEqual(firsts.map(([data]) => String(data).split(' ')[1]).sort(), [...Array(16).fill('200'), '503']);
      for (const socket of sockets) socket.destroy();
      assert.ok((await sampleOf(about, ({ threads }) => threads[0].rates.messagesOut > 0)).threads.length > 0);
    });

    it('has a page that draws charts and tables while samples come', async function () {
      const executablePath = chromium();

      if (executablePath === undefined) this.skip();

      await withPage(executablePath, async (page, errors) => {
        page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
        await page.setViewport({ width: 1200, height: 1000 });
        await page.goto(`http://127.0.0.1:${about.port}${withToken('/')}`);
        await page.waitForFunction(() => {
          const { document } = globalThis;
          const coloured = [...document.querySelectorAll('#charts canvas')].filter((canvas) => {
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            const colours = new Set();

            for (let i = 0; i < data.length; i += 4) {
              if (data[i + 3] > 200) colours.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
            }
            return [0x3b7dd8, 0xd8693b, 0x2f9e6e, 0xa45bc9].some((colour) => colours.has(colour));
          });

          return coloured.length === 4 && /blocked for/.test(document.querySelector('#threads').textContent) &&
            document.querySelectorAll('#ports tr').length > 4 && document.querySelectorAll('#pools tr').length === 2;
        }, { timeout: 30_000 });
        fs.mkdirSync(path.join(root, 'build'), { recursive: true });
        await page.screenshot({ path: path.join(root, 'build/top.png'), fullPage: true });
        assert.match(await page.$eval('#legend', (list) => list.textContent), /main thread.*echo.*blocks/);
        assert.equal(await page.$eval('#state', (state) => state.textContent), 'live');
        child.kill('SIGKILL');
        await page.waitForFunction(() => /may have ended/.test(globalThis.document.querySelector('#state').textContent));
        assert.deepEqual(errors.filter((text) => !/net::ERR_/.test(text)), []); // the end of the connection
      });
    });
  });

  it('calls no thread blocked that cannot answer, and goes on after a Pool that could not be made', async () => {
    const child = place.start([path.join(__dirname, 'fixtures/top-odd.js')]);
    const about = await place.listening(child);
    let first;

    await place.ready(child);

    const { threads, pools } = await sampleOf(about, ({ time }) => time - (first ??= time) > 2000);

    assert.deepEqual(threads.map(({ name, state, silent }) => [name, state, silent]).slice(1),
      [['other env', 'running', null], ['without ringport', 'running', null]]);
    assert.equal(threads[0].silent, null);
    assert.notEqual(threads[0].utilization, null);
    assert.deepEqual(pools, []);
    assert.match(child.printed, /no-such-flag[^]*resourceLimits/);
  });

  it('serves a process whose stderr nobody reads', async () => {
    const child = place.start([app]);

    child.stderr.destroy();
    await place.ready(child);

    const file = path.join(place.inner, `${child.pid}.json`);

    while (!fs.existsSync(file)) await setTimeout(20);
    await setTimeout(200); // it has written to stderr
    await sampleOf(JSON.parse(fs.readFileSync(file, 'utf8')), ({ pid }) => pid === child.pid);
    child.stdin.write('exit');
    await child.ended;
    assert.equal(child.exitCode, 0);
    assert.equal(fs.existsSync(file), false);
  });

  it('is served once, also where several copies of ringport are loaded', async () => {
    const child = place.start([path.join(__dirname, 'fixtures/top-copies.js')]);

    await child.ended;
    assert.equal(child.printed, '3 1\n');
    assert.equal(child.said.match(/listening/g)?.length, 1);
  });

  describe('does not change how a process ends', () => {
    const ends = {
      'when nothing is left to do': ['-e', `require(${library})`],
      'when its workers and ports have ended': ['-e', `const { Worker, MessageChannel } = require(${library});
        const { port1, port2 } = new MessageChannel();
        port2.on('message', () => port1.close());
        port1.postMessage(1);
        new Worker("require(" + ${JSON.stringify(library)} + ").parentPort.postMessage(1)", { eval: true });`],
      'by process.exit() at once': ['-e', `require(${library}); process.exit()`],
      'by process.exit() later': ['-e', `require(${library}); setTimeout(() => process.exit(), 300)`],
      'as an ES module': ['--input-type=module', '-e', `import { threads } from ${JSON.stringify(path.join(root, 'dist/index.mjs'))};
        threads();`],
      'under ringport/register': ['-r', path.join(root, 'dist/register.js'), '-e',
        "new (require('node:worker_threads').Worker)('1', { eval: true })"],
      'with the register flag in NODE_OPTIONS': ['-e', `require(${library})`],
    };

    for (const [how, args] of Object.entries(ends)) {
      it(how, async () => {
        const NODE_OPTIONS = how.includes('NODE_OPTIONS') ? `--require ${path.join(root, 'dist/register.js')}` : '';
        const child = place.start(args, { env: place.env({ RINGPORT_TOP: 'auto', NODE_OPTIONS }) });
        const [code, signal] = await child.ended;

        assert.deepEqual([code, signal], [0, null], child.said);
        assert.equal(child.said.replace(/^ringport top: listening on .*\n/, ''), '');
        assert.equal(child.printed, '');
      });
    }

    it('and its file is removed then, or when it was killed, by the next look', async () => {
      const [exits, killed] = [place.start([app]), place.start([app])];
      const files = await Promise.all([exits, killed].map(async (one) => (await place.listening(one)).file));

      exits.stdin.write('exit');
      killed.kill('SIGKILL');
      await Promise.all([exits.ended, killed.ended]);
      assert.deepEqual(files.map((file) => fs.existsSync(file)), [false, true]);
      assert.deepEqual(place.run('top', '--list'), { status: 0, stdout: '', stderr: '' });
      assert.deepEqual(files.map((file) => fs.existsSync(file)), [false, false]);
    });
  });

  it('takes a port, and another where that is taken, as a child process finds it', async () => {
    const first = await place.listening(place.start([app], { top: '0' }));
    const child = place.start([app], { top: String(first.port) });
    const second = await place.listening(child);

    assert.notEqual(second.port, first.port);
    for (const about of [first, second]) await sampleOf(about, ({ pid }) => pid === about.pid);
  });

  it('is not served without a folder that is the user\'s alone', async function () {
    if (process.platform === 'win32') this.skip();
    fs.mkdirSync(place.inner, { mode: 0o777 });
    fs.chmodSync(place.inner, 0o777);

    const child = place.start(['-e', `require(${library}); setTimeout(() => {}, 1500)`]);

    await child.ended;
    assert.match(child.said, /RINGPORT_TOP has no effect: .* does not belong to this user alone/);
    assert.deepEqual(fs.readdirSync(place.inner), []);
    assert.equal(place.run('top', '--list').stdout, '');
  });

  it('removes nothing where its folder is a link to another', async function () {
    if (process.platform === 'win32') this.skip();

    const other = path.join(place.folder, 'other');

    fs.mkdirSync(other, { mode: 0o700 });
    fs.symlinkSync(other, place.inner);

    const child = place.start(['-e', `require(${library});
      require('node:fs').writeFileSync(${JSON.stringify(other)} + '/' + process.pid + '.json', '');
      setTimeout(() => {}, 1000);`]);

    await child.ended;
    assert.match(child.said, /does not belong to this user alone/);
    assert.deepEqual(fs.readdirSync(other), [`${child.pid}.json`]);
  });

  for (const value of ['yes', '-1', '65536', '8o80', '1.5']) {
    it(`warns of the value '${value}', and has no effect`, async () => {
      const child = place.start(['-e', `require(${library})`], { top: value });

      await child.ended;
      assert.match(child.said, new RegExp(`RINGPORT_TOP must be a port, 0 or auto, not '${value}'`));
      assert.equal(fs.existsSync(place.inner), false);
    });
  }

  it('loads nothing where it is not set, or empty', () => {
    const text = `const { Worker, MessageChannel, Pool } = require(${JSON.stringify(path.join(root, 'lib/index.js'))});
      new MessageChannel().port1.close();
      new Pool({ filename: 'none', minThreads: 0 });
      console.log(JSON.stringify([
        Object.keys(require.cache).filter((file) => /[\\\\/]lib[\\\\/]top[\\\\/]/.test(file)).length,
        process.listenerCount('exit'), process.getActiveResourcesInfo().length,
      ]))`;
    const loaded = (env) => JSON.parse(
      spawnSync(process.execPath, ['-e', text], { encoding: 'utf8', env: place.env(env) }).stdout)[0];

    assert.equal(loaded({}), 0);
    assert.equal(loaded({ RINGPORT_TOP: '' }), 0);
    assert.equal(loaded({ RINGPORT_TOP: 'auto' }), 2);
  });
});

describe('the samples of ringport top', () => {
  const { Samples } = require('../../bin/top/samples');
  const counters = { messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0, wakeUps: 0, byNode: 0, queued: 0 };
  const thread = { threadId: 0, name: '', state: 'running', ...counters };
  const port = { threadId: 0, slot: 0, ...counters, bytesOut: undefined };
  const answer = { threadId: 0, utilization: 0.5, delay: null, ports: [], pools: [] };
  let threads;
  let ports;
  let answering;
  let samples;

  beforeEach(() => {
    threads = [{ ...thread }, { ...thread, threadId: 9 }];
    ports = [{ ...port }];
    answering = [0, 9];
    samples = new Samples({ threads: () => threads, ports: () => ports, answering: () => answering }, 9, { pid: 1 });
  });

  it('leave the serving thread out, and say what has changed a second', () => {
    samples.take(1000);
    threads = [{ ...thread, messagesIn: 100, bytesOut: 50 }, { ...thread, threadId: 3, messagesIn: 7 }];

    const [main, started] = samples.take(1500).threads;

    assert.deepEqual([main.rates.messagesIn, main.rates.bytesOut, main.rates.wakeUps], [200, 100, 0]);
    assert.equal(started.rates.messagesIn, 0); // it was not there before
  });

  it('know that the counters of ports wrap around, and begin anew in another slot', () => {
    ports = [{ ...port, messagesIn: 2 ** 32 - 10, bytesIn: 1000 }];
    samples.take(1000);
    ports = [{ ...port, messagesIn: 10, bytesIn: 0 }];

    const [{ rates }] = samples.take(2000).ports;

    assert.deepEqual([rates.messagesIn, rates.bytesIn], [20, 0]);
  });

  it('tell a port from the one that had its slot before', () => {
    ports = [{ ...port, serial: 1, messagesIn: 1000, byNode: 7, bytesIn: 10 }];
    samples.take(1000);
    ports = [{ ...port, serial: 2, messagesIn: 10, bytesIn: 1e6 }];
    assert.deepEqual(Object.values(samples.take(2000).ports[0].rates).filter((rate) => rate !== 0), []);
    ports = [{ ...port, serial: 2, messagesIn: 30, bytesIn: 1e6 }];
    assert.equal(samples.take(3000).ports[0].rates.messagesIn, 20);
  });

  it('call a thread blocked only if it answers at all, and from when it was seen first', () => {
    answering = [9];
    for (let now = 1000; now < 10_000; now += 500) assert.equal(samples.take(now).threads[0].silent, null);
    answering = [9, 0];
    assert.equal(samples.take(10_000).threads[0].silent, null);
    assert.equal(samples.take(11_000).threads[0].silent, null);
    assert.equal(samples.take(11_500).threads[0].silent, 1500);
  });

  it('ignore an answer that comes when nobody watches any more', () => {
    samples.take(1000);
    samples.rest();
    samples.answered({ ...answer, pools: [{ id: 1 }] }, 1100);

    const { threads: [main], pools } = samples.take(9000);

    assert.deepEqual([main.silent, main.utilization, pools], [null, null, []]);
  });

  it('call a thread blocked that does not answer, but not after all were suspended', () => {
    samples.take(1000);
    samples.answered(answer, 1010);
    assert.deepEqual([samples.take(1500).threads[0].silent, samples.take(2000).threads[0].silent], [null, null]);
    assert.equal(samples.take(2500).threads[0].silent, 1490);
    samples.answered(answer, 2510);
    assert.equal(samples.take(60_000).threads[0].silent, null);
    assert.equal(samples.take(60_500).threads[0].silent, null);
    assert.ok(samples.take(61_500).threads[0].silent > 1000);
  });

  it('contain the busiest of very many ports', () => {
    ports = Array.from({ length: 5000 }, (_, slot) => ({ ...port, slot, queued: slot }));

    const sample = samples.take(1000);

    assert.deepEqual([sample.portCount, sample.ports.length, sample.ports[0].queued], [5000, 100, 4999]);
  });

  it('forget what threads have said that have ended, and everything once nobody watches', () => {
    samples.take(1000);
    samples.answered({ ...answer, pools: [{ id: 1 }] }, 1010);
    assert.deepEqual(samples.take(1500).pools, [{ threadId: 0, id: 1 }]);
    threads = [];
    assert.deepEqual(samples.take(2000).pools, []);
    samples.rest();
    threads = [{ ...thread, messagesIn: 5 }];
    assert.equal(samples.take(9000).threads[0].rates.messagesIn, 0);
  });
});
