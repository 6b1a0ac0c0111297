'use strict';

/* ringport/thread-stream, beside thread-stream where both can do it. */

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { MessageChannel } = require('../..');

const root = path.join(__dirname, '../..');
const filename = require.resolve('./fixtures/stream-destination.js');
const ours = path.join(root, 'dist/thread-stream.js');
const ThreadStream = require(ours);
const IMPLEMENTATIONS = [['thread-stream', require('thread-stream')], ['ringport', ThreadStream]];

/** Text of `length` characters of one to four bytes. */
function textOf(length, seed = 1) {
  const characters = ['a', 'ü', '–', '🚨', 'x', 'y', '\n', '中'];
  let text = '';

  for (let i = 0, state = seed; i < length; i++) {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    text += characters[(state >> 16) & 7];
  }
  return text;
}

describe('ringport/thread-stream', () => {
  let folder;
  let file;
  let count = 0;

  before(() => { folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-stream-')); });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));
  beforeEach(() => {
    file = path.join(folder, `${count++}.txt`);
    fs.writeFileSync(file, '');
  });

  const read = () => fs.readFileSync(file, 'utf8');
  const open = (options, Class = ThreadStream) =>
    new Class({ filename, ...options, workerData: { file, ...options.workerData } });

  async function ended(stream) {
    const closed = once(stream, 'close');

    stream.end();
    await closed;
  }

  for (const [name, Class] of IMPLEMENTATIONS) {
    describe(name, () => {
      for (const sync of [true, false]) {
        for (const kind of ['file', 'strings']) {
          it(`delivers every character, whatever the buffer: sync ${sync}, ${kind}`, async () => {
            for (const bufferSize of [5, 100, 4096, undefined]) {
              fs.writeFileSync(file, '');

              const parts = [1, 0, 7, 40, 400, 3000, 2].map((length, i) => textOf(length, i));
              const stream = open({ sync, bufferSize, workerData: { kind } }, Class);

              for (const part of parts) stream.write(part);
              await ended(stream);
              assert.equal(read(), parts.join(''), `bufferSize ${bufferSize}`);
            }
          });
        }

        it(`delivers a write larger than the buffer: sync ${sync}`, async () => {
          const text = textOf(400_000);
          const stream = open({ sync, bufferSize: 10_000 }, Class);

          stream.write('before ');
          stream.write(text);
          stream.write(Buffer.from(text));
          stream.write(' after');
          await ended(stream);
          assert.equal(read(), `before ${text}${text} after`);
        });

        it(`delivers at process.exit() what flushSync() waits for: sync ${sync}`, () => {
          const module = Class === ThreadStream ? ours : name;

          for (const bufferSize of [64, 1 << 20]) {
            fs.writeFileSync(file, '');

            const { status, stderr } = spawnSync(process.execPath,
              [require.resolve('./fixtures/stream-exit.js'), module, file, `${sync}`, `${bufferSize}`], { encoding: 'utf8' });

            assert.deepEqual([status, stderr], [0, '']);
            assert.equal(read(), Array.from({ length: 3000 }, (_, i) => `line ${i} – ${'ü'.repeat(i % 50)}\n`).join(''));
          }
        });

        it(`says that the destination has failed: sync ${sync}`, async () => {
          const failures = { errorAt: 'error of the destination', throwAt: 'thrown by the destination', exitAt: 'the worker thread exited' };

          for (const [option, message] of Object.entries(failures)) {
            const stream = open({ sync, workerData: { [option]: 10 } }, Class);
            const closed = once(stream, 'close').catch(() => {});

            await once(stream, 'ready');
            stream.write('x'.repeat(20));

            const [error] = await once(stream, 'error');

            assert.equal(error.message, message);
            assert.equal(stream.writableErrored, error);
            assert.equal(stream.destroyed, true);
            stream.on('error', () => {});
            assert.equal(stream.write('more'), false);
            await closed;
            assert.equal(read(), '');
          }
        });
      }

      it('replaces bytes that are not UTF-8, and the end of a cut character', async () => {
        for (const kind of ['file', 'strings']) {
          fs.writeFileSync(file, '');

          const stream = open({ workerData: { kind } }, Class);

          for (const byte of [0x61, 0xff, 0xc3]) stream.write(Buffer.from([byte]));
          await ended(stream);
          assert.equal(read(), 'a\ufffd\ufffd');
        }
      });

      it('gives a stream of Node bytes, one that wants strings strings', async () => {
        for (const [options, expected] of [[{}, ['object', 'buffer']], [{ decodeStrings: false }, ['string', 'utf8']]]) {
          const stream = open({ workerData: options }, Class);
          const seen = new Promise((resolve) => { stream.on('chunk', (...args) => resolve(args)); });

          stream.write('text');
          assert.deepEqual(await seen, expected);
          await ended(stream);
        }
      });

      it('asks the writer to wait, and emits drain when it may go on', async () => {
        const stream = open({ bufferSize: 1000, workerData: { delay: 5 } }, Class);
        let answer;

        for (let round = 0; round < 5; round++) {
          for (let i = 0; i < 10; i++) answer = stream.write('x'.repeat(100));
          assert.equal(answer, false);
          assert.equal(stream.writableNeedDrain, true);
          await once(stream, 'drain');
          assert.equal(stream.writableNeedDrain, false);
        }
        await ended(stream);
        assert.equal(read(), 'x'.repeat(5000));
      });

      it('calls back each flush() in order, when the data before it is there', async () => {
        const stream = open({ bufferSize: 256, workerData: { delay: 1, highWaterMark: 1 } }, Class);
        const order = [];
        let written = '';

        await Promise.all(Array.from({ length: 5 }, (_, i) => {
          const part = textOf(300, i);

          stream.write(part);
          written += part;

          const expected = written;

          return new Promise((resolve, reject) => {
            stream.flush((error) => {
              if (error) reject(error);
              if (!read().startsWith(expected)) reject(new Error(`flush ${i} came early`));
              order.push(i);
              resolve();
            });
          });
        }));
        assert.deepEqual(order, [0, 1, 2, 3, 4]);
        await ended(stream);
        assert.equal(read(), written);
      });

      it('refuses a buffer that has no room for a character', () => {
        assert.throws(() => open({ bufferSize: 3 }, Class), { message: 'bufferSize must at least fit a 4-byte utf-8 char' });
      });
    });
  }

  it('delivers more than the buffer holds to a worker that starts while the writer blocks', async () => {
    const stream = open({ sync: true, bufferSize: 1024 });
    const text = textOf(50_000);

    for (const line of text.split(/(?<=\n)/)) assert.equal(stream.write(line), true);
    await ended(stream);
    assert.equal(read(), text);
  });

  it('lets the worker have synchronous writes while the main thread computes', async () => {
    const stream = open({ sync: true });

    await once(stream, 'ready');
    stream.write('now');
    for (const end = Date.now() + 20_000; read() === '' && Date.now() < end;);
    assert.equal(read(), 'now');
    await ended(stream);
  });

  it('wakes a writer that waits for room when the worker exits or the destination fails', async () => {
    for (const [option, message] of [['errorAt', 'error of the destination'], ['throwAt', 'thrown by the destination'], ['exitAt', 'the worker thread exited']]) {
      const stream = open({ sync: true, bufferSize: 1024, workerData: { [option]: 3000 } });
      const failed = once(stream, 'error');
      const begin = Date.now();

      for (let i = 0; i < 100; i++) stream.write('x'.repeat(100)); // blocks

      assert.ok(Date.now() - begin < 8000, 'blocked until the limit');
      stream.on('error', () => {});

      const [error] = await failed;

      assert.ok(error.message === message || error.code === 'ERR_RINGPORT_NOT_DELIVERED', error.message);
      if (!stream.closed) await once(stream, 'close').catch(() => {});
    }
  });

  it('does not wait in flushSync() for a worker that has been terminated', async () => {
    const stream = open({ workerData: { delay: 60_000 }, sync: true });
    const closed = once(stream, 'close').catch(() => {});

    stream.on('error', () => {});
    await once(stream, 'ready');
    stream.write('taken');
    stream.write('not taken');
    stream.worker.terminate();

    const begin = Date.now();

    assert.throws(() => stream.flushSync(), { code: 'ERR_RINGPORT_NOT_DELIVERED', message: /^\d+ bytes were not delivered: the worker has ended$/ });
    assert.ok(Date.now() - begin < 8000, 'blocked until the limit');
    await closed;
  });

  it('does not block for a worker that has ended before it has read something', async () => {
    const stream = open({ sync: true, bufferSize: 1024 });
    const failed = once(stream, 'error');

    await once(stream, 'ready');
    stream.worker.terminate();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);

    const begin = Date.now();

    stream.write('x'.repeat(10_000));
    assert.ok(Date.now() - begin < 8000, 'blocked until the limit');

    const [{ code }] = await failed;

    assert.equal(code, 'ERR_RINGPORT_NOT_DELIVERED');
    if (!stream.closed) await once(stream, 'close');
  });

  it('copies bytes that wait for room: the caller may use its buffer again', async () => {
    const stream = open({ bufferSize: 1024 });
    const bytes = Buffer.alloc(200_000, 'a');

    stream.write(bytes);
    bytes.fill('b');
    await ended(stream);
    assert.equal(read(), 'a'.repeat(200_000));
  });

  it('delivers a prefix of what was written when the worker is terminated at any moment', async () => {
    for (let i = 0; i < 12; i++) {
      fs.writeFileSync(file, '');

      const stream = open({ sync: i % 2 === 0, bufferSize: 4096 });
      const closed = once(stream, 'close').catch(() => {});
      let written = '';

      stream.on('error', () => {});
      await once(stream, 'ready');
      setTimeout(() => stream.worker.terminate(), i / 2);
      for (let n = 0; !stream.destroyed; n++) {
        for (let k = 0; k < 50; k++) {
          const line = `${n} ${k} ü\n`;

          written += line; // a write that fails may have been taken in part
          if (!stream.write(line) && stream.destroyed) break;
        }
        await new Promise(setImmediate);
      }
      await closed;

      const bytes = fs.readFileSync(file);

      assert.deepEqual(bytes, Buffer.from(written).subarray(0, bytes.length));
    }
  });

  it('keeps the order of strings and bytes within a turn', async () => {
    const stream = open({});
    let expected = '';

    for (let i = 0; i < 1000; i++) {
      const part = `${i} `;

      stream.write(i % 3 === 0 ? Buffer.from(part) : part);
      expected += part;
    }
    await ended(stream);
    assert.equal(read(), expected);
  });

  it('takes data that Buffer.from() takes, and refuses other data as it does', async () => {
    const stream = open({});

    stream.write([0x68, 0x69]);
    stream.write(new Uint16Array([0x21]));
    assert.throws(() => stream.write(5), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => stream.write(null), { code: 'ERR_INVALID_ARG_TYPE' });
    await ended(stream);
    assert.equal(read(), 'hi!');
  });

  it('refuses writes after end(), and takes a second end()', async () => {
    const stream = open({});
    const errors = [];

    stream.on('error', ({ message }) => errors.push(message));
    stream.write('x');
    stream.end();
    stream.end();
    assert.equal(stream.write('y'), false);
    await new Promise((resolve) => { stream.once('close', resolve); });
    assert.equal(stream.write('z'), false);
    await new Promise(setImmediate);
    stream.end();
    stream.flushSync();
    assert.deepEqual(errors, ['the worker is ending', 'the worker has exited']);
    assert.equal(read(), 'x');
  });

  it('calls flush() back with an error when the stream fails, and after', async () => {
    const stream = open({ workerData: { kind: 'never' } });
    const flushed = () => new Promise((resolve) => { stream.flush(resolve); });
    const first = flushed();

    stream.on('error', () => {});
    stream.worker.terminate();
    assert.match((await first).message, /^the worker (?:thread|has) exited$/);
    assert.equal((await flushed()).message, 'the worker has exited');
  });

  it('passes ports of ringport in workerData, and tells the version that it stands for', async () => {
    const { port1, port2 } = new MessageChannel();
    const stream = open({ workerData: { port: port1 }, workerOpts: { transferList: [port1] } });
    const [context] = await once(port2, 'message');

    assert.deepEqual(context, { threadStreamVersion: require('thread-stream/package.json').version });
    port2.close();
    await ended(stream);
  });

  it('loads a module by a path relative to the current directory, and by a URL', async () => {
    for (const each of [path.relative(process.cwd(), filename), new URL(`file://${filename}`)]) {
      fs.writeFileSync(file, '');

      const stream = open({ filename: each });

      stream.write('x');
      await ended(stream);
      assert.equal(read(), 'x');
    }
  });

  it('says that there is no such module', async () => {
    const stream = open({ filename: '/nowhere/at-all.js' });
    const [{ message }] = await once(stream, 'error');

    assert.match(message, /^Cannot find module '.nowhere.at-all.js'/);
    await once(stream, 'close');
  });

  it('takes the place of thread-stream in pino, which loses nothing at exit', () => {
    const run = (...flags) => spawnSync(process.execPath, [...flags, '-e', `
      const pino = require('pino');
      const transport = pino.transport({ target: 'pino/file', options: { destination: ${JSON.stringify(file)} } });
      const logger = pino({ base: null, timestamp: false }, transport);

      for (let i = 0; i < 5000; i++) logger.info({ i }, 'hä?');
      console.log(transport.constructor === require('ringport/thread-stream'));
    `], { cwd: root, encoding: 'utf8' });
    const lines = Array.from({ length: 5000 }, (_, i) => `{"level":30,"i":${i},"msg":"hä?"}\n`).join('');

    for (const [flags, isOurs] of [[[], 'false\n'], [['-r', 'ringport/thread-stream/register'], 'true\n'],
      [['--import', 'ringport/thread-stream/register'], 'true\n'], [['-r', 'ringport/register', '-r', 'ringport/thread-stream/register'], 'true\n']]) {
      fs.writeFileSync(file, '');

      const { status, stdout, stderr } = run(...flags);

      assert.deepEqual([stderr, stdout, status], ['', isOurs, 0], flags.join(' '));
      assert.equal(read(), lines);
    }
  });

  it('is loaded as an ES module, too', () => {
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', `
      import ThreadStream, { ThreadStream as same } from 'ringport/thread-stream';
      console.log(ThreadStream === same, ThreadStream.name);
    `], { cwd: root, encoding: 'utf8' });

    assert.deepEqual([stdout, stderr], ['true ThreadStream\n', '']);
  });

  it('leaves thread-stream in place where ringport cannot run', () => {
    const { stdout, stderr } = spawnSync(process.execPath, ['--no-addons', '--no-warnings', '-r', 'ringport/thread-stream/register', '-p',
      'require.resolve("thread-stream")'], { cwd: root, encoding: 'utf8', env: { ...process.env, RINGPORT_REQUIRED: '' } });

    assert.deepEqual([stdout, stderr], [`${require.resolve('thread-stream')}\n`, '']);
  });

  it('passes the tests of thread-stream\'s package', function () {
    this.timeout(300_000);

    const { status, stdout } = spawnSync(process.execPath, ['scripts/thread-stream-suite.js', '--brief'], { cwd: root, encoding: 'utf8' });

    assert.equal(status, 0, stdout);
    assert.ok(Number(/^(\d+) of \d+ tests of thread-stream pass/m.exec(stdout)[1]) > 45, stdout);
  });
});
