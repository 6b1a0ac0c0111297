'use strict';

/*
 * Messages have no limit on size or number of parts. Posts messages just below, at and
 * above each internal limit (src/core/port/message.h) between two small ones; every
 * message must arrive once.
 */

const assert = require('node:assert');
const os = require('node:os');
const { same, sameProcess } = require('./support/differential');

/** Of a string or a buffer that travels beside its message. */
const BESIDE = 32 * 1024;
/** Around RP_MESSAGE_TABLE_MAX, and more than any record could hold. */
const COUNTS = [1023, 1024, 1025, 4096, 31000];

/** A message with `count` parts of its kind: the value, and what to transfer. */
const KINDS = {
  strings: (wt, count) => [new Array(count).fill('s'.repeat(BESIDE))],
  buffers: (wt, count) => [Array.from({ length: Math.min(count, 2000) }, (_, i) => new Uint8Array(BESIDE).fill(i))],
  ports: (wt, count) => {
    const list = Array.from({ length: count }, () => new wt.MessageChannel().port1);

    return [list, list];
  },
  'strings beside many small ones': (wt, count) =>
    [new Array(count).fill('s'.repeat(BESIDE)).concat(Array.from({ length: 5000 }, (_, i) => `short ${i}`))],
};

/** What is worth comparing of a message. */
const gist = (value) => (Array.isArray(value) ? [
  value.length, value.filter((part) => typeof part === 'string').reduce((sum, part) => sum + part.length, 0),
  value.filter(ArrayBuffer.isView).reduce((sum, part) => sum + part.length + part[0] + part.at(-1), 0),
  value.filter((part) => typeof part?.close === 'function').length] : value);

describe('messages of many parts arrive once, whole and in order', () => {
  for (const [kind, make] of Object.entries(KINDS)) {
    for (const count of COUNTS) {
      if (count > 4096 && kind !== 'ports' && kind !== 'strings') continue;
      same(`${count} ${kind}`, async (wt, t) => {
        const [a, b] = t.channel();
        const [, other] = t.channel();
        const heard = [];
        const last = new Promise((resolve) => {
          b.on('message', (value) => {
            heard.push(gist(value));
            if (value?.ports) value.ports.forEach((port) => port.close());
            if (value === 'after') resolve();
          });
          b.on('messageerror', (error) => heard.push(error.message));
        });

        const [value, list] = make(wt, count);

        t.attempt('before', () => a.postMessage('before'));
        t.attempt('many', () => a.postMessage(value, list));
        t.attempt('after', () => a.postMessage('after'));
        t.note(wt.receiveMessageOnPort(other));
        await last;
        t.note(heard, wt.receiveMessageOnPort(other));
      });
    }
  }

  same('received one by one, with a channel beside it', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();

    c.postMessage('of another');
    for (const count of [1, 1024, 1025, 5000]) a.postMessage(KINDS.strings(wt, count)[0]);
    for (let i = 0; i < 5; i++) t.note(gist(wt.receiveMessageOnPort(b)?.message), wt.receiveMessageOnPort(d));
  });

  same('ports among them work', async (wt, t) => {
    const [a, b] = t.channel();
    const channels = Array.from({ length: 1500 }, () => new wt.MessageChannel());
    const ours = channels.map(({ port1 }) => port1);
    const theirs = channels.map(({ port2 }) => port2);

    a.postMessage({ theirs, text: 'x'.repeat(BESIDE) }, theirs);

    const { message } = wt.receiveMessageOnPort(b);

    ours.forEach((port, i) => port.postMessage(i));
    t.note(message.theirs.reduce((sum, port) => sum + wt.receiveMessageOnPort(port).message, 0));
    message.theirs.forEach((port) => port.close());
  });

  same('ports of a message that nobody reads are lost with it', async (wt, t) => {
    const [a, b] = t.channel();
    const channels = Array.from({ length: 1500 }, () => new wt.MessageChannel());
    const theirs = channels.map(({ port2 }) => port2);
    const closed = Promise.all(channels.map(({ port1 }) => new Promise((resolve) => port1.on('close', resolve))));

    a.postMessage(theirs, theirs);
    b.close();
    t.note((await closed).length);
  });

  sameProcess('a worker that is sent one ends, and so does its parent', async (wt, { note, worker }) => {
    const w = worker((wt) => wt.parentPort.on('message', (value) => {
      wt.parentPort.postMessage(value?.length ?? value);
      wt.parentPort.postMessage(new Array(4200).fill('t'.repeat(32 * 1024)));
      if (value === 'last') wt.parentPort.close();
    }));
    const got = [];

    w.on('message', (value) => got.push(value?.length ?? value));
    for (let i = 0; i < 3; i++) w.postMessage(i);
    w.postMessage(new Array(4200).fill('s'.repeat(32 * 1024)));
    w.postMessage('last');
    w.on('exit', (code) => note(got, code));
  });

  /* Around the sizes that an inbox has had. */
  for (const size of [4096, 16384, 32768, 65536]) {
    same(`messages around ${size} bytes, among small ones`, async (wt, t) => {
      const [a, b] = t.channel();
      const heard = [];
      const count = 80;

      for (let i = -40; i < 40; i++) {
        a.postMessage(i);
        a.postMessage(new Uint8Array(size + i).fill(i));
      }
      await new Promise((resolve) => {
        b.on('message', (value) => {
          heard.push(typeof value === 'number' ? value : [value.length, value.every((byte) => byte === value[0])]);
          if (heard.length === count * 2) resolve();
        });
      });
      t.note(heard);
    });
  }
});

