'use strict';

/*
 * Unreachable ports without listeners are collected, and their other ends emit 'close'.
 * Node never collects them, so there is nothing to compare with. Each test runs in its
 * own process, with --expose-gc.
 */

const assert = require('node:assert');
const { run } = require('./support/differential');
const { subject } = require('./support/implementations');
const { source } = require('./support/program');

/* `program(wt, tools)` must write exactly these lines. */
function collects(title, program, expected, data) {
  const ours = subject.id !== 'worker_threads';

  (ours ? it : it.skip)(title, async function () {
    this.timeout(0);
    const text = source(subject.id, program, data);
    const { lines, ...end } = await run(subject, ['--expose-gc', '-e', text], {});

    assert.deepStrictEqual(
      { ...end, lines: lines.map((line) => JSON.parse(line)) },
      { code: 0, signal: null, stderr: '', lines: expected }
    );
  });
}

describe('garbage collection', () => {
  collects('an unreachable port is collected and its other end gets \'close\'', async (wt, { note }) => {
    const kept = [];
    let closed = 0;

    (() => {
      for (let i = 0; i < 100; i++) {
        const { port1 } = new wt.MessageChannel();

        kept.push(port1.on('close', () => closed++));
      }
    })();
    for (let turn = 0; turn < 200 && closed < 90; turn++) {
      globalThis.gc();
      await new Promise(setImmediate);
    }
    note(closed >= 90 || closed, kept.length);
  }, [[true, 100]]);

  const WHOLE = {
    'a channel that nobody can reach is collected as a whole': 'by ring',
    'a port that used what only Node carries is collected as well': 'by Node',
  };

  for (const [title, way] of Object.entries(WHOLE)) {
    collects(title, async (wt, { note, data: way }) => {
      const refs = [];
      const alive = () => refs.filter((ref) => ref.deref() !== undefined).length;

      (() => {
        for (let i = 0; i < 100; i++) {
          const { port1, port2 } = new wt.MessageChannel();

          port1.postMessage(way === 'by Node' ? new SharedArrayBuffer(8) : { i });
          if (way === 'by Node') wt.receiveMessageOnPort(port2);
          refs.push(new WeakRef(port1), new WeakRef(port2));
        }
      })();
      for (let turn = 0; turn < 200 && alive() > 20; turn++) {
        await new Promise(setImmediate); /* deref keeps its target until the end of the job */
        globalThis.gc();
        await new Promise(setImmediate);
      }
      note(alive() <= 20 || alive());
    }, [[true]], way);
  }

  collects('a port that somebody listens on is not collected', async (wt, { note }) => {
    const others = [];
    let received = 0;
    let closed = 0;

    (() => {
      for (let i = 0; i < 100; i++) {
        const { port1, port2 } = new wt.MessageChannel();

        port2.on('message', () => {
          if (++received === 100) for (const port of others) port.close();
        });
        others.push(port1.on('close', () => closed++));
      }
    })();
    for (let turn = 0; turn < 20; turn++) {
      globalThis.gc();
      await new Promise(setImmediate);
    }
    note(closed);
    for (const port of others) port.postMessage(1);
    process.on('exit', () => note(received));
  }, [[0], [100]]);

  collects('a port that is on its way in a message is not collected', async (wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();
    const other = (() => {
      const { port1: a, port2: b } = new wt.MessageChannel();

      port1.postMessage({ b }, [b]);
      return a;
    })();

    for (let turn = 0; turn < 20; turn++) {
      globalThis.gc();
      await new Promise(setImmediate);
    }
    other.postMessage('still there');
    const { message: { b } } = wt.receiveMessageOnPort(port2);
    note(wt.receiveMessageOnPort(b));
    other.close();
    port1.close();
  }, [[{ message: 'still there' }]]);

  collects('a transfer handle that nobody can reach is kept by Node until it is closed', async (wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();
    const handle = port2.detach();

    port1.on('close', () => note('close'));
    port1.ref();
    for (let turn = 0; turn < 20; turn++) {
      globalThis.gc();
      await new Promise(setImmediate);
    }
    note('open');
    handle.close();
  }, [['open'], ['close']]);

  collects('values that were received are not kept by the port', async (wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();
    const refs = [];

    port2.on('message', (value) => {
      refs.push(new WeakRef(value));
      if (refs.length === 100) port2.emit('done');
    });
    for (let i = 0; i < 100; i++) port1.postMessage({ i, bytes: new Uint8Array(1000) });
    await new Promise((resolve) => port2.once('done', resolve));

    const alive = () => refs.filter((ref) => ref.deref() !== undefined).length;
    for (let turn = 0; turn < 200 && alive() > 1; turn++) {
      await new Promise(setImmediate); /* deref keeps its target until the end of the job */
      globalThis.gc();
      await new Promise(setImmediate);
    }
    note(alive() <= 1 || alive());
    port1.close();
  }, [[true]]);
});
