'use strict';

/* A thread that only uses RingBuffer does not load the code for ports. */

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const path = require('node:path');

const cwd = path.join(__dirname, '../..');
const run = (program) => execFileSync(process.execPath, ['-e', program], { cwd, encoding: 'utf8' });

describe('RingBuffer: in a thread without ports', () => {
  it('is waited for, listened to, and ends', () => {
    assert.strictEqual(run(`
      const { RingBuffer } = require('./lib');
      const ring = new RingBuffer(1024);
      const writer = new RingBuffer(ring.buffer);

      (async () => {
        setTimeout(() => writer.write('first'), 5);
        await ring.readable();
        console.log(String(ring.read()));
        ring.on('readable', () => {
          for (let record; (record = ring.read()) !== null;) console.log(String(record));
        });
        ring.on('close', () => console.log('closed'));
        setTimeout(() => writer.write('second'), 5);
        setTimeout(() => writer.close(), 10);
      })();`), 'first\nsecond\nclosed\n');
  });

  it('throws what a listener throws', () => {
    assert.strictEqual(run(`
      const { RingBuffer } = require('./lib');
      const ring = new RingBuffer(1024);

      process.on('uncaughtException', ({ message }) => console.log(message));
      ring.on('readable', () => {
        ring.removeAllListeners();
        throw new Error('of a listener');
      });
      setTimeout(() => new RingBuffer(ring.buffer).write('x'), 5);`), 'of a listener\n');
  });
});
