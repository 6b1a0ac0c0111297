'use strict';

/* The switch from Node's channel to the ring: regression tests. */

const assert = require('node:assert');

const { sameProcess } = require('./support/differential');
const { play } = require('./support/play');

describe('worker: a side that finds the Node channel behind messages that it has not delivered', () => {
  sameProcess('in the parent: delivers them later, and before what comes by ring', (wt, { worker, note }) => {
    const flags = new Int32Array(new SharedArrayBuffer(4));
    const other = worker((wt) => {
      const { parentPort, workerData: flags } = wt;

      parentPort.on('message', (message) => {
        if (message !== 'go') return;
        for (let i = 0; i < 600; i++) parentPort.postMessage(i);

        const { port1, port2 } = new MessageChannel();

        parentPort.postMessage({ port2 }, [port2]);
        port1.close();
        parentPort.postMessage('end');
        Atomics.store(flags, 0, 1);
        Atomics.notify(flags, 0);
      });
      parentPort.postMessage('up');
    }, { workerData: flags });
    const heard = [];
    let posting = false;

    other.on('message', (message) => {
      if (message === 'up') {
        for (let i = 0; i < 500; i++) other.postMessage(i); // over to the ring
        other.postMessage('go');
        Atomics.wait(flags, 0, 0);

        const { port1, port2 } = new MessageChannel();

        posting = true;
        other.postMessage({ port2 }, [port2]);
        posting = false;
        port1.close();
        return;
      }
      heard.push(posting, typeof message === 'object' ? Object.keys(message) : message);
      process.nextTick(() => heard.push('tick'));
      Promise.resolve().then(() => heard.push('microtask'));
      if (message !== 'end') return;
      setImmediate(() => {
        note(heard);
        process.exit();
      });
    });
  });

  for (const stopped of [false, true]) {
    sameProcess(`in the worker: delivers them later${stopped ? ', when its port is started again' : ''}`,
      (wt, { worker, note, data: stopped }) => {
        const flags = new Int32Array(new SharedArrayBuffer(8));
        const other = worker((wt, { data: stopped }) => {
          const { parentPort, workerData: flags } = wt;
          const heard = [];

          for (let i = 0; i < 600; i++) parentPort.postMessage(i); // over to the ring
          const hear = (message) => {
            if (message.first) {
              if (stopped) parentPort.off('message', hear);
              Atomics.store(flags, 0, 1);
              Atomics.notify(flags, 0);
              Atomics.wait(flags, 1, 0);

              const { port1, port2 } = new MessageChannel();

              parentPort.postMessage({ port2 }, [port2]);
              port1.close();
              if (stopped) {
                setTimeout(() => {
                  heard.push(wt.receiveMessageOnPort(parentPort));
                  parentPort.on('message', hear);
                }, 20);
              }
            }
            heard.push(message.port2 ? 'port' : message);
            process.nextTick(() => heard.push('tick'));
            Promise.resolve().then(() => heard.push('microtask'));
            if (message !== 'end') return;
            setImmediate(() => {
              parentPort.postMessage(heard);
              parentPort.close();
            });
          };

          parentPort.on('message', hear);
          parentPort.postMessage('up');
        }, { workerData: flags, data: stopped });

        other.on('message', (message) => {
          if (Array.isArray(message)) note(message);
          if (message !== 'up') return;
          other.postMessage({ first: [1] });
          Atomics.wait(flags, 0, 0);
          for (let i = 0; i < 50; i++) other.postMessage({ i: [i] }); // by Node still
          for (let i = 0; i < 20; i++) other.postMessage(i);

          const { port1, port2 } = new MessageChannel();

          other.postMessage({ port2 }, [port2]);
          other.postMessage('end');
          port1.close();
          Atomics.store(flags, 1, 1);
          Atomics.notify(flags, 1);
        });
      }, { data: stopped });
  }
});

