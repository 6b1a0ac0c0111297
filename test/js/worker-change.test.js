'use strict';

/*
 * What a worker or its parent does with its port while messages go over from Node's channel to the ring: nothing
 * of that is to be seen.
 */

const assert = require('node:assert');

const { same } = require('./support/differential');
const { play } = require('./support/play');

/** More messages than go by Node. */
const MANY = 500;

describe('worker: the change from Node\'s channel to the ring', () => {
  same('under a postMessage of the application\'s, around ours', async (wt, t) => {
    const worker = t.worker((wt) => {
      const { postMessage } = wt.parentPort;
      let count = 0;

      wt.parentPort.postMessage = function (...args) {
        count++;
        return postMessage.apply(this, args);
      };
      for (let i = 0; i < 500; i++) wt.parentPort.postMessage(i);
      wt.parentPort.postMessage([count]);
      wt.parentPort.postMessage([count]);
    });

    t.note((await t.messages(worker, MANY + 2)).slice(-4));
  });

  same('where the port closes before: nothing is heard any more', async (wt, t) => {
    for (const warm of [0, MANY]) {
      const worker = t.worker((wt, { data }) => {
        let heard = 0;

        wt.parentPort.on('message', () => heard++);
        for (let i = 0; i < data; i++) wt.parentPort.postMessage(i);
        wt.parentPort.close();

        const end = new Int32Array(new SharedArrayBuffer(4));

        setTimeout(() => {
          Atomics.wait(end, 0, 0, 50);
          process.exit(heard === 0 ? 3 : 4);
        }, 50);
      }, { data: warm });
      let count = 0;

      worker.on('message', () => count++);
      await t.next(worker, 'online');
      await new Promise((resolve) => setTimeout(resolve, 20));
      for (let i = 0; i < 2 * MANY; i++) worker.postMessage(i);
      t.note(await t.next(worker, 'exit'), count);
    }
  });

  same('by a listener that removes all of them', async (wt, t) => {
    const worker = t.worker((wt) => {
      let heard = 0;

      wt.parentPort.on('message', () => {
        if (++heard === 1500) wt.parentPort.removeAllListeners('message');
        if (heard === 1) setTimeout(() => { wt.parentPort.postMessage(heard); wt.parentPort.close(); }, 100);
      });
      wt.parentPort.postMessage('up');
    });

    await t.messages(worker, 1);
    for (let i = 0; i < 2000; i++) worker.postMessage(i);
    t.note(await t.messages(worker, 1));
  });

  same('postMessage of a Worker that has ended', async (wt, t) => {
    const worker = t.worker((wt) => {
      for (let i = 0; i < 500; i++) wt.parentPort.postMessage(i);
      wt.parentPort.on('message', () => process.exit(0));
    });

    await t.messages(worker, MANY);
    for (let i = 0; i < MANY; i++) worker.postMessage({ i });
    await t.next(worker, 'exit');
    for (const value of [1, { get a() { throw new Error('read'); } }, () => {}]) {
      t.attempt('post', () => worker.postMessage(value));
    }
    t.attempt('post nothing', () => worker.postMessage());
  });

  /* Calls go over soon, and each side loads what that takes when it sees it coming. */
  for (const [name, request, answer] of [
    ['numbers', (id) => id, (id) => -id],
    ['flat objects', (id) => ({ id, job: 'resize' }), ({ id }) => ({ id, ok: true })],
    ['for the codec', (id) => ({ id, args: [1, { x: id }] }), ({ id, args }) => ({ id, args })],
    ['objects, answered by numbers', (id) => ({ id, args: [id] }), ({ args }) => args[0]],
    ['numbers, answered by objects', (id) => id, (id) => ({ id, list: [id] })],
    ['first numbers, then Maps', (id) => (id < 100 ? id : new Map([[id, [id]]])), (value) => value],
  ]) {
    same(`calls with an answer: ${name}`, async (wt, t) => {
      const worker = t.worker((wt, { data }) => {
        const answer = new Function(`return ${data}`)();

        wt.parentPort.on('message', (value) => wt.parentPort.postMessage(answer(value)));
      }, { data: String(answer) });

      for (let id = 0; id < 400; id++) {
        const answered = t.next(worker, 'message');

        worker.postMessage(request(id));

        const value = await answered;

        if (id % 40 === 0) t.note(id, value);
      }
    });
  }

  it('calls go by ring after some dozens, and with the codec after some hundred', async () => {
    const [[numbers], [objects]] = await play(async (wt, t) => {
      for (const make of [(id) => id, (id) => ({ id, args: [id] })]) {
        const worker = t.worker((wt) => {
          wt.parentPort.on('message', (value) => wt.parentPort.postMessage(value));
        });

        for (let id = 0; id < 200; id++) {
          worker.postMessage(make(id));
          await new Promise((resolve) => { worker.once('message', resolve); });
        }
        t.note(wt.threads().find(({ threadId }) => threadId === worker.threadId).messagesIn);
        await worker.terminate();
      }
    });

    assert.ok(numbers > 150, `${numbers} of 200 numbers`);
    assert.ok(objects > 50 && objects < 150, `${objects} of 200 objects`);
  });
});
