'use strict';

/*
 * The options of a Worker, and what the worker sees of them. Compared with
 * worker_threads.
 */

const assert = require('node:assert');
const path = require('node:path');
const plain = require('node:worker_threads');
const { run, same } = require('./support/differential');
const { reference, subject } = require('./support/implementations');
const { watch } = require('./support/watch');

describe('worker: options', () => {
  same('workerData of every kind', async (wt, t) => {
    const shared = new SharedArrayBuffer(4);
    const worker = t.worker(
      (wt) => {
        const { shared, ...rest } = wt.workerData;

        new Uint8Array(shared)[0] = 7;
        wt.parentPort.postMessage(rest);
      },
      { workerData: { shared, a: 1, date: new Date(5), map: new Map([[1, { x: new Uint8Array(3) }]]), cycle: null } }
    );

    await watch(t, worker);
    t.note(new Uint8Array(shared)[0]);
  });

  for (const value of [undefined, null, 0, '', 'text', [1], false]) {
    same(`workerData ${JSON.stringify(value)}`, async (wt, t) => {
      await watch(t, t.worker((wt) => wt.parentPort.postMessage([wt.workerData]), { workerData: value }));
    });
  }

  same('workerData with ports of both kinds and a buffer', async (wt, t) => {
    const [a, b] = t.channel();
    const node = new plain.MessageChannel();
    const buffer = new ArrayBuffer(8);

    t.keep(node.port1);
    const worker = t.worker(
      (wt) => {
        const { port, node, buffer, deep } = wt.workerData;
        port.postMessage(`ours ${buffer.byteLength} ${deep[0].port === port}`);
        port.once('message', (m) => port.postMessage(`again ${m}`));
        node.postMessage('plain');
      },
      {
        workerData: { port: b, node: node.port2, buffer, deep: [{ port: b }] },
        transferList: [b, buffer, node.port2]
      }
    );
    a.postMessage('to the worker');
    t.note(buffer.byteLength);
    t.note(await t.messages(a, 2), await t.next(node.port1, 'message'));
    t.note(await t.next(worker, 'exit'));
  });

  /**
   * Options that say which of them are read, and are found nowhere but on their
   * prototype's prototype.
   */
  function counted(t, own) {
    class Options {
      #own = own;

      get(name) {
        t.note('get', name);
        return this.#own[name]; // not of what only looks like this object
      }
    }
    for (const name of ['workerData', 'transferList', 'eval', 'name', 'stdout', 'execArgv', 'env', 'argv']) {
      Object.defineProperty(Options.prototype, name, { get() { return this.get(name); } });
    }
    return new Options();
  }

  for (const kind of ['port', 'buffer', 'nothing']) {
    same(`that are getters and inherited, with ${kind} in transferList`, async (wt, t) => {
      const [a, b] = t.channel();
      const buffer = new ArrayBuffer(8);
      const source = `const { workerData: { port, first, second } } = require(${JSON.stringify(t.id)});
        console.log([first, second, typeof port]);`;
      const workerData = {
        get first() {
          t.note('first');
          return 1;
        },
        second: { get nested() {
          t.note('nested');
          return [2];
        } },
        port: kind === 'port' ? b : undefined,
      };
      const transferList = { port: [b], buffer: [buffer] }[kind];
      const worker = t.keep(new wt.Worker(source, counted(t, {
        workerData, transferList, eval: true, stdout: true, name: 'of a getter', execArgv: ['--no-warnings'],
      })));
      let text = '';

      worker.stdout.on('data', (chunk) => { text += chunk; });
      t.note(await t.next(worker, 'exit'), text, buffer.byteLength);
      a.postMessage('is there a peer?');
      t.note(t.drain(b));
    });
  }

  same('of every form: frozen, a function, with a getter that closes a port of the list or starts a worker', (wt, t) => {
    const forms = {
      frozen: (port) => Object.freeze({ workerData: port, transferList: Object.freeze([port]) }),
      'a function': (port) => Object.assign(() => {}, { workerData: port, transferList: [port] }),
      'a closed port': (port) => {
        port.close();
        return { workerData: port, transferList: [port] };
      },
      'a marked port': (port) => {
        wt.markAsUntransferable(port);
        return { workerData: port, transferList: [port] };
      },
      'a getter that closes it': (port) => ({ get workerData() {
        port.close();
        return 1;
      }, transferList: [port] }),
      'a getter that sends it': (port) => ({ get workerData() {
        t.channel()[0].postMessage(port, [port]);
        return 1;
      }, transferList: [port] }),
      'a getter that starts one': (port) => ({ get workerData() {
        const [c] = t.channel();

        t.keep(new wt.Worker('', { eval: true, workerData: c, transferList: [c] }));
        return port;
      }, transferList: [port] }),
      'a bad list: the data is not read': (port) => ({ workerData: { get data() {
        t.note('read');
        return 1;
      } }, transferList: [port, port] }),
    };

    for (const [name, form] of Object.entries(forms)) {
      const [a, b] = t.channel();
      const options = form(b);

      if (!Object.isFrozen(options)) options.eval = true;
      t.attempt(name, () => typeof t.keep(new wt.Worker(
        Object.isFrozen(options) ? path.join(__dirname, 'fixtures/nothing.js') : '', options)));
      t.note(t.drain(a));
    }
  });

  for (const [kind, of] of Object.entries({
    'an object': (port) => ({ port }),
    'an array in a Map': (port) => new Map([['x', [port]]]),
    'a Set': (port) => new Set([port]),
    'an instance': (port) => Object.assign(new (class Mine {})(), { port }),
    'a cycle': (port) => {
      const cycle = { deep: [{}] };

      cycle.deep[0].cycle = cycle;
      cycle.deep[0].port = port;
      return cycle;
    },
    'an object, after what cannot be cloned': (port) => ({ call: () => {}, port }),
  })) {
    same(`a port that is in no list, in ${kind}: refused by a new worker, and as its workerData`, async (wt, t) => {
      const [a, b] = t.channel();
      const buffer = new ArrayBuffer(8);
      const worker = t.keep(new wt.Worker('setInterval(() => {}, 1000)', { eval: true }));

      for (const list of [undefined, [], [buffer], new Set([buffer]).values()]) {
        t.attempt('message', () => worker.postMessage(of(b), list));
        if (list === undefined || Array.isArray(list)) {
          t.attempt('workerData', () => typeof t.keep(
            new wt.Worker('', { eval: true, workerData: of(b), transferList: list })));
        }
      }
      t.note(buffer.byteLength);
      a.postMessage('still here');
      t.note(t.drain(b));
    });
  }

  it('large workerData is copied once if it is not transferred, and else not, with ports or without', async function () {
    this.timeout(0);

    const bytes = 256 * 2 ** 20;
    const id = JSON.stringify(subject.id);
    const text = `const { Worker, MessageChannel } = require(${id});
      const { port1, port2 } = new MessageChannel();
      const data = new Uint8Array(${bytes}).fill(1).buffer; // pages that are only read may count or not
      const all = { data, port2 };
      const list = JSON.parse(process.argv[1]).map((name) => all[name]);
      const before = process.resourceUsage().maxRSS;
      new Worker('const { workerData: { data } } = require(' + ${JSON.stringify(id)} + '); console.log(data.byteLength)',
        { eval: true, workerData: { data, port: list.find((one) => one === port2) }, transferList: list })
        .on('exit', () => {
          console.log(Math.round((process.resourceUsage().maxRSS - before) * 1024 / ${bytes}));
          port1.close();
        });`;

    /* Node writes a message and reads it: what it copies lies there twice for a moment,
     * which the system may not have noticed. */
    for (const [list, copies] of [[['data', 'port2'], 0], [['data'], 0], [['port2'], 2], [[], 2]]) {
      const { lines, stderr } = await run(reference, ['-e', text, JSON.stringify(list)], {});

      assert.strictEqual(stderr, '');
      const [length, copied] = lines.map(Number).sort((a, b) => b - a);

      assert.strictEqual(length, bytes, `${list}`);
      assert.ok(copied <= copies, `${list}: ${copied}`);
    }
  });

  same('workerData that is a port', async (wt, t) => {
    const [a, b] = t.channel();
    const worker = t.worker((wt) => wt.workerData.postMessage('here'), { workerData: b, transferList: [b] });

    t.note(await t.next(a, 'message'));
    t.note(await t.next(worker, 'exit'));
  });

  same('errors of workerData and the transfer list: nothing is started or detached', async (wt, t) => {
    const [a, b] = t.channel();
    const buffer = new ArrayBuffer(8);
    const file = { eval: true };
    const cases = {
      'a function': { workerData: () => {}, transferList: [buffer, b] },
      'a symbol, nested': { workerData: { x: [Symbol('s')], b }, transferList: [b, buffer] },
      'a port that is not in the list': { workerData: { b } },
      'another port in the list': { workerData: { b }, transferList: [buffer] },
      'a duplicate': { workerData: { b }, transferList: [b, b] },
      'a duplicate buffer': { workerData: 1, transferList: [buffer, buffer, b] },
      'a list that is none': { workerData: 1, transferList: 5 },
      'a list of numbers': { workerData: 1, transferList: [5] },
      'a getter that throws': { workerData: { get x() { throw new RangeError('mine'); } }, transferList: [b] }
    };

    for (const [name, options] of Object.entries(cases)) {
      t.attempt(name, () => typeof new wt.Worker('', { ...file, ...options }));
      t.note(buffer.byteLength);
      a.postMessage(name);
      t.note(t.drain(b));
    }
  });

  same('errors of the constructor', (wt, t) => {
    const calls = {
      nothing: () => new wt.Worker(),
      'a number': () => new wt.Worker(5),
      'an object': () => new wt.Worker({}),
      'a relative name without a dot': () => new wt.Worker('no-such-dir-file.js'),
      'an http URL': () => new wt.Worker(new URL('http://a.b/c.js')),
      'a file URL as a string': () => new wt.Worker('file:///x.js'),
      'a data URL as a string': () => new wt.Worker('data:text/javascript,1'),
      'without new': () => wt.Worker('', { eval: true }),
      'bad argv': () => new wt.Worker('', { eval: true, argv: 5 }),
      'bad execArgv': () => new wt.Worker('', { eval: true, execArgv: ['--no-such-flag'] }),
      'bad execArgv, not allowed': () => new wt.Worker('', { eval: true, execArgv: ['--expose-gc', '-i'] }),
      'execArgv of numbers': () => new wt.Worker('', { eval: true, execArgv: 5 }),
      'bad env': () => new wt.Worker('', { eval: true, env: 5 }),
      'bad NODE_OPTIONS': () => new wt.Worker('', { eval: true, env: { NODE_OPTIONS: '--no-such-flag' } }),
      'a bad name': () => new wt.Worker('', { eval: true, name: 5 }),
      'eval of a URL': () => new wt.Worker(new URL('file:///x.js'), { eval: true })
    };

    for (const [name, call] of Object.entries(calls)) {
      t.attempt(name, () => {
        const worker = t.keep(call());
        worker.on('error', () => {});
        return typeof worker;
      });
    }
  });

  same('argv, execArgv and env', async (wt, t) => {
    const worker = t.worker(
      (wt) => wt.parentPort.postMessage(
        [process.argv.slice(2), process.execArgv, process.env.RP_TEST, process.env.PATH]
      ),
      { argv: ['one', 2], execArgv: ['--trace-warnings'], env: { RP_TEST: 'yes' } }
    );

    await watch(t, worker);
  });

  same('SHARE_ENV', async (wt, t) => {
    const worker = t.worker(() => {
      process.env.RP_SHARED = 'set by the worker';
    }, { env: wt.SHARE_ENV });

    await watch(t, worker);
    t.note(process.env.RP_SHARED);
    delete process.env.RP_SHARED;
  });

  same('stdin, stdout and stderr', async (wt, t) => {
    const worker = t.worker(
      () => {
        process.stderr.write('to stderr');
        process.stdin.on('data', (chunk) => process.stdout.write(String(chunk).toUpperCase()));
      },
      { stdin: true, stdout: true, stderr: true }
    );
    const text = { stdout: '', stderr: '' };

    for (const name of ['stdout', 'stderr']) {
      worker[name].on('data', (chunk) => {
        text[name] += chunk;
      });
    }
    worker.stdin.end('shout');
    t.note(await t.next(worker, 'exit'), text, worker.stdin === null);
  });

  same('streams are null when not asked for', (wt, t) => {
    const worker = t.worker(() => {});

    t.note(worker.stdin, typeof worker.stdout, typeof worker.stderr);
  });

  same('resourceLimits', async (wt, t) => {
    const worker = t.worker((wt) => wt.parentPort.postMessage(wt.resourceLimits), {
      resourceLimits: { maxOldGenerationSizeMb: 64, stackSizeMb: 2 }
    });

    t.note(worker.resourceLimits.maxOldGenerationSizeMb, worker.resourceLimits.stackSizeMb);
    const limits = await t.next(worker, 'message');
    t.note(limits.maxOldGenerationSizeMb, limits.stackSizeMb);
    await t.next(worker, 'exit');
    t.note(worker.resourceLimits);
  });

  same('name', async (wt, t) => {
    const worker = t.worker((wt) => wt.parentPort.postMessage([wt.threadName]), { name: 'by name' });

    t.note(worker.threadName);
    await watch(t, worker);
    t.note(worker.threadName);
  });

  same('isMainThread, threadId, parentPort', async (wt, t) => {
    const worker = t.worker((wt) => {
      wt.parentPort.postMessage([wt.isMainThread, wt.threadId, typeof wt.parentPort]);
    });

    t.note(wt.isMainThread, wt.threadId, wt.parentPort, wt.workerData);
    const { threadId } = worker;
    const [isMain, id, type] = await t.next(worker, 'message');
    t.note(isMain, id === threadId, id > 0, type);
    await t.next(worker, 'exit');
    t.note(worker.threadId);
  });

  same('shape of parentPort', async (wt, t) => {
    const worker = t.worker((wt) => {
      const { parentPort } = wt;
      wt.parentPort.postMessage([
        parentPort instanceof wt.MessagePort, parentPort instanceof EventTarget, parentPort.hasRef(),
        Object.prototype.toString.call(parentPort), parentPort.eventNames(), parentPort.onmessage
      ]);
    });

    await watch(t, worker);
  });

  same('shape of a worker', (wt, t) => {
    const worker = t.worker(() => {});

    t.note(worker instanceof wt.Worker, worker instanceof require('node:events').EventEmitter);
    t.note(worker instanceof plain.Worker, worker.constructor.name);
    for (const name of ['postMessage', 'terminate', 'ref', 'unref', 'getHeapSnapshot', 'on', 'performance',
      'cpuUsage', 'getHeapStatistics', 'threadId', 'resourceLimits']) {
      t.note(name, typeof worker[name]);
    }
    for (const name of ['postMessage', 'terminate', 'ref', 'unref', 'getHeapSnapshot']) {
      t.note(name, wt.Worker.prototype[name].name, wt.Worker.prototype[name].length);
    }
  });

  same('eventLoopUtilization and getHeapSnapshot', async (wt, t) => {
    const worker = t.worker((wt) => {
      wt.parentPort.on('message', () => {});
      wt.parentPort.postMessage('up');
    });

    await t.next(worker, 'message');
    t.note(Object.keys(worker.performance.eventLoopUtilization()));
    const snapshot = await worker.getHeapSnapshot();
    let text = '';
    for await (const chunk of snapshot) text += chunk;
    t.note(typeof JSON.parse(text).snapshot);
  });

  same('the \'worker\' event of process', async (wt, t) => {
    const seen = [];
    const listener = (worker) => seen.push(worker);

    process.on('worker', listener);
    const worker = t.worker(() => {});
    process.off('worker', listener);
    t.note(seen.length, seen[0] === worker);
    await t.next(worker, 'exit');
  });

  same('setEnvironmentData reaches the worker', async (wt, t) => {
    wt.setEnvironmentData('key', { a: 1 });
    await watch(t, t.worker((wt) => wt.parentPort.postMessage(wt.getEnvironmentData('key'))));
    wt.setEnvironmentData('key', undefined);
  });

  same('a BroadcastChannel between threads', async (wt, t) => {
    const name = `worker test ${process.pid}`;
    const channel = t.keep(new wt.BroadcastChannel(name));
    const message = new Promise((resolve) => {
      channel.onmessage = ({ data }) => resolve(data);
    });
    const worker = t.worker((wt) => {
      const channel = new wt.BroadcastChannel(wt.workerData);
      channel.postMessage('to all');
      channel.close();
    }, { workerData: name });

    t.note(await message, await t.next(worker, 'exit'));
  });
});
