'use strict';

/*
 * When a port starts and stops receiving, and when it keeps the event loop alive. Each
 * test runs with worker_threads and with ringport and compares what both log.
 */

const { same, sameProcess } = require('./support/differential');
const { listen, LISTENER_KINDS } = require('./support/program');

const REMOVALS = {
  off: (port, listener) => port.off('message', listener),
  removeListener: (port, listener) => port.removeListener('message', listener),
  removeEventListener: (port, listener) => port.removeEventListener('message', listener),
  removeAllListeners: (port) => port.removeAllListeners('message'),
  'removeAllListeners of all': (port) => port.removeAllListeners()
};

describe('start: a fresh port', () => {
  same('is stopped and unreferenced', async (wt, t) => {
    const [a, b] = t.channel();

    t.note(a.hasRef(), b.hasRef());
    a.postMessage(1);
    await t.turns();
    t.note(t.drain(b));
  });

  for (const kind of LISTENER_KINDS) {
    same(`is started and referenced by its first listener: ${kind}`, async (wt, t) => {
      const [a, b] = t.channel();

      a.postMessage('before');
      t.note(b.hasRef());
      listen(b, kind, (m) => t.note('delivered', m));
      t.note(b.hasRef());
      a.postMessage('after');
      await t.turns();
      t.note(b.hasRef(), t.drain(b));
    });

    sameProcess(`keeps the process alive once it listens: ${kind}`, (wt, { note, listen, data }) => {
      const { port1, port2 } = new wt.MessageChannel();

      listen(port2, data, (m) => note('message', m));
      process.on('exit', () => note('exit'));
      /* Runs only if something else keeps the loop alive. */
      setTimeout(() => {
        note('alive');
        port1.close();
      }, 30).unref();
    }, { data: kind });
  }

  for (const [name, remove] of Object.entries(REMOVALS)) {
    same(`stops when its last listener is removed: ${name}`, async (wt, t) => {
      const [a, b] = t.channel();
      const listener = (m) => t.note('delivered', m?.data ?? m);
      const add = name === 'removeEventListener' ? 'addEventListener' : 'on';

      b[add]('message', listener);
      a.postMessage(1);
      await t.turns();
      remove(b, listener);
      t.note(b.hasRef());
      a.postMessage(2);
      await t.turns();
      t.note(t.drain(b));
      b[add]('message', listener);
      t.note(b.hasRef());
      a.postMessage(3);
      await t.turns();
    });
  }

  same('goes on while one of two listeners is left', async (wt, t) => {
    const [a, b] = t.channel();
    const first = (m) => t.note('first', m);
    const second = (m) => t.note('second', m);

    b.on('message', first).on('message', second);
    b.off('message', first);
    t.note(b.hasRef());
    a.postMessage(1);
    await t.turns();
    b.off('message', second);
    t.note(b.hasRef());
  });

  same('stops when a once listener has fired', async (wt, t) => {
    const [a, b] = t.channel();

    b.once('message', (m) => t.note('once', m, b.hasRef()));
    a.postMessage(1);
    a.postMessage(2);
    await t.turns();
    t.note(b.hasRef(), t.drain(b));
  });

  same('stops when the signal of its listener is aborted', async (wt, t) => {
    const [a, b] = t.channel();
    const controller = new AbortController();

    b.addEventListener('message', ({ data }) => t.note(data), { signal: controller.signal });
    t.note(b.hasRef());
    a.postMessage(1);
    await t.turns();
    controller.abort();
    t.note(b.hasRef());
    a.postMessage(2);
    await t.turns();
    t.note(t.drain(b));
  });

  for (const name of ['messageerror', 'close', 'error', 'foo']) {
    same(`is neither started nor referenced by a listener for '${name}'`, async (wt, t) => {
      const [a, b] = t.channel();

      b.on(name, () => t.note('called'));
      b.addEventListener(name, () => t.note('called'));
      t.note(b.hasRef());
      a.postMessage(1);
      await t.turns();
      t.note(t.drain(b));
    });
  }

  sameProcess('does not keep the process alive without a listener for messages', (wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();

    port1.on('close', () => note('close 1'));
    port2.on('close', () => note('close 2')).on('messageerror', () => {});
    port1.postMessage(1);
    process.on('exit', () => note('exit'));
  });

  same('drops messages when started without a listener', async (wt, t) => {
    const [a, b] = t.channel();

    a.postMessage(1);
    t.note(b.start(), b.hasRef());
    a.postMessage(2);
    await t.turns();
    t.note(t.drain(b));
    b.on('message', (m) => t.note('delivered', m));
    a.postMessage(3);
    await t.turns();
  });

  same('can be started twice, and again after its listeners have gone', async (wt, t) => {
    const [a, b] = t.channel();
    const listener = (m) => t.note('delivered', m);

    b.start();
    b.on('message', listener);
    b.start();
    a.postMessage(1);
    await t.turns();
    b.off('message', listener);
    b.start();
    a.postMessage(2);
    await t.turns();
    t.note(b.hasRef(), t.drain(b));
  });
});

