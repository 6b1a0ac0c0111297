'use strict';

/*
 * Listeners of a Worker. ringport calls them without EventEmitter's emit() where that is
 * not observable. Compared with worker_threads.
 */

const EventEmitter = require('node:events');

const { same, sameProcess } = require('./support/differential');

/**
 * A worker with its own ring, which sends as many numbers, from 1 on, as each message
 * says; 0 ends it.
 */
async function counter(t, start = (source) => t.worker(source)) {
  const worker = start((wt) => {
    let next = 0;

    wt.parentPort.on('message', (count) => {
      for (let i = 0; i < count; i++) wt.parentPort.postMessage(++next);
      if (count === 0) wt.parentPort.close();
    });
    for (let i = 0; i < 20; i++) wt.parentPort.postMessage('on the way'); // the first go on Node's channel
    wt.parentPort.postMessage('ready');
  });

  await new Promise((resolve) => {
    worker.on('message', function wait(message) {
      if (message !== 'ready') return;
      worker.off('message', wait);
      resolve();
    });
  });
  return worker;
}

/** Have the worker send so many numbers, and end. */
async function count(t, worker, number) {
  worker.postMessage(number);
  worker.postMessage(0);
  await t.next(worker, 'exit');
}

describe('worker: its listeners', () => {
  const LISTENERS = {
    'one': (worker, note) => worker.on('message', (m) => note(m)),
    'one, with what it is called on': (worker, note) => worker.on('message', function (...args) {
      note(this === worker, ...args);
    }),
    'two': (worker, note) => {
      worker.on('message', (m) => note('first', m));
      worker.on('message', (m) => note('second', m));
    },
    'once': (worker, note) => worker.once('message', (m) => note(m)),
    'once, added by each': (worker, note) => {
      worker.once('message', function again(m) {
        note(m);
        worker.once('message', again);
      });
    },
    'one that takes itself off': (worker, note) => {
      worker.on('message', function self(m) {
        note(m);
        if (m === 2) worker.off('message', self);
      });
    },
    'one that adds another': (worker, note) => {
      worker.on('message', (m) => {
        note('first', m);
        if (m === 2) worker.on('message', (other) => note('second', other));
      });
    },
    'one that another takes the place of': (worker, note) => {
      const second = (m) => note('second', m);

      worker.on('message', function first(m) {
        note('first', m);
        worker.off('message', first).on('message', second);
      });
    },
    'one added by EventEmitter\'s own method': (worker, note) =>
      EventEmitter.prototype.prependListener.call(worker, 'message', (m) => note(m)),
    'an emit() of its own': (worker, note) => {
      worker.emit = function (name, ...args) {
        if (name === 'message') note('emit', ...args);
        return EventEmitter.prototype.emit.call(this, name, ...args);
      };
      worker.on('message', (m) => note(m));
    },
    'an emit() of its own that calls nobody': (worker, note) => {
      worker.emit = (name, ...args) => {
        if (name !== 'message') return EventEmitter.prototype.emit.call(worker, name, ...args);
        note('emit', ...args);
        return false;
      };
      worker.on('message', (m) => note(m));
    },
    'one with a call() of its own': (worker, note) => {
      worker.on('message', Object.assign((m) => note(m), { call: () => note('its own') }));
    },
    'a Proxy': (worker, note) => {
      worker.on('message', new Proxy((m) => note(m), {}));
    },
    'an emit() of its own whose result is looked at': (worker, note) => {
      worker.emit = function (name, ...args) {
        EventEmitter.prototype.emit.call(this, name, ...args);
        if (name !== 'message') return true;
        return { then: (...reactions) => note('then', reactions.length) };
      };
      worker.on('message', (m) => note(m));
    },
    'no listeners at all, and again': (worker, note) => {
      worker.on('message', (m) => {
        note(m);
        if (m !== 2) return;
        worker.removeAllListeners('message');
        worker.on('message', (next) => note('again', next));
      });
    },
  };

  for (const [name, listen] of Object.entries(LISTENERS)) {
    same(name, async (wt, t) => {
      const worker = await counter(t);

      listen(worker, t.note.bind(t));
      await count(t, worker, 5);
      t.note('end');
    });
  }

  for (const by of ['Node', 'ring']) {
    same(`no listeners at all, and again, in a message by ${by} that may be heard when the worker has ended`, async (wt, t) => {
      const worker = await counter(t);
      const done = new Int32Array(new SharedArrayBuffer(4));

      if (by === 'ring') {
        for (let n = 0; n < 10; n++) {
          worker.postMessage(200);
          for (let i = 0; i < 200; i++) await t.next(worker, 'message');
        }
      }
      worker.on('message', (m) => {
        t.note(m);
        if (t.log.length !== 2) return;
        worker.removeAllListeners('message');
        worker.on('message', (next) => t.note('again', next));
      });
      worker.postMessage(5);
      worker.postMessage(0);
      Atomics.wait(done, 0, 0, 500); // it ends meanwhile, or else this shows nothing
      await t.next(worker, 'exit');
      t.note('end');
    });
  }

  same('a class of the application with an emit()', async (wt, t) => {
    const worker = await counter(t, (source) => {
      class Own extends wt.Worker {
        emit(name, ...args) {
          if (name === 'message') t.note(name, ...args);
          return super.emit(name, ...args);
        }
      }
      return t.keep(new Own(t.tools.source(source), { eval: true }));
    });

    worker.on('message', (m) => t.note('heard', m));
    await count(t, worker, 3);
  });

  same('EventEmitter\'s emit() replaced while messages come', async (wt, t) => {
    const { emit } = EventEmitter.prototype;
    const worker = await counter(t);

    t.after(() => {
      EventEmitter.prototype.emit = emit;
    });
    worker.on('message', (m) => {
      t.note(m);
      if (m === 4) EventEmitter.prototype.emit = emit;
      if (m !== 2) return;
      EventEmitter.prototype.emit = function (name, ...args) {
        if (this === worker && name === 'message') t.note('replaced', ...args);
        return emit.call(this, name, ...args);
      };
    });
    await count(t, worker, 6);
  });

  same('one that rejects, captured from now on', async (wt, t) => {
    const worker = await counter(t);

    EventEmitter.init.call(worker, { captureRejections: true });
    worker.on('message', async (m) => {
      throw new Error(`rejected ${m}`);
    });
    worker.postMessage(1);
    t.note((await t.next(worker, 'error')).message);
    worker.postMessage(0);
    await t.next(worker, 'exit');
  });

  same('one that rejects, captured from the beginning', async (wt, t) => {
    const worker = await counter(t, (source) => {
      EventEmitter.captureRejections = true;
      try {
        return t.worker(source);
      } finally {
        EventEmitter.captureRejections = false;
      }
    });

    worker.on('message', async (m) => {
      throw new Error(`rejected ${m}`);
    });
    worker.postMessage(1);
    t.note((await t.next(worker, 'error')).message);
    worker.postMessage(0);
    t.note('exit', await t.next(worker, 'exit'));
  });

  sameProcess('what a listener rejects and throws', (wt, { worker, note }) => {
    const w = worker((wt) => {
      wt.parentPort.on('message', (m) => {
        wt.parentPort.postMessage(m);
        if (m === 0) wt.parentPort.close();
      });
      for (let i = 0; i < 20; i++) wt.parentPort.postMessage('on the way');
      wt.parentPort.postMessage('ready');
    });

    const seen = []; // errors come between the messages, as it happens
    const see = (what) => {
      seen.push(what);
      if (seen.length === 3) w.postMessage(0);
    };

    process.on('uncaughtException', (error) => see(`uncaught ${error.message}`));
    process.on('unhandledRejection', (error) => see(`unhandled ${error.message}`));
    w.on('message', function wait(ready) {
      if (ready !== 'ready') return;
      w.off('message', wait);
      w.on('message', (m) => {
        if (m === 1) return Promise.reject(new Error('rejected'));
        if (m === 2) throw new Error('thrown');
        if (m === 3) see(m);
        return m;
      });
      for (const m of [1, 2, 3]) w.postMessage(m);
    });
    w.on('exit', (code) => note('exit', code, seen.sort()));
  });
});
