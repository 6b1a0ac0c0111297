'use strict';

/*
 * The switch from Node's channel to the ring: ports in the events delivered meanwhile,
 * messages posted by getters, and messages that arrive while nobody listens. Each program
 * runs in its own process, because what goes over Node's channel depends on the ports
 * that exist.
 */

const { same, sameProcess } = require('./support/differential');

/** Numbers, one after the other, which have the port change after some 300. */
const MANY = 700;

describe('worker: the events of messages that Node has brought when the first comes by ring', () => {
  for (const connected of [false, true]) {
    sameProcess(`have their ports, also behind more than a wake-up delivers${connected ? ', of a port that sends by ring' : ''}`,
      (wt, { worker, note, data: connected }) => {
        const flags = new Int32Array(new SharedArrayBuffer(8));
        const other = worker((wt, { data: connected }) => {
          const { parentPort, workerData: flags } = wt;
          const counts = [];

          if (connected) for (let i = 0; i < 700; i++) parentPort.postMessage(i);
          parentPort.addEventListener('message', ({ data, ports }) => {
            if (data.first) { // what comes now is behind what this wake-up delivers
              Atomics.store(flags, 0, 1);
              Atomics.notify(flags, 0);
              Atomics.wait(flags, 1, 0);
            }
            if (data.list) counts.push([data.list.length, ports.map((port) => data.list.indexOf(port))]);
            if (data === 'last') {
              parentPort.postMessage(counts);
              parentPort.close();
            }
          });
          parentPort.postMessage('up');
        }, { workerData: flags, data: connected });

        other.on('message', (message) => {
          if (Array.isArray(message)) note(message);
          if (message !== 'up') return;
          other.postMessage({ first: [] });
          Atomics.wait(flags, 0, 0);
          for (let i = 0; i < 1500; i++) other.postMessage({ i: [i] }); // by Node, as long as the codec is not loaded
          for (const inMessage of [[0], [], [1, 0]]) {
            const list = Array.from({ length: inMessage.length + 1 }, () => new MessageChannel().port2);

            other.postMessage({ list: inMessage.map((i) => list[i]) }, list);
          }
          for (let i = 0; i < 700; i++) other.postMessage(i);
          other.postMessage('last');
          Atomics.store(flags, 1, 1);
          Atomics.notify(flags, 1);
        });
        other.on('exit', () => process.exit());
      }, { data: connected });
  }
});

describe('worker: a getter of a message, while messages go by Node,', () => {
  const POSTS = {
    'posts an object': (wt, port) => port.postMessage({ inner: 1 }),
    'posts a port': (wt, port) => {
      const { port1, port2 } = new wt.MessageChannel();

      port1.postMessage('through');
      port1.close();
      port.postMessage({ inner: port2 }, [port2]);
    },
    'posts a port and many messages': (wt, port) => {
      const { port2 } = new wt.MessageChannel();

      for (let i = 0; i < 400; i++) port.postMessage(i);
      port.postMessage([port2], [port2]);
      for (let i = 400; i < 800; i++) port.postMessage(i);
      port2.close();
    },
    'posts a port that it does not list': (wt, port) => {
      const { port1 } = new wt.MessageChannel();

      try {
        port.postMessage({ port1 });
      } catch ({ message }) {
        port.postMessage(message);
      }
      port1.close();
    },
    'posts many with a getter that posts a port': (wt, port) => {
      const { port1, port2 } = new wt.MessageChannel();

      port.postMessage({ get deeper() {
        port.postMessage({ port2 }, [port2]);
        return 1;
      } });
      port1.close();
    },
    'transfers a buffer': (wt, port) => {
      const buffer = new ArrayBuffer(100_000);

      new wt.MessageChannel().port1.close();
      port.postMessage({ buffer }, [buffer]);
    },
    'has its port connect': (wt, port) => {
      const hear = () => {};

      port.on('messages', hear);
      port.off('messages', hear);
      port.postMessage('inner');
      port.postMessage({ inner: 1 });
    },
    'posts several at once': (wt, port) => {
      if (port.postMessages) port.postMessages([1, { two: 2 }, 'three']);
      else for (const value of [1, { two: 2 }, 'three']) port.postMessage(value);
    },
  };
  /* Runs in a program or a worker, as its source. */
  const show = String((wt, note) => {
    const heard = [];

    return (message) => {
      if (message?.inner instanceof wt.MessagePort) heard.push(wt.receiveMessageOnPort(message.inner));
      else if (typeof message !== 'object') heard.push(message);
      else heard.push(Object.entries(message).map(([key, value]) => [key, value.constructor.name]));
      if (message === 'end') note(heard);
    };
  });

  for (const [what, post] of Object.entries(POSTS)) {
    sameProcess(`${what}, to its parent`, (wt, { worker, note, data: [run, collect] }) => {
      const other = worker((wt, { data }) => {
        const { parentPort } = wt;
        const run = (0, eval)(data);

        for (let round = 0; round < 3; round++) {
          parentPort.postMessage({ before: 1, get outer() {
            run(wt, parentPort);
            return round;
          } });
          parentPort.postMessage('behind');
          parentPort.postMessage({ behind: 2 });
        }
        parentPort.on('message', () => parentPort.close());
        parentPort.postMessage('end');
      }, { data: run });
      const see = (0, eval)(collect)(wt, note);

      other.on('message', (message) => {
        see(message);
        if (message === 'end') other.postMessage(0);
      });
    }, { data: [`(${post})`, show] });

    sameProcess(`${what}, to a worker`, (wt, { worker, data: [action, collect] }) => {
      const other = worker((wt, { note, data }) => {
        const see = (0, eval)(data)(wt, note);

        wt.parentPort.on('message', (message) => {
          see(message);
          if (message === 'end') wt.parentPort.close();
        });
        wt.parentPort.postMessage('up');
      }, { data: collect });
      const run = (0, eval)(action);

      other.on('message', () => {
        for (let round = 0; round < 3; round++) {
          other.postMessage({ before: 1, get outer() {
            run(wt, other);
            return round;
          } });
          other.postMessage('behind');
          other.postMessage({ behind: 2 });
        }
        other.postMessage('end');
      });
    }, { data: [`(${post})`, show] });
  }
});