describe('start: onmessage', () => {
  for (const [name, value] of Object.entries({
    null: null,
    undefined,
    'a number': 1,
    'a string': 'text',
    'a plain object': {},
    'an object with handleEvent': { handleEvent() {} },
    'a symbol': Symbol('s')
  })) {
    same(`set to ${name}`, async (wt, t) => {
      const [a, b] = t.channel();

      t.attempt('set', () => {
        b.onmessage = value;
      });
      t.note(b.onmessage === value, typeof b.onmessage, b.hasRef(), b.listenerCount('message'));
      a.postMessage(1);
      await t.turns();
      t.note(t.drain(b));
    });
  }

  same('set anew takes the place of the one before', async (wt, t) => {
    const [a, b] = t.channel();

    t.note(b.onmessage, b.onmessageerror);
    b.onmessage = ({ data }) => t.note('first', data);
    b.onmessage = ({ data }) => t.note('second', data);
    t.note(b.listenerCount('message'), b.hasRef());
    a.postMessage(1);
    await t.turns();
    b.onmessage = null;
    t.note(b.onmessage, b.hasRef());
    a.postMessage(2);
    await t.turns();
    t.note(t.drain(b));
    b.onmessage = ({ data }) => t.note('third', data);
    a.postMessage(3);
    await t.turns();
  });

  same('set to null leaves other listeners their messages', async (wt, t) => {
    const [a, b] = t.channel();

    b.onmessage = () => t.note('onmessage');
    b.on('message', (m) => t.note('on', m));
    b.onmessage = null;
    t.note(b.hasRef());
    a.postMessage(1);
    await t.turns();
  });

  same('set to null twice, or without ever having been set', async (wt, t) => {
    const [a, b] = t.channel();

    b.onmessage = null;
    b.onmessage = null;
    t.note(b.hasRef());
    b.on('message', (m) => t.note(m));
    b.onmessage = null;
    t.note(b.hasRef());
    a.postMessage(1);
    await t.turns();
  });
});

describe('ref and unref of a port', () => {
  same('are what hasRef says, before, between and after listeners', async (wt, t) => {
    const [a, b] = t.channel();
    const listener = () => {};
    const steps = [
      ['ref', () => b.ref()],
      ['ref again', () => b.ref()],
      ['unref', () => b.unref()],
      ['on', () => void b.on('message', listener)],
      ['unref under a listener', () => b.unref()],
      ['a second listener', () => void b.on('message', () => {})],
      ['one off', () => void b.off('message', listener)],
      ['ref', () => b.ref()],
      ['all off', () => void b.removeAllListeners('message')],
      ['ref without listeners', () => b.ref()],
      ['a listener, then off', () => void b.on('message', listener).off('message', listener)],
      ['start', () => b.start()],
      ['close', () => b.close()],
      ['ref after close', () => b.ref()],
      ['unref after close', () => b.unref()]
    ];

    t.note(b.hasRef());
    for (const [name, step] of steps) {
      t.attempt(name, step);
      t.note(b.hasRef());
    }
    await t.next(a, 'close');
    t.attempt('ref at the end', () => b.ref());
    t.note(b.hasRef(), a.hasRef());
  });

  sameProcess('ref alone keeps the process alive', (wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();

    port1.ref();
    process.on('exit', () => note('exit'));
    setTimeout(() => {
      note('alive');
      port2.close();
    }, 30).unref();
  });

  sameProcess('unref lets the process end although it listens', (wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();

    port2.on('message', (m) => note('message', m));
    port2.unref();
    process.on('exit', () => note('exit'));
    port1.unref();
  });

  sameProcess('what was posted to an unreferenced port before the end of the loop', (wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();

    port2.on('message', (m) => {
      note('message', m);
      port1.postMessage(m + 1);
    });
    port2.unref();
    process.on('exit', () => note('exit'));
    /* Two turns of the loop, in which the port may have its say. */
    setImmediate(() => setImmediate(() => {}));
    port1.postMessage(0);
  });

  sameProcess('removing the last listener lets the process end', (wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();

    port2.on('message', function listener(m) {
      note('message', m);
      port2.off('message', listener);
    });
    process.on('exit', () => note('exit'));
    port1.postMessage(1);
    port1.postMessage(2);
  });

  sameProcess('a once listener lets the process end when it has fired', (wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();

    port2.once('message', (m) => note('message', m));
    process.on('exit', () => note('exit'));
    port1.postMessage(1);
  });

  sameProcess('closing one end lets the process end', (wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();

    port1.on('message', () => {}).on('close', () => note('close 1'));
    port2.on('message', () => {}).on('close', () => note('close 2'));
    process.on('exit', () => note('exit'));
    setImmediate(() => port1.close());
  });
});

