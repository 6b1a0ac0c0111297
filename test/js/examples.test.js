'use strict';

/* Runs the programs in examples/: each does what its README says. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { once } = require('node:events');
const { spawn, spawnSync } = require('node:child_process');

const { chromium } = require('../../scripts/chromium');
const { withPage } = require('./support/page');

const root = path.join(__dirname, '../..');
const examples = path.join(root, 'examples');

/** Run an example to its end. @returns {{ stdout: string, stderr: string }} */
function run(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root, encoding: 'utf8', timeout: 30_000,
  });

  assert.equal(status, 0, stderr);
  return { stdout, stderr };
}

describe('the examples', () => {
  it('have a README each, with a command that runs a file of theirs', () => {
    const index = fs.readFileSync(path.join(examples, 'README.md'), 'utf8');
    const folders = fs.readdirSync(examples).filter((name) => !name.includes('.'));

    assert.deepEqual([...index.matchAll(/^\| \[([\w-]+)\]\(\1\) \|/gm)].map(([, name]) => name).sort(), folders);
    for (const folder of folders) {
      const text = fs.readFileSync(path.join(examples, folder, 'README.md'), 'utf8');
      const [, file] = /^ {4}node .*?(examples\/[\w/-]+\.m?js)/m.exec(text);

      assert.equal(path.dirname(file), `examples/${folder}`);
      assert.ok(fs.existsSync(path.join(root, file)));
    }
  });

  it('file-scan: finds every line that matches, whatever the number of workers', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-scan-'));

    try {
      for (let i = 0; i < 30; i++) fs.writeFileSync(path.join(folder, `${i}.txt`), `no\n  hit ${i}\n${'x\n'.repeat(i)}hit`);
      fs.writeFileSync(path.join(folder, 'binary'), 'hit\0');
      for (const workers of ['1', '3']) {
        const { stdout, stderr } = run('examples/file-scan/scan.mjs', folder, '^ *hit', workers);
        const expected = Array.from({ length: 30 }, (_, i) => [
          `${path.join(folder, `${i}.txt`)}:2: hit ${i}`, `${path.join(folder, `${i}.txt`)}:${i + 3}: hit`,
        ]).flat();

        assert.deepEqual(stdout.trimEnd().split('\n').sort(), expected.sort());
        assert.match(stderr, new RegExp(`^60 hits in 31 files, ${workers} workers, `));
      }
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it('many-producers: every record arrives, those of each producer in order', () => {
    const { stdout } = run('examples/many-producers/index.js', '3', '5000');

    assert.equal(stdout, '15000 records of 3 producers, each in order\n');
  });

  it('port-between-workers: the two workers agree on a sum', () => {
    const { stdout } = run('examples/port-between-workers/index.js');

    assert.equal(stdout, '1 + 4 + 9 + ... + 1000000 = 333833500\n');
  });

  it('pool: counts the words of every document', () => {
    const { stdout } = run('examples/pool/index.js', '700');

    assert.match(stdout, /^700 documents, 0 failed; the most frequent word is '\w+', 300 times\n$/);
  });

  it('piscina-register: the pool runs on ringport with it, and on worker_threads without', () => {
    for (const [flags, module] of [[[], 'worker_threads'], [['-r', 'ringport/register'], 'ringport']]) {
      const { stdout } = run(...flags, 'examples/piscina-register/index.js');

      assert.match(stdout, new RegExp(`^8000 letters by 2000 tasks in [\\d.]+ s, over ${module}\n$`));
    }
  });

  describe('http-offload', () => {
    let server;
    let url;

    before(async () => {
      server = spawn(process.execPath, ['examples/http-offload/server.js', '0'],
        { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
      url = String(await once(server.stdout, 'data')).trim();
    });
    after(() => server.kill());

    it('counts primes, and other requests are answered meanwhile', async () => {
      const order = [];
      const get = async (page) => {
        const text = await (await fetch(new URL(page, url))).text();
        order.push(page);
        return text;
      };
      const long = get('primes?below=10000000');
      const quick = await get('nothing');

      assert.equal(quick, '');
      assert.equal(await long, '664579\n');
      assert.deepEqual(order, ['nothing', 'primes?below=10000000']);
      assert.deepEqual(await Promise.all([0, 2, 3, 100].map((below) => get(`primes?below=${below}`))),
        ['0\n', '0\n', '1\n', '25\n']);
    });

    it('has a page that draws latencies while they come', async function () {
      const executablePath = chromium();

      if (executablePath === undefined) this.skip();

      await withPage(executablePath, async (page, errors) => {
        await page.goto(url);
        await page.waitForFunction(() => {
          const { document } = globalThis;
          const lines = document.querySelectorAll('#chart path[fill="none"][stroke-width="2"]');
          const drawn = [...lines].filter((line) => line.getAttribute('d').length > 30);

          return Number(document.querySelector('#answers').value) > 20 && drawn.length >= 2;
        }, { timeout: 30_000 });
        fs.mkdirSync(path.join(root, 'build'), { recursive: true });
        await page.screenshot({ path: path.join(root, 'build/http-offload.png') });
        assert.match(await page.$eval('#chart', (chart) => chart.textContent), /event loop is late by, p99/);
        assert.deepEqual(errors, []);
      });
    });
  });
});
