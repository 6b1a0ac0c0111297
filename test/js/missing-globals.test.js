'use strict';

/*
 * Without globals that flags, sandboxes and fake clocks remove, everything that does not
 * need them works.
 */

const assert = require('node:assert');
const { run } = require('./support/differential');
const { reference, subject } = require('./support/implementations');

const line = Number.parseInt(process.versions.node, 10);
const withoutShared = line < 22 ? '--no-harmony-sharedarraybuffer' : '--enable-sharedarraybuffer-per-context';

const messages = ({ id }) => `
  const { MessageChannel, Worker } = require(${JSON.stringify(id)});
  const { port1, port2 } = new MessageChannel();
  const values = [1, { list: [new Date(5), /x/g, 5n] }, new Map([[1, new Set([2])]]), new Uint8Array(3), new Error('no')];
  port2.on('message', (value) => console.log(require('node:util').inspect(value).split('\\n')[0]));
  for (const value of values) port1.postMessage(value);
  setImmediate(() => port1.close());
  port1.on('close', () => {
    new Worker("require('node:worker_threads').parentPort.postMessage(typeof SharedArrayBuffer)", { eval: true })
      .on('message', (message) => console.log(message));
  });`;

describe('missing globals', function () {
  this.timeout(0);

  it('messages arrive where there is no SharedArrayBuffer', async () => {
    const [expected, actual] = await Promise.all([reference, subject].map((one) =>
      run(one, [withoutShared, '-e', messages(one)], {})));

    assert.deepStrictEqual(actual, expected);
    assert.ok(expected.lines.length >= 6, expected.stderr);
  });

  it('a ring says that there is no SharedArrayBuffer', async () => {
    const { lines, stderr } = await run(subject, [withoutShared, '-e', `
      try { new (require(${JSON.stringify(subject.id)}).RingBuffer)(64); } catch ({ code }) { console.log(code); }`], {});

    assert.deepStrictEqual([lines, stderr], [['ERR_RINGPORT_NO_SHARED_MEMORY'], '']);
  });

  it('a ring waits, iterates and streams without the globals of timers, clocks and AbortController', async () => {
    const { lines, stderr } = await run(subject, ['-e', `
      const timers = require('node:timers');
      const { RingBuffer } = require(${JSON.stringify(subject.id)});
      require('node:stream');
      const { log } = console;
      for (const name of ['setTimeout', 'clearTimeout', 'setImmediate', 'performance', 'AbortController', 'AbortSignal']) {
        Object.defineProperty(globalThis, name, { value: undefined });
      }
      (async () => {
        const ring = new RingBuffer(1024);
        log(ring.waitReadable({ timeout: 1 }), await ring.readable({ timeout: 1 }));
        timers.setImmediate(() => {
          for (let i = 0; i < 3; i++) ring.write(String(i));
        });
        for await (const record of ring) {
          log(String(record));
          if (String(record) === '2') break;
        }
        const writer = ring.createWriteStream();
        timers.setImmediate(() => writer.end('there'));
        for await (const chunk of ring.createReadStream()) log(String(chunk));
      })();`], {});

    assert.deepStrictEqual([lines, stderr], [['false false', '0', '1', '2', 'there'], '']);
  });
});
