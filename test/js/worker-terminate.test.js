'use strict';

/*
 * terminate() of a worker in each state: when its promise resolves, and what is still
 * delivered. Compared with worker_threads.
 */

const { same, sameProcess } = require('./support/differential');
const { watch } = require('./support/watch');

describe('worker: terminate', () => {
  same('before the start', async (wt, t) => {
    /* On a busy machine the thread may be up before it is terminated: then once more. */
    for (let left = 20; left > 0; left--) {
      const log = [];
      const note = (...entry) => log.push(entry);
      const worker = t.worker((wt) => wt.parentPort.postMessage('never'));
      const exit = watch({ note, plain: (error) => t.plain(error) }, worker);

      note('terminate', await worker.terminate());
      await exit;

      const isStarted = log.some(([events]) => events.includes('online'));

      if (isStarted && left > 1) continue;
      t.note(log);
      return;
    }
  });

  same('when it is idle', async (wt, t) => {
    const worker = t.worker((wt) => {
      wt.parentPort.on('message', () => {});
      wt.parentPort.postMessage('up');
    });
    const exit = watch(t, worker);

    await t.next(worker, 'message');
    t.note('terminate', await worker.terminate());
    await exit;
  });

  same('when it runs a loop', async (wt, t) => {
    const worker = t.worker((wt) => {
      wt.parentPort.postMessage('up');
      for (;;);
    });
    const exit = watch(t, worker);

    await t.next(worker, 'message');
    t.note('terminate', await worker.terminate());
    await exit;
  });

  same('when it waits in Atomics.wait', async (wt, t) => {
    const worker = t.worker((wt) => {
      wt.parentPort.postMessage('up');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });
    const exit = watch(t, worker);

    await t.next(worker, 'message');
    t.note('terminate', await worker.terminate());
    await exit;
  });

  same('when it posts in a loop', async (wt, t) => {
    const worker = t.worker((wt) => {
      for (let i = 0; ; i++) wt.parentPort.postMessage(i);
    });
    let next = 0;
    let bad = 0;
    let ending;

    worker.on('message', (m) => {
      if (m !== next++) bad++;
      if (m === 100) ending = worker.terminate();
    });
    t.note(await t.next(worker, 'exit'), await ending, bad, next > 100);
  });

  same('when it receives in a loop', async (wt, t) => {
    const worker = t.worker((wt) => {
      wt.parentPort.postMessage('up');
      for (;;) wt.receiveMessageOnPort(wt.parentPort);
    });

    await t.next(worker, 'message');
    for (let i = 0; i < 1000; i++) worker.postMessage({ i });
    t.note(await worker.terminate());
  });

  same('in its listener, from a message of its own', async (wt, t) => {
    const worker = t.worker((wt) => {
      wt.parentPort.on('message', () => {});
      for (let i = 0; i < 10; i++) wt.parentPort.postMessage(i);
    });
    let ending;

    worker.once('message', (m) => {
      t.note(m);
      ending = worker.terminate();
    });
    await t.next(worker, 'exit');
    t.note(await ending);
  });

  same('twice, and after the end', async (wt, t) => {
    const worker = t.worker((wt) => wt.parentPort.on('message', () => {}));

    await t.next(worker, 'online');
    const [one, two] = [worker.terminate(), worker.terminate()];
    t.note(one instanceof Promise, await one, await two);
    t.note(await worker.terminate(), worker.threadId);
  });

  same('in the listener of \'exit\'', async (wt, t) => {
    const worker = t.worker(() => {});
    const done = new Promise((resolve) => worker.on('exit', () => resolve(worker.terminate())));

    t.note(await done);
  });

  same('of a worker whose ports are in the hands of others', async (wt, t) => {
    const worker = t.worker((wt) => {
      const { port1, port2 } = new wt.MessageChannel();
      port1.postMessage('from the worker');
      port1.on('message', () => {});
      wt.parentPort.postMessage({ port2 }, [port2]);
    });
    const { port2 } = await t.next(worker, 'message');
    t.keep(port2);
    t.note(await t.next(port2, 'message'));
    const closed = t.next(port2, 'close');
    t.note(await worker.terminate());
    await closed;
    t.note('closed', port2.postMessage(1));
  });

  sameProcess('process.exit of the parent with workers in all states', (wt, { note, worker }) => {
    process.on('exit', (code) => note('exit', code));
    worker((wt) => wt.parentPort.on('message', () => {}));
    worker(() => { for (;;); });
    worker((wt) => { for (;;) wt.parentPort.postMessage('x'.repeat(100)); });
    const busy = worker((wt) => {
      wt.parentPort.on('message', (m) => wt.parentPort.postMessage(m));
      wt.parentPort.postMessage('up');
    });
    busy.on('message', (m) => {
      busy.postMessage(m);
      worker(() => {});
      process.exit(4);
    });
  });

  /* What a busy port has prepared beside must not wait for them. */
  sameProcess('of a busy worker, and its own end, while all threads for files wait', (wt, tools) => {
    const { execFileSync } = require('node:child_process');
    const fs = require('node:fs');
    const { note, worker } = tools;
    const folder = fs.mkdtempSync(require('node:path').join(require('node:os').tmpdir(), 'ringport-'));
    const pipes = [0, 1, 2, 3].map((i) => `${folder}/${i}`);

    execFileSync('mkfifo', pipes);
    for (const pipe of pipes) fs.open(pipe, 'r', () => {}); // until somebody writes to it

    const count = 20000;
    const end = (how, next) => {
      const w = worker((wt, { data }) => {
        let left = data;

        wt.parentPort.on('message', (m) => {
          if (m === 'end') wt.parentPort.close();
          else if (--left === 0) wt.parentPort.postMessage('all');
        });
        for (let i = 0; i < 20; i++) wt.parentPort.postMessage(i); // by now it has a ring
      }, { data: count });

      w.on('message', (m) => {
        if (m === 19) for (let i = 0; i < count; i++) w.postMessage(i);
        if (m === 'all') how(w);
      });
      w.on('exit', (code) => {
        note('exit', code);
        next();
      });
    };

    end((w) => w.terminate(), () => end((w) => w.postMessage('end'), () => {
      for (const pipe of pipes) fs.openSync(pipe, fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
      fs.rmSync(folder, { recursive: true });
    }));
  }, { when: process.platform === 'linux' });
});