describe('worker: listeners to \'messages\' of a Worker that had none to \'message\' any more', () => {
  it('hear what comes by Node and by ring', async () => {
    const noted = await play((wt, { worker, note }) => {
      const other = worker((wt) => {
        wt.parentPort.on('message', () => {
          for (let i = 0; i < 600; i++) wt.parentPort.postMessage(i);
        });
      });
      const heard = [];
      const hear = () => {};
      const end = () => {
        note(heard);
        process.exit();
      };

      other.on('message', hear);
      other.off('message', hear);
      other.on('messages', (messages) => {
        heard.push(...messages);
        if (heard.length >= 600) end();
      });
      other.postMessage('go');
      setTimeout(end, 5000);
    });

    assert.deepStrictEqual(noted, [[Array.from({ length: 600 }, (_, i) => i)]]);
  });
});

describe('worker: \'error\'', () => {
  sameProcess('emitted by hand has nothing delivered', (wt, { worker, note }) => {
    const flags = new Int32Array(new SharedArrayBuffer(4));
    const other = worker((wt) => {
      for (let i = 0; i < 700; i++) wt.parentPort.postMessage(i);
      Atomics.store(wt.workerData, 0, 1);
      Atomics.notify(wt.workerData, 0);
      wt.parentPort.on('message', () => {});
    }, { workerData: flags });
    const heard = [];

    Atomics.wait(flags, 0, 0);
    other.on('error', () => heard.push('error'));
    other.on('message', (message) => {
      heard.push(message);
      process.nextTick(() => heard.push('tick'));
      if (message === 150 || message === 500) other.emit('error', new Error('by hand'));
      if (message === 699) setImmediate(() => process.exit(note(heard)));
    });
  });

  for (const count of [100, 700]) {
    /* Node has the error first here, whose port it made first. ringport's order is that
     * of other times. */
    it(`comes behind ${count} messages that were posted before it, with ticks between them`, async () => {
      const noted = await play((wt, { worker, note, data: count }) => {
        const flags = new Int32Array(new SharedArrayBuffer(8));
        const other = worker((wt, { data: count }) => {
          const { parentPort, workerData: flags } = wt;

          Atomics.wait(flags, 0, 0);
          for (let i = 0; i < count; i++) parentPort.postMessage(i);
          process.on('exit', () => {
            Atomics.store(flags, 1, 1);
            Atomics.notify(flags, 1);
          });
          throw new Error('thrown');
        }, { workerData: flags, data: count });
        const heard = [];

        other.on('online', () => {
          Atomics.store(flags, 0, 1);
          Atomics.notify(flags, 0);
          Atomics.wait(flags, 1, 0);
          Atomics.wait(flags, 1, 1, 500); // Node posts the error only now
        });
        other.on('message', (message) => {
          heard.push(message);
          process.nextTick(() => heard.push('tick'));
          queueMicrotask(() => heard.push('microtask'));
        });
        other.on('error', () => heard.push('error'));
        other.on('exit', () => setImmediate(() => note(heard)));
      }, { data: count });
      const messages = Array.from({ length: count }, (_, i) => [i, 'tick', 'microtask']);

      assert.deepStrictEqual(noted, [[[...messages.flat(), 'error']]]);
    });
  }
});

describe('worker: an application that takes messages of its parentPort with Node\'s own receiveMessageOnPort()', () => {
  sameProcess('loses none of what it has not taken, and does not hang', (wt, { worker, note }) => {
    const other = worker((wt) => {
      const { parentPort } = wt;
      const { receiveMessageOnPort } = require('node:worker_threads');
      let last;
      let count = 0;

      setTimeout(() => {
        for (let i = 0; i < 300; i++) {
          const received = receiveMessageOnPort(parentPort);

          if (typeof received?.message === 'number') count = received.message;
        }
        parentPort.on('message', (message) => {
          last = message;
          if (message !== 'end') return;
          parentPort.postMessage([last, count > 200]);
          parentPort.close();
        });
      }, 200);
      parentPort.postMessage('up');
    });

    other.on('message', (message) => {
      if (message !== 'up') {
        note(message);
        return;
      }
      for (let i = 0; i < 600; i++) other.postMessage(i);
      other.postMessage('end');
    });
  });
});
