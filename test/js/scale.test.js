'use strict';

/*
 * Thousands of ports, and many queued messages: each is delivered, in order, and memory
 * is released.
 */

const assert = require('node:assert');
const { same, run } = require('./support/differential');
const { subject } = require('./support/implementations');
const { source } = require('./support/program');

describe('scale: many ports', () => {
  same('10,000 open channels on one thread each deliver, and close', async (wt, t) => {
    const pairs = Array.from({ length: 10000 }, () => t.channel());
    let left = pairs.length;
    const all = new Promise((resolve) => {
      pairs.forEach(([a, b], i) => {
        b.once('message', (m) => b.postMessage(m === i ? 'right' : 'wrong'));
        a.once('message', (m) => {
          if (m !== 'right') t.note(i, m);
          if (--left === 0) resolve();
        });
      });
    });

    pairs.forEach(([a], i) => a.postMessage(i));
    await all;
    left = pairs.length;
    await new Promise((resolve) => {
      for (const [a, b] of pairs) {
        b.once('close', () => --left === 0 && resolve());
        a.close();
      }
    });
    t.note('all');
  });

  same('one channel keeps its order among 10,000 others that are open', async (wt, t) => {
    for (let i = 0; i < 10000; i++) t.channel();
    const [a, b] = t.channel();
    const all = t.messages(b, 20000);

    for (let i = 0; i < 20000; i++) a.postMessage(i);
    t.note((await all).every((m, i) => m === i));
  });

  same('1,000 channels between two threads', async (wt, t) => {
    const worker = t.worker((wt) => {
      wt.parentPort.once('message', (ports) => {
        let open = ports.length;

        ports.forEach((port, i) => {
          port.on('message', (m) => port.postMessage([i, m]));
          port.on('close', () => --open === 0 && wt.parentPort.close());
        });
      });
    });
    const exit = t.next(worker, 'exit');
    const pairs = Array.from({ length: 1000 }, () => t.channel());
    const theirs = pairs.map(([, port]) => port);

    worker.postMessage(theirs, theirs);
    const got = pairs.map(([port]) => t.messages(port, 10));
    for (let m = 0; m < 10; m++) {
      for (const [port] of pairs) port.postMessage(m);
    }
    const right = (await Promise.all(got)).every((messages, i) =>
      messages.every(([index, m], n) => index === i && m === n));
    for (const [port] of pairs) port.close();
    t.note(right, await exit);
  });

  same('one message with 3,000 ports', async (wt, t) => {
    const [a, b] = t.channel();
    const pairs = Array.from({ length: 3000 }, () => t.channel());
    const theirs = pairs.map(([, port]) => port);

    a.postMessage(theirs, theirs);
    const ports = await t.next(b, 'message');
    ports.forEach((port, i) => t.keep(port).postMessage(i));
    let right = 0;
    for (const [i, [port]] of pairs.entries()) right += (await t.next(port, 'message')) === i;
    t.note(right);
  });

  same('100,000 messages that wait, then all are delivered', async (wt, t) => {
    const [a, b] = t.channel();

    for (let i = 0; i < 100000; i++) a.postMessage({ i });
    const all = await t.messages(b, 100000);
    t.note(all.every(({ i }, n) => i === n));
  });

  same('200 messages of 1 MB that wait', async (wt, t) => {
    const [a, b] = t.channel();
    const bytes = new Uint8Array(1 << 20);

    for (let i = 0; i < 200; i++) {
      bytes[i] = i;
      a.postMessage(bytes);
    }
    const all = await t.messages(b, 200);
    t.note(all.every((got, i) => got.length === 1 << 20 && got[i] === i && got[i + 1] === 0));
  });
});

describe('scale: memory', () => {
  /*
   * Run as processes; they print RSS now and then. The heap of V8 settles in the first
   * half; after that a leak shows as a last quarter that lies wholly above the second.
   */
  const channels = async (wt, { note, data: { traffic } }) => {
    for (let sample = 0; sample < 12; sample++) {
      for (let round = 0; round < 10; round++) {
        for (let i = 0; i < 850; i++) {
          const { port1, port2 } = new wt.MessageChannel();

          if (traffic) {
            port1.postMessage({ i, text: 'x'.repeat(i >> 1) });
            wt.receiveMessageOnPort(port2);
            port2.postMessage('never taken');
          }
          port1.close();
        }
        await new Promise(setImmediate);
      }
      globalThis.gc();
      await new Promise(setImmediate);
      note(process.memoryUsage.rss());
    }
  };
  const burst = async (wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();

    for (let sample = 0; sample < 12; sample++) {
      for (let i = 0; i < 10000; i++) port1.postMessage({ i, text: 'x'.repeat(500) });
      while (wt.receiveMessageOnPort(port2));
      globalThis.gc();
      await new Promise(setImmediate);
      note(process.memoryUsage.rss());
    }
    port1.close();
  };
  /* Without a young generation that grows by megabytes when it likes. */
  const flags = ['--expose-gc', '--max-semi-space-size=1'];
  const grown = async (program, data) => {
    const text = source(subject.id, program, data);
    const { code, lines, stderr } = await run(subject, [...flags, '-e', text], {});

    assert.strictEqual(code, 0, stderr);
    const rss = lines.map((line) => JSON.parse(line)[0]);

    return Math.min(...rss.slice(9)) - Math.max(...rss.slice(3, 6));
  };

  /* Of 102,000 channels 25,500 lie between: a leak of 128 bytes for each would be 3.3 MB.
   * A burst is 5 MB. */
  for (const [name, program, data, slack] of [
    ['opening and closing channels', channels, { traffic: false }, 3 << 20],
    ['opening, using and closing channels', channels, { traffic: true }, 3 << 20],
    ['a burst of messages that are taken', burst, undefined, 10 << 20]
  ]) {
    it(`${name} leaves RSS flat`, async function () {
      this.timeout(0);
      const growth = [];

      /*
       * A leak is there each time; what the collector and malloc keep for a while is not.
       */
      while (growth.length < 5 && !(growth.at(-1) < slack)) growth.push(await grown(program, data));
      assert.ok(growth.at(-1) < slack, `RSS grew by ${growth} bytes`);
    });
  }
});
