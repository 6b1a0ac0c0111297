'use strict';

/* Workers that load ringport early, late or never, and nested workers. */

const plain = require('node:worker_threads');
const { same } = require('./support/differential');
const { watch } = require('./support/watch');

describe('worker: the two libraries together', () => {
  same('a worker that never loads the library echoes', async (wt, t) => {
    const worker = t.keep(new wt.Worker(
      `const { parentPort } = require('node:worker_threads');
       parentPort.on('message', (m) => {
         parentPort.postMessage(m);
         if (m === 'end') parentPort.close();
       });`,
      { eval: true }
    ));
    const exit = watch(t, worker);

    for (const m of [1, { a: [new Map([[1, 2]])] }, new Uint8Array(5), 'end']) worker.postMessage(m);
    await exit;
  });

  same('a worker that never loads it gets transfers and ends when told', async (wt, t) => {
    const worker = t.keep(new wt.Worker(
      `const { parentPort } = require('node:worker_threads');
       parentPort.once('message', ({ buffer }) => parentPort.postMessage(buffer, [buffer]));`,
      { eval: true }
    ));
    const { buffer } = new Uint8Array([1, 2, 3]);
    const exit = watch(t, worker);

    worker.postMessage({ buffer }, [buffer]);
    t.note(buffer.byteLength);
    await exit;
  });

  same('a worker that uses only worker_threads.parentPort though it has loaded the library', async (wt, t) => {
    const worker = t.worker(() => {
      const { parentPort } = require('node:worker_threads');
      parentPort.on('message', (m) => {
        parentPort.postMessage(m);
        if (m === 'end') parentPort.close();
      });
    });
    const exit = watch(t, worker);

    for (const m of [1, 'two', { three: 3 }, 'end']) worker.postMessage(m);
    await exit;
  });

  for (const way of ['once', 'on and off']) {
    same(`a listener on Node's port stays when the library's goes: ${way}`, async (wt, t) => {
      const worker = t.worker((wt, { data }) => {
        require('node:worker_threads').parentPort.on('message', (m) => {
          if (m === 'end') process.exit(3);
        });
        const listen = () => {
          if (data === 'on and off') wt.parentPort.off('message', listen);
          setImmediate(() => wt.parentPort.postMessage('heard'));
        };

        wt.parentPort[data === 'once' ? 'once' : 'on']('message', listen);
      }, { data: way });

      worker.on('message', (m) => t.note(m));
      worker.postMessage('first');
      await t.next(worker, 'message');
      await new Promise((resolve) => setTimeout(resolve, 20)); // it might end by itself
      worker.postMessage('end');
      t.note(await t.next(worker, 'exit'));
    });
  }

  same('a worker that posts by both parentPorts', async (wt, t) => {
    const worker = t.worker((wt) => {
      require('node:worker_threads').parentPort.postMessage('by Node');
      wt.parentPort.postMessage('by the library');
    });
    const got = [];

    worker.on('message', (m) => got.push(m));
    t.note(await t.next(worker, 'exit'), got.sort());
  });

  same('a worker that loads the library late', async (wt, t) => {
    const worker = t.keep(new wt.Worker(
      `const id = ${JSON.stringify(t.id)};
       setTimeout(() => {
         const { parentPort } = require(id);
         parentPort.on('message', (m) => {
           parentPort.postMessage(m);
           if (m === 'end') parentPort.close();
         });
       }, 20);`,
      { eval: true }
    ));
    const exit = watch(t, worker);

    for (const m of [1, 'two', { three: 3 }, 'end']) worker.postMessage(m);
    await exit;
  });

  same('a plain Worker whose code loads the library', async (wt, t) => {
    const worker = t.keep(new plain.Worker(
      `const wt = require(${JSON.stringify(t.id)});
       const { parentPort } = require('node:worker_threads');
       const { port1, port2 } = new wt.MessageChannel();
       port1.postMessage('inside');
       parentPort.postMessage([wt.receiveMessageOnPort(port2), wt.isMainThread, wt.threadId > 0]);`,
      { eval: true }
    ));

    await watch(t, worker);
  });

  same('nested workers, three deep', async (wt, t) => {
    /* Its own source text is in its data, so that it can start itself again. */
    const nest = (wt, { worker, data }) => {
      const { depth, nest } = data;

      if (depth === 0) {
        wt.parentPort.once('message', (m) => wt.parentPort.postMessage(`${m} and back`));
        return;
      }
      const inner = worker(eval(`(${nest})`), { data: { nest, depth: depth - 1 } });
      wt.parentPort.once('message', (m) => inner.postMessage(`${m} > ${depth}`));
      inner.on('message', (m) => wt.parentPort.postMessage(`${m} < ${depth}`));
      inner.on('exit', (code) => wt.parentPort.postMessage(`exit ${code} < ${depth}`));
    };
    const worker = t.worker(nest, { data: { nest: String(nest), depth: 3 } });
    const exit = watch(t, worker);

    worker.postMessage('down');
    await exit;
  });

  same('a nested worker talks to the main thread over a port', async (wt, t) => {
    const [a, b] = t.channel();
    const worker = t.worker((wt, { worker }) => {
      wt.parentPort.once('message', ({ port }) => {
        const inner = worker((wt) => {
          const { port } = wt.workerData;
          port.on('message', (m) => {
            port.postMessage(`inner got ${m}`);
            if (m === 'end') port.close();
          });
        }, { workerData: { port }, transferList: [port] });
        inner.on('exit', (code) => wt.parentPort.postMessage(code));
      });
    });

    worker.postMessage({ port: b }, [b]);
    a.postMessage('one');
    a.postMessage('end');
    const code = t.next(worker, 'message');
    t.note(await t.messages(a, 2), await code);
  });

  same('a worker terminated with workers of its own', async (wt, t) => {
    const worker = t.worker((wt, { worker }) => {
      const inner = worker((wt) => {
        wt.parentPort.on('message', () => {});
        wt.parentPort.postMessage('inner up');
      });
      inner.on('message', (m) => wt.parentPort.postMessage(m));
    });

    t.note(await t.next(worker, 'message'));
    t.note(await worker.terminate());
  });

  same('many at once', async (wt, t) => {
    const workers = Array.from({ length: 8 }, () => t.worker((wt) => {
      wt.parentPort.on('message', (m) => wt.parentPort.postMessage(m + 1));
    }));
    const play = async (worker) => {
      let m = 0;
      for (let round = 0; round < 50; round++) {
        worker.postMessage(m);
        m = await t.next(worker, 'message');
      }
      return [m, await worker.terminate()];
    };

    t.note(await Promise.all(workers.map(play)));
  });

  same('postMessageToThread', async (wt, t) => {
    const worker = t.worker((wt) => {
      process.on('workerMessage', (m, source) => wt.parentPort.postMessage([m, source]));
      wt.parentPort.on('message', () => {});
      wt.parentPort.postMessage('up');
    });

    await t.next(worker, 'message');
    const answer = t.next(worker, 'message');
    await wt.postMessageToThread(worker.threadId, { a: 1 });
    t.note(await answer);
  }, { when: typeof plain.postMessageToThread === 'function' });
});
