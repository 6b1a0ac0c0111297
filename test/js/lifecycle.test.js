'use strict';

/*
 * Every stage of a port's life combined with every way to end, in a worker and in the
 * main thread: no crash and no hang, 'close' on the other end, and the same exit code as
 * with Node.
 */

const { same, sameProcess } = require('./support/differential');

/*
 * Runs in a worker: brings `port` to a stage, then ends in one way. The main thread ends
 * it where the way is 'peer' or 'terminate', and is told by 'ready' when the stage is
 * reached.
 */
function inWorker(wt, { data: { stage, end }, attach, detach, collect }) {
  const { parentPort } = wt;
  let port = attach(wt.workerData.handle);
  const nothing = () => {};
  const stages = {
    fresh: () => reached(),
    listening() {
      port.on('message', nothing);
      reached();
    },
    started() {
      port.start();
      reached();
    },
    'in a handler'() {
      let count = 0;
      port.on('message', () => ++count === 10 && reached());
    },
    'in a tick of a handler'() {
      port.once('message', () => process.nextTick(reached));
    },
    'in a microtask of a handler'() {
      port.once('message', () => queueMicrotask(reached));
    },
    flowing() {
      let count = 0;
      port.on('message', (m) => {
        port.postMessage(m);
        if (++count === 200) reached();
      });
    },
    'with a peer of its own'() {
      const { port1, port2 } = new wt.MessageChannel();
      port1.on('message', nothing);
      port2.on('message', (m) => port2.postMessage(m));
      for (let i = 0; i < 10; i++) port1.postMessage(i);
      port1.unref();
      port2.unref();
      reached();
    },
    'with a new port handed out'() {
      const { port1, port2 } = new wt.MessageChannel();
      port1.on('message', nothing);
      port1.postMessage('from the new port');
      parentPort.postMessage({ port: port2 }, [port2]);
      port1.unref();
      reached();
    },
    'sent away'() {
      parentPort.postMessage({ port }, [port]);
      reached();
    },
    detached() {
      globalThis.handle = detach(port);
      reached();
    },
    closed() {
      port.close();
      reached();
    }
  };
  const ends = {
    close() {
      port.close();
      parentPort.close();
    },
    exit() {
      process.exit(3);
    },
    throw() {
      throw new Error('the end');
    },
    natural() {
      port.unref();
    },
    transfer() {
      try {
        parentPort.postMessage({ port }, [port]);
      } catch (error) {
        parentPort.postMessage({ threw: error.name });
      }
    },
    async gc() {
      port.unref();
      port = null;
      await collect();
      parentPort.close();
    },
    peer: hold,
    terminate: hold
  };

  function hold() {
    parentPort.on('message', () => process.exit(4));
    parentPort.postMessage('ready');
  }

  function reached() {
    ends[end]();
  }

  stages[stage]();
}

const STAGES = [
  'fresh', 'listening', 'started', 'in a handler', 'in a tick of a handler',
  'in a microtask of a handler', 'flowing', 'with a peer of its own', 'with a new port handed out',
  'sent away', 'detached', 'closed'
];
const ENDS = ['close', 'exit', 'throw', 'natural', 'transfer', 'gc', 'peer', 'terminate'];

for (const stage of STAGES) {
  describe(`lifecycle: in a worker, ${stage}`, () => {
    for (const end of ENDS) {
      same(`the end: ${end}`, async (wt, t) => {
        const [other, port] = t.channel();
        const [inner, innerPeer] = t.channel();
        const closed = t.next(other, 'close');
        const innerClosed = t.next(innerPeer, 'close');

        /* Enough for every stage; the last holds a port, which nobody takes care of. */
        for (let i = 0; i < 20; i++) other.postMessage(i);
        other.postMessage({ inner }, [inner]);
        other.on('message', (m) => other.postMessage(m));

        const handle = t.detach(port);
        const worker = t.worker(inWorker, {
          data: { stage, end }, workerData: { handle }, transferList: [handle], stderr: true
        });
        const exited = t.next(worker, 'exit');
        const handed = [];

        worker.on('error', (error) => t.note('error', error.message));
        worker.on('message', (m) => {
          if (m.port) handed.push(t.keep(m.port));
          else if (m.threw) t.note(m.threw);
          else if (end === 'terminate') worker.terminate();
          else other.close();
        });
        if (end === 'peer') closed.then(() => worker.postMessage('end'));
        t.note('exit', await exited);

        /* What was sent away outlives its thread, and ends here. */
        for (const port of handed) t.attempt('close', () => port.close());
        /* The port in the last message was lost, wherever it was by then. */
        await Promise.all([closed, innerClosed]);
        t.note('closed', handed.length);
      }, { together: true });
    }
  });
}

