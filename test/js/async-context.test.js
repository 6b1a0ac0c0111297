'use strict';

/*
 * AsyncLocalStorage, AsyncResource and async_hooks see ports as they see Node's. Each
 * test runs with worker_threads and with ringport and compares what both log.
 */

const async_hooks = require('node:async_hooks');
const { same, sameProcess } = require('./support/differential');
const { LISTENER_KINDS } = require('./support/program');

const { AsyncLocalStorage } = async_hooks;

describe('async context: AsyncLocalStorage', () => {
  for (const kind of LISTENER_KINDS) {
    same(`in a listener: ${kind}`, async (wt, t) => {
      const storage = new AsyncLocalStorage();
      const [a, b] = storage.run('made', () => t.channel());

      storage.run('listened', () => t.tools.listen(b, kind, (m) => {
        t.note('listener', m, storage.getStore());
        process.nextTick(() => t.note('tick', storage.getStore()));
        Promise.resolve().then(() => t.note('promise', storage.getStore()));
        setImmediate(() => t.note('immediate', storage.getStore()));
      }));
      storage.run('posted', () => {
        a.postMessage(1);
        a.postMessage(2);
      });
      await t.turns();
      t.note('here', storage.getStore());
    });
  }

  same('of ports with contexts of their own, in one batch', async (wt, t) => {
    const storage = new AsyncLocalStorage();
    const pairs = ['one', 'two', 'three'].map((name) => storage.run(name, () => t.channel()));

    pairs.forEach(([, port], i) => port.on('message', (m) => t.note(i, m, storage.getStore())));
    for (let m = 0; m < 3; m++) pairs.forEach(([port]) => port.postMessage(m));
    await t.turns();
  });

  same('entered in a listener does not reach the next message', async (wt, t) => {
    const storage = new AsyncLocalStorage();
    const [a, b] = t.channel();

    b.on('message', (m) => {
      t.note(m, storage.getStore());
      storage.enterWith(`entered at ${m}`);
    });
    for (let i = 0; i < 3; i++) a.postMessage(i);
    await t.turns();
    t.note('here', storage.getStore());
  });

  same('in a listener of \'close\' and its callback', async (wt, t) => {
    const storage = new AsyncLocalStorage();
    const [a, b] = storage.run('made', () => t.channel());

    a.on('close', () => t.note('own', storage.getStore()));
    b.on('close', () => t.note('other', storage.getStore()));
    storage.run('closed', () => a.close(() => t.note('callback', storage.getStore())));
    await t.turns();
  });

  same('of a port that arrives', async (wt, t) => {
    const storage = new AsyncLocalStorage();
    const [a, b] = storage.run('carrier', () => t.channel());
    const [c, d] = storage.run('made', () => t.channel());

    storage.run('posted', () => a.postMessage({ d }, [d]));
    const { d: port } = storage.run('received', () => wt.receiveMessageOnPort(b).message);
    t.keep(port).on('message', () => t.note('arrived', storage.getStore()));
    c.postMessage(1);
    await t.turns();
  });

  same('of a worker', async (wt, t) => {
    const storage = new AsyncLocalStorage();
    const worker = storage.run('made', () => t.worker((wt) => {
      wt.parentPort.once('message', (m) => wt.parentPort.postMessage(m));
    }));
    const exit = t.next(worker, 'exit');

    storage.run('listened', () => {
      for (const name of ['online', 'message', 'exit']) {
        worker.on(name, () => t.note(name, storage.getStore()));
      }
    });
    storage.run('posted', () => worker.postMessage(1));
    await exit;
    t.log = t.log.sort();
  });

  same('of parentPort', async (wt, t) => {
    const worker = t.worker((wt) => {
      const { AsyncLocalStorage } = require('node:async_hooks');
      const storage = new AsyncLocalStorage();

      storage.run('listened', () => wt.parentPort.once('message', () => {
        wt.parentPort.postMessage([storage.getStore()]);
      }));
    });

    worker.postMessage(1);
    t.note(await t.next(worker, 'message'));
  });

  same('AsyncResource.bind keeps it', async (wt, t) => {
    const storage = new AsyncLocalStorage();
    const [a, b] = t.channel();

    storage.run('bound', () => {
      b.on('message', async_hooks.AsyncResource.bind(() => t.note(storage.getStore())));
    });
    a.postMessage(1);
    await t.turns();
  });
});

