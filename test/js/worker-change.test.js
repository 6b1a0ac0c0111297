'use strict';

/*
 * What a worker or its parent does with its port while messages go over from Node's channel to the ring: nothing
 * of that is to be seen.
 */

const { same } = require('./support/differential');

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
});
