'use strict';

/*
 * The switch from Node's channel to the ring is not observable, whatever a worker or its
 * parent does with its port meanwhile. Compared with worker_threads.
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

  for (const at of [1, 250, 350]) {
    same(`by a listener that closes the port at message ${at}: what is queued comes`, async (wt, t) => {
      const state = new Int32Array(new SharedArrayBuffer(8));
      const worker = t.worker((wt, { data }) => {
        const { workerData: state } = wt;

        wt.parentPort.on('message', () => {
          if (++state[1] === data) wt.parentPort.close();
        });
        Atomics.wait(state, 0, 0);
      }, { data: at, workerData: state });

      await t.next(worker, 'online');
      await new Promise((resolve) => setTimeout(resolve, 200));
      for (let i = 0; i < 800; i++) worker.postMessage(i);
      Atomics.store(state, 0, 1);
      Atomics.notify(state, 0);
      await t.next(worker, 'exit');
      t.note(state[1]);
    });
  }

  for (const kind of ['number', 'object']) {
    for (const at of [1, 100, 500]) {
      same(`a Worker without a listener for a while, from ${kind} ${at} on`, async (wt, t) => {
        const worker = t.worker((wt, { data }) => {
          for (let i = 0; i < 1000; i++) wt.parentPort.postMessage(data === 'number' ? i : { i, list: [i] });
          wt.parentPort.once('message', () => {}); // until then it does not end
        }, { data: kind });
        const heard = [];
        const listen = (value) => {
          heard.push(value);
          if (heard.length === 1000) worker.postMessage('end');
          if (heard.length !== at) return;
          worker.off('message', listen);
          setTimeout(() => {
            t.note(heard.length);
            worker.on('message', listen);
          }, 50);
        };

        worker.on('message', listen);
        await t.next(worker, 'exit');
        t.note(heard.length, heard.at(-1));
      });
    }

    same(`a Worker's answers, each awaited by once: ${kind}s`, async (wt, t) => {
      const { once } = require('node:events');
      const worker = t.worker((wt) => {
        wt.parentPort.on('message', (value) => {
          for (let i = 0; i < 5; i++) wt.parentPort.postMessage(value);
        });
      });
      let heard = 0;

      for (let i = 0; i < 100; i++) {
        worker.postMessage(kind === 'number' ? i : { i, list: [i] });
        for (let k = 0; k < 5; k++) {
          await once(worker, 'message');
          heard++;
          if (k % 2 === 0) await new Promise(setImmediate);
        }
      }
      t.note(heard);
      await worker.terminate();
    });
  }

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
    }, { env: { ...process.env, RINGPORT_COLD: '' } });

    assert.ok(numbers > 150, `${numbers} of 200 numbers`);
    assert.ok(objects > 50 && objects < 150, `${objects} of 200 objects`);
  });
});