/* Runs as a process: brings a port that leads to a worker to a stage, then ends in one
 * way. */
function inMain(wt, { data: { stage, end }, detach, note, worker, collect }) {
  let { port1: port, port2 } = new wt.MessageChannel();
  const handle = detach(port2);
  const echo = worker((wt, { attach }) => {
    const port = attach(wt.workerData);

    port.on('message', (m) => port.postMessage(m));
    wt.parentPort.on('message', (m) => {
      if (m !== 'close') process.exit(0);
      port.close();
      port.on('close', () => wt.parentPort.postMessage('closed'));
    });
    wt.parentPort.postMessage('up');
  }, { workerData: handle, transferList: [handle] });
  const stages = {
    fresh: () => reached(),
    listening() {
      port.on('message', () => {});
      reached();
    },
    'in a handler'() {
      port.on('message', (m) => m === 5 && reached());
      for (let i = 0; i < 10; i++) port.postMessage(i);
    },
    flowing() {
      let count = 0;
      port.on('message', (m) => {
        port.postMessage(m);
        if (++count === 200) reached();
      });
      for (let i = 0; i < 10; i++) port.postMessage(i);
    },
    queued() {
      for (let i = 0; i < 100; i++) port.postMessage({ i, text: 'queued' });
      reached();
    },
    'sent away'() {
      echo.postMessage({ port }, [port]);
      reached();
    },
    detached() {
      globalThis.handle = detach(port);
      reached();
    }
  };
  const ends = {
    close() {
      port.close();
      echo.postMessage('end');
    },
    exit() {
      process.exit(3);
    },
    throw() {
      throw new Error('the end');
    },
    natural() {
      port.unref();
      echo.unref();
    },
    transfer() {
      try {
        echo.postMessage({ port }, [port]);
      } catch (error) {
        note(error.name);
        echo.postMessage('end');
      }
    },
    async gc() {
      port.unref();
      port = null;
      port2 = null;
      await collect();
      echo.postMessage('end');
    },
    peer() {
      port.unref();
      echo.postMessage('close');
      echo.on('message', () => echo.postMessage('end'));
    },
    terminate() {
      port.unref();
      echo.terminate();
    }
  };
  let done = false;

  function reached() {
    if (done) return;
    done = true;
    note('reached');
    ends[end]();
  }

  process.on('exit', (code) => note('exit', code));
  echo.once('message', () => stages[stage]());
}

for (const stage of ['fresh', 'listening', 'in a handler', 'flowing', 'queued', 'sent away', 'detached']) {
  describe(`lifecycle: in the main thread, ${stage}`, () => {
    for (const end of ['close', 'exit', 'throw', 'natural', 'transfer', 'gc', 'peer', 'terminate']) {
      sameProcess(`the end: ${end}`, inMain, { data: { stage, end } });
    }
  });
}

/* The same for a worker that has workers: its end is theirs. */
describe('lifecycle: a worker that ends with ports into workers of its own', () => {
  for (const end of ['exit', 'throw', 'terminate']) {
    same(`the end: ${end}`, async (wt, t) => {
      const outer = t.worker((wt, { worker, detach, data: { end } }) => {
        const { port1, port2 } = new wt.MessageChannel();
        const handle = detach(port2);
        const inner = worker((wt, { attach }) => {
          const port = attach(wt.workerData);

          port.on('message', (m) => port.postMessage(m));
          wt.parentPort.on('message', () => {});
        }, { workerData: handle, transferList: [handle] });
        let count = 0;

        inner.on('error', () => {});
        port1.on('message', (m) => {
          port1.postMessage(m);
          if (++count !== 100) return;
          wt.parentPort.postMessage('flowing');
          if (end === 'exit') process.exit(3);
          if (end === 'throw') throw new Error('the end');
        });
        for (let i = 0; i < 5; i++) port1.postMessage(i);
      }, { data: { end }, stderr: true });
      const exited = t.next(outer, 'exit');

      const errors = [];

      outer.on('error', (error) => errors.push(error.message));
      t.note(await t.next(outer, 'message'));
      if (end === 'terminate') outer.terminate();
      t.note(await exited, errors);
    }, { together: true });
  }
});