describe('worker: what comes while nobody listens is dropped or waits, as with Node', () => {
  const ACTIONS = {
    'start()': (port) => port.start(),
    'start(), and a listener that goes': (port, hear) => {
      port.start();
      port.on('message', hear);
      port.off('message', hear);
    },
    'a listener that goes': (port, hear) => port.on('message', hear).off('message', hear),
    'a listener that goes, then start()': (port, hear) => {
      port.on('message', hear).off('message', hear);
      port.start();
    },
    'removeAllListeners()': (port, hear) => {
      port.on('message', hear);
      port.unref();
      port.removeAllListeners();
    },
    'removeAllListeners(\'message\')': (port, hear) => {
      port.on('message', hear);
      port.removeAllListeners('message');
      port.unref();
    },
    'removeAllListeners(\'message\') without a listener': (port) => port.removeAllListeners('message'),
    'removeAllListeners() of others': (port, hear) => {
      port.on('message', hear);
      port.removeAllListeners('close');
      port.off('message', hear);
    },
    'removeAllListeners(), and a listener that goes': (port, hear) => {
      port.on('message', hear);
      port.removeAllListeners();
      port.on('message', hear);
      port.off('message', hear);
    },
    'onmessage that is taken away': (port, hear) => {
      port.onmessage = hear;
      port.onmessage = null;
    },
    'nothing': () => {},
  };

  for (const [what, action] of Object.entries(ACTIONS)) {
    for (const before of [0, MANY]) {
      for (const after of [5, MANY]) {
        same(`${what}: of ${after}, when ${before} have come`, async (wt, t) => {
          const worker = t.worker((wt, { data: [action, before] }) => {
            const { parentPort } = wt;
            const { port1, port2 } = new (require('node:worker_threads').MessageChannel)();
            let count = 0;

            /* From now on by this one. */
            const act = () => {
              (0, eval)(action)(parentPort, () => { throw new Error('heard'); });
              port1.on('message', (say) => {
                if (say === 'next') return port1.postMessage('here');

                const heard = [];

                parentPort.on('message', (message) => heard.push(message));
                setTimeout(() => {
                  port1.postMessage([heard.length, heard.slice(0, 3), heard.slice(-2)]);
                  port1.close();
                  parentPort.close();
                }, 60);
              });
            };

            parentPort.postMessage(port2, [port2]);
            if (before === 0) return act();
            parentPort.on('message', function hear() {
              if (++count < before) return;
              parentPort.off('message', hear);
              act();
            });
          }, { data: [`(${action})`, before] });
          const way = await t.next(worker, 'message');

          t.keep(way);
          for (let i = 0; i < before; i++) worker.postMessage(i);
          way.postMessage('next');
          await t.next(way, 'message');
          for (let i = 0; i < after; i++) worker.postMessage(`after ${i}`);
          await new Promise((resolve) => setTimeout(resolve, 60));
          way.postMessage('listen');
          t.note(await t.next(way, 'message'));
          await t.next(worker, 'exit');
        }, { together: true });
      }
    }
  }
});