describe('async context: async_hooks', () => {
  /* Follow the ports as resources while the scenario runs; not the ones of Node that ours
   * may use. */
  const follow = (t) => {
    const ids = [];
    const events = [];
    const hook = async_hooks.createHook({
      init(id, type, trigger, resource) {
        if (type !== 'MESSAGEPORT' || !(resource instanceof t.wt.MessagePort)) return;
        ids.push(id);
        events.push(['init', ids.length - 1, trigger === async_hooks.executionAsyncId(), typeof resource]);
      },
      before: (id) => ids.includes(id) && events.push(['before', ids.indexOf(id)]),
      after: (id) => ids.includes(id) && events.push(['after', ids.indexOf(id)]),
      destroy: (id) => ids.includes(id) && events.push(['destroy', ids.indexOf(id)])
    }).enable();

    t.after(() => hook.disable());
    return { ids, events };
  };

  same('each port is a resource of type MESSAGEPORT', (wt, t) => {
    const { events } = follow(t);

    t.channel();
    t.note([...events]);
    t.channel();
    t.note([...events]);
  });

  same('a listener runs in the context of its port', async (wt, t) => {
    const { ids } = follow(t);
    const [a, b] = t.channel();

    // From Node 25 on a resource is held strongly, so ours is an object beside the port
    // (lib/ports/async-context.js).
    const isPort = Number.parseInt(process.versions.node, 10) < 25
      ? (resource) => resource === b
      : (resource) => resource instanceof wt.MessagePort;

    b.on('message', () => {
      t.note(ids.indexOf(async_hooks.executionAsyncId()), isPort(async_hooks.executionAsyncResource()));
    });
    b.on('close', () => t.note('close', ids.indexOf(async_hooks.executionAsyncId())));
    a.postMessage(1);
    a.postMessage(2);
    await t.turns();
    a.close();
    await t.turns();
  });

  same('a message comes between a before and an after', async (wt, t) => {
    const { events } = follow(t);
    const [a, b] = t.channel();
    const order = [];

    b.on('message', (m) => {
      order.push(['message', m, events.at(-1)]);
    });
    a.postMessage(1);
    a.postMessage(2);
    await t.turns();
    t.note(order);
  });

  same('every init has its destroy once the ports are closed', async (wt, t) => {
    const { events } = follow(t);
    const [a, b] = t.channel();

    b.on('message', () => {});
    a.postMessage(1);
    await t.turns();
    a.close();
    await t.next(b, 'close');
    await t.turns();
    t.note(events.filter(([name]) => name === 'destroy').sort());
  });

  same('ports that arrive are resources as well', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();
    const { events } = follow(t);

    a.postMessage({ d }, [d]);
    t.keep(wt.receiveMessageOnPort(b).message.d);
    t.note(events.filter(([name]) => name === 'init').length);
    t.keep(c);
  });
});

describe('async context: what the process counts', () => {
  same('process.getActiveResourcesInfo()', async (wt, t) => {
    const count = () => process.getActiveResourcesInfo().filter((type) => type === 'MessagePort').length;
    const before = count();
    const [a, b] = t.channel();

    t.note('fresh', count() - before);
    b.on('message', () => {});
    t.note('one listens', count() - before);
    a.on('message', () => {});
    t.note('both listen', count() - before);
    b.unref();
    t.note('one is unreferenced', count() - before);
    a.close();
    await t.next(b, 'close');
    await t.turns();
    t.note('closed', count() - before);
  });

  same('process.getActiveResourcesInfo() in a worker', async (wt, t) => {
    const worker = t.worker((wt) => {
      const port = wt.parentPort;
      const count = () => port.postMessage(process.getActiveResourcesInfo()
        .filter((type) => type === 'MessagePort').length);

      const life = setTimeout(() => {}, 1e6);

      count();
      port.on('message', (step) => {
        count();
        if (step === 1) port.unref();
        if (step === 2) port.ref();
        if (step === 3) {
          clearTimeout(life);
          port.close();
        }
      });
      count();
    });

    worker.on('message', (count) => t.note(count));
    for (const step of [0, 1, 2, 3]) {
      worker.postMessage(step);
      await t.next(worker, 'message');
    }
    await t.next(worker, 'exit');
  });

  sameProcess('process.getActiveResourcesInfo() with a worker', (wt, { note, worker }) => {
    const w = worker((wt) => wt.parentPort.once('message', () => {}));

    w.on('online', () => {
      const info = process.getActiveResourcesInfo();
      note(info.filter((type) => type === 'MessagePort').length, info.filter((type) => type === 'Worker').length);
      w.postMessage('end');
    });
    w.on('exit', () => setImmediate(() => note(process.getActiveResourcesInfo().filter((type) => /Port|Worker/.test(type)))));
  });
});

describe('ticks between two messages', () => {
  for (const flag of ['--pending-deprecation', '--throw-deprecation']) {
    sameProcess(`use nothing that ${flag} minds`, (wt, { note, worker }) => {
      const { port1, port2 } = new wt.MessageChannel();
      const child = worker((wt) => wt.parentPort.once('message', (m) => wt.parentPort.postMessage(m)));

      port2.on('message', (m) => {
        note('message', m);
        process.nextTick(note, 'tick', m);
        if (m === 2) port2.close();
      });
      port1.postMessage(1);
      port1.postMessage(2);
      child.on('message', (m) => note('worker', m));
      child.postMessage(3);
    }, { flags: ['--pending-deprecation', flag], pick: (line) => line.includes('DEP0134') });
  }
});