describe('messages of gigabytes', () => {
  /* The values, the message and what arrives, for 20 s: RINGPORT_TEST_GIGABYTES=1 asks
   * for it. */
  const when = Boolean(process.env.RINGPORT_TEST_GIGABYTES) && os.freemem() > 12 * 1024 ** 3;

  for (const [count, what] of [[69000, '2 GiB'], [139000, '4 GiB']]) {
    sameProcess(`of small parts that are more than ${what} arrive`, (wt, { note, data }) => {
      const SIZE = 31 * 1024;
      const list = Array.from({ length: data }, (_, i) => new Uint8Array(SIZE).fill(i));
      const { port1, port2 } = new wt.MessageChannel();

      port1.postMessage({ list, shared: new SharedArrayBuffer(4) });
      list.length = 0;

      const { message } = wt.receiveMessageOnPort(port2);

      note(message.list.length, message.list.every((part, i) =>
        part.length === SIZE && part[0] === (i & 255) && part.at(-1) === (i & 255)));
      port1.postMessage('and a small one');
      note(wt.receiveMessageOnPort(port2));
      port1.close();
    }, { when, limit: 110000, data: count });
  }

  it('go on with small blocks only until they have been sent', () => {
    const codec = require('../../lib/codec');
    const { w, reserve } = require('../../lib/codec/scratch');
    const line = codec.BLOCK_LINE;
    const { pos } = w;

    w.pos = 200 * 1024 * 1024;
    reserve(100 * 1024 * 1024);
    w.pos = pos;
    assert.strictEqual(codec.BLOCK_LINE, 1024);
    codec.release(codec.encode('small', null));
    assert.strictEqual(codec.BLOCK_LINE, line);
  });
});

describe('messages that are more than a thread can write', () => {
  it('are refused as Node refuses those without memory', () => {
    const { w, reserve } = require('../../lib/codec/scratch');
    const { pos, u8 } = w;

    w.pos = 2 ** 32 - 2048;
    try {
      assert.throws(() => reserve(2 ** 20), { name: 'DataCloneError', message: 'Data cannot be cloned, out of memory.', code: 25 });
      assert.strictEqual(w.u8, u8);
    } finally {
      w.pos = pos;
    }
  });
});