describe('ref and unref of a worker', () => {
  sameProcess('a worker keeps the process alive', (wt, { note, worker }) => {
    const w = worker((wt) => {
      wt.parentPort.on('message', () => {});
    });

    w.on('online', () => {
      note('online');
      setTimeout(() => {
        note('alive');
        w.terminate();
      }, 30).unref();
    });
    process.on('exit', () => note('exit'));
  });

  sameProcess('unref lets the process end while the worker runs', (wt, { note, worker }) => {
    const w = worker((wt) => {
      wt.parentPort.on('message', () => {});
      wt.parentPort.postMessage('up');
    });

    w.on('message', (m) => {
      note(m);
      w.unref();
    });
    w.on('exit', () => note('exit of the worker'));
    process.on('exit', (code) => note('exit', code));
  });

  sameProcess('unref and ref again keeps the process alive', (wt, { note, worker }) => {
    const w = worker((wt) => {
      wt.parentPort.once('message', (m) => wt.parentPort.postMessage(m));
    });

    w.unref();
    w.unref();
    w.ref();
    w.on('message', (m) => note(m)).on('exit', (code) => note('worker', code));
    w.postMessage('echo');
    process.on('exit', () => note('exit'));
  });

  sameProcess('unref before the start lets the process end at once', (wt, { note, worker }) => {
    const w = worker((wt) => {
      wt.parentPort.on('message', () => {});
    });

    note(w.unref() === undefined);
    process.on('exit', () => note('exit'));
  });

  same('ref and unref of a worker that has ended', async (wt, t) => {
    const w = t.worker(() => {});

    await t.next(w, 'exit');
    t.attempt('ref', () => w.ref());
    t.attempt('unref', () => w.unref());
  });

  same('parentPort holds its worker while it listens, and no longer', async (wt, t) => {
    const ways = [
      (wt) => wt.parentPort.close(),
      (wt) => wt.parentPort.unref(),
      (wt, listener) => wt.parentPort.off('message', listener)
    ];

    for (const way of ways) {
      const w = t.worker(
        (wt, { data }) => {
          wt.parentPort.on('message', function listener(m) {
            wt.parentPort.postMessage(`got ${m}`);
            if (m === 2) eval(data)(wt, listener);
          });
        },
        { data: String(way) }
      );
      const exit = t.next(w, 'exit');

      w.on('message', (m) => t.note(m));
      w.postMessage(1);
      w.postMessage(2);
      t.note(String(way), await exit);
    }
  });

  same('a worker that never listens ends by itself', async (wt, t) => {
    const w = t.worker((wt) => {
      wt.parentPort.on('close', () => {});
      wt.parentPort.postMessage(wt.parentPort.hasRef());
    });
    const exit = t.next(w, 'exit');

    w.on('message', (m) => t.note(m));
    t.note(await exit);
  });

  same('a port that listens holds the worker until it is closed from the parent', async (wt, t) => {
    const [a, b] = t.channel();
    const w = t.worker(
      (wt) => {
        wt.workerData.port.on('message', (m) => wt.workerData.port.postMessage(m));
      },
      { workerData: { port: b }, transferList: [b] }
    );
    const exit = t.next(w, 'exit');

    a.postMessage('echo');
    t.note(await t.next(a, 'message'));
    a.close();
    t.note(await exit);
  });
});
