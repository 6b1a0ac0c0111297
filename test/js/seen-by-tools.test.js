'use strict';

/*
 * What async_hooks, util.inspect and the list of active resources show of ports and
 * Workers; events that a test emits on a Worker by itself; unusual transfer lists and
 * getters.
 */

const { same, sameProcess } = require('./support/differential');

describe('seen by tools: the resource of a port in async_hooks', () => {
  sameProcess('says whether the port keeps the loop alive', (wt, { note }) => {
    const seen = [];

    require('node:async_hooks').createHook({ init(id, type, trigger, resource) {
      if (type === 'MESSAGEPORT') seen.push([resource, resource.hasRef()]);
    } }).enable();
    const { port1, port2 } = new wt.MessageChannel();
    const show = (label) => note(label, seen.map(([resource, first]) => [first, resource.hasRef()]));

    show('new');
    port1.on('message', () => {});
    show('heard');
    port1.unref();
    show('unref');
    port2.ref();
    show('ref');
    port1.close();
  });

  sameProcess('a port that keeps the loop alive is among the active resources and handles', (wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();
    const show = (label) => {
      const handles = process._getActiveHandles();

      note(label, process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length,
        handles.map((handle) => [port1, port2].indexOf(handle)).filter((index) => index !== -1));
    };

    show('new');
    port1.onmessage = () => {};
    show('heard');
    port2.on('message', () => {});
    show('both');
    port1.unref();
    show('unref');
    port2.close();
    setImmediate(() => setImmediate(() => show('closed')));
  });

  sameProcess('looks the same to inspect, while the port is made and later', (wt, { note }) => {
    const { inspect } = require('node:util');
    const seen = [];

    require('node:async_hooks').createHook({ init(id, type, trigger, resource) {
      if (type !== 'MESSAGEPORT') return;
      note(inspect(resource));
      seen.push(resource);
    } }).enable();
    const { port1 } = new wt.MessageChannel();

    note(seen.map((resource) => resource instanceof wt.MessagePort));
    note(/active: true,\s+refed: false/.test(inspect(seen[0])));
    port1.close();
  });

  sameProcess('of a Worker is not active after unref()', (wt, { note }) => {
    const seen = new Map();

    require('node:async_hooks').createHook({
      init(id, type, trigger, resource) {
        if (type === 'MESSAGEPORT' || type === 'WORKER') seen.set(id, [type, resource]);
      },
      destroy(id) { seen.delete(id); },
    }).enable();
    const worker = new wt.Worker('setInterval(() => {}, 1000)', { eval: true });

    worker.on('online', () => {});
    worker.unref();
    note([...seen.values()].filter(([, resource]) =>
      typeof resource.hasRef !== 'function' || resource.hasRef()).map(([type]) => type));
    process.exit();
  });
});

describe('seen by tools: an event that somebody else emits on a Worker', () => {
  for (const name of ['exit', 'online', 'error', 'messageerror', 'message']) {
    same(`${name} does not end its channel`, async (wt, t) => {
      const worker = t.worker((wt) => {
        wt.parentPort.on('message', (message) => wt.parentPort.postMessage(message));
      });
      const ask = async (n) => {
        const answer = t.next(worker, 'message');

        worker.postMessage(n);
        return answer;
      };

      worker.on('error', () => {});
      for (let n = 0; n < 20; n++) await ask(n);
      worker.emit(name, name === 'exit' ? 0 : new Error('by hand'));
      t.note(await ask('after it'));
    });
  }
});

describe('seen by tools: a transfer list', () => {
  const LISTS = {
    'has a buffer twice': (wt, own, buffer) => [buffer, buffer],
    'has a port twice': (wt, own, buffer, port) => [port, port],
    'has the port that posts': (wt, own) => [own],
    'has a port that is closed': (wt, own, buffer, port) => (port.close(), [port]),
    'has what cannot be transferred': () => [{}],
    'has a buffer that is detached': (wt, own, buffer) => (structuredClone(buffer, { transfer: [buffer] }), [buffer]),
    'is good': (wt, own, buffer, port) => [buffer, port],
  };

  for (const [what, make] of Object.entries(LISTS)) {
    same(`that ${what} is looked at before the message`, (wt, t) => {
      for (const size of [8, 100_000]) {
        const [a] = t.channel();
        const [, other] = t.channel();
        const list = make(wt, a, new ArrayBuffer(size), other);
        let runs = 0;

        t.attempt('post', () => a.postMessage({ get x() {
          runs++;
          throw new RangeError('of the getter');
        } }, list));
        t.note('getter ran', runs);
      }
    });
  }
});

describe('seen by tools: a getter of a message', () => {
  same('that closes a port of its transfer list has the message refused', async (wt, t) => {
    const [a, b] = t.channel();
    const [c] = t.channel();

    t.attempt('post', () => a.postMessage({ get x() {
      c.close();
      return 1;
    }, c }, [c]));
    t.note(t.drain(b).length);
  });

  same('that sends a port of its transfer list away has the message refused', async (wt, t) => {
    const [a, b] = t.channel();
    const [c] = t.channel();
    const [d, e] = t.channel();

    t.attempt('post', () => a.postMessage({ get x() {
      d.postMessage(c, [c]);
      return 1;
    }, c }, [c]));
    t.note(t.drain(b).length, t.drain(e).length);
  });

});

describe('seen by tools: a getter of a message that detaches a buffer of the list', () => {
  for (const size of [8, 100_000]) {
    for (const before of [true, false]) {
      same(`of ${size} bytes ${before ? 'before' : 'after'} it is read: an empty one is sent`, async (wt, t) => {
        const [a, b] = t.channel();
        const buffer = new ArrayBuffer(size);
        const other = new ArrayBuffer(50_000);
        const getter = { get x() {
          structuredClone(buffer, { transfer: [buffer] });
          return 1;
        } };
        const message = before ? [getter, buffer, other] : [buffer, getter, other];

        t.attempt('post', () => a.postMessage(message, [buffer, other]));
        t.note(t.drain(b).map(([...parts]) => parts.map((part) => part.byteLength)), other.byteLength);
      });
    }
  }
});

describe('seen by tools: markAsUntransferable', () => {
  same('of a port has it refused', async (wt, t) => {
    const [a, b] = t.channel();
    const [c] = t.channel();

    wt.markAsUntransferable(c);
    t.attempt('post', () => a.postMessage(c, [c]));
    t.note(t.drain(b).length);
  });
});

describe('seen by tools: a port in what is posted to a channel of Node\'s', () => {
  const CHANNELS = {
    'a BroadcastChannel': (wt, t) => {
      const channel = new wt.BroadcastChannel('ports');

      t.after(() => channel.close());
      return (value) => channel.postMessage(value);
    },
    'a MessagePort of Node\'s': (wt, t) => {
      const { port1 } = new (require('node:worker_threads').MessageChannel)();

      t.after(() => port1.close());
      return (value) => port1.postMessage(value);
    },
    'the environment data of a worker': (wt, t) => (value) => {
      wt.setEnvironmentData('held', value);
      try {
        t.keep(new wt.Worker('', { eval: true }));
      } finally {
        wt.setEnvironmentData('held', undefined);
      }
    },
  };

  for (const [name, open] of Object.entries(CHANNELS)) {
    same(`${name} is refused as one of Node's`, (wt, t) => {
      const post = open(wt, t);
      const [port] = t.channel();
      const [closed] = t.channel();
      const deep = { list: [1, new Map([[{ port }, 1]])] };

      const errors = [new Error('cause', { cause: port }), Object.assign(new Error('other'), { port })];

      closed.close();
      for (const value of [port, { port }, deep, [closed], ...errors, { a: 1 }, new Set([1]), 'text']) {
        t.attempt('post', () => post(value));
      }
    });
  }
});

describe('seen by tools: a FileHandle that gets lost in another context', () => {
  sameProcess('is closed at once, and nobody is warned', async (wt, { note, collect }) => {
    const fs = require('node:fs');
    const context = require('node:vm').createContext();
    const { port1, port2 } = new wt.MessageChannel();
    const moved = wt.moveMessagePortToContext(port2, context);
    const handle = await fs.promises.open(process.execPath);
    const { fd } = handle;

    process.on('warning', ({ name }) => note('warning', name));
    moved.onmessage = () => note('message');
    moved.onmessageerror = () => note('messageerror');
    moved.start?.();
    port1.postMessage({ deep: [new Map([[1, handle]])] }, [handle]);
    setTimeout(async () => {
      try {
        fs.fstatSync(fd);
        note('open');
      } catch ({ code }) {
        note(code);
      }
      await collect();
      process.exit();
    }, 100);
  });
});
