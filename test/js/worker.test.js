'use strict';

/*
 * Worker and parentPort. `scene.worker` starts a function as a worker of the implementation under
 * test; a worker that never loads it is given as plain source text.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const plain = require('node:worker_threads');
const { same, sameProcess } = require('./support/differential');

/*
 * Record every event of a worker; resolves when it has ended. Node sends messages and errors over two
 * channels, so their order to each other is chance and they are recorded apart.
 */
function watch(t, worker) {
  const events = [];
  const messages = [];

  worker.on('online', () => events.push('online'));
  worker.on('message', (m) => messages.push(m));
  worker.on('messageerror', (error) => events.push(['messageerror', t.plain(error)]));
  worker.on('error', (error) => events.push(['error', t.plain(error), typeof error?.stack]));
  return new Promise((resolve) => {
    worker.on('exit', (code) => {
      t.note(events, 'exit', code, messages);
      resolve(code);
    });
  });
}

/* A folder of files for this run, removed with the scene. */
function folder(t, files) {
  const path_ = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-worker-'));

  t.after(() => fs.rmSync(path_, { recursive: true }));
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(path_, name), text);
  return (name) => path.join(path_, name);
}

describe('worker: its events', () => {
  const ENDS = {
    'a natural end': () => {},
    'process.exit(0)': () => process.exit(0),
    'process.exit(7)': () => process.exit(7),
    'process.exit()': () => process.exit(),
    'process.exitCode': () => {
      process.exitCode = 9;
    },
    'process.exitCode, then process.exit()': () => {
      process.exitCode = 9;
      process.exit();
    },
    'an uncaught error': () => {
      throw new TypeError('uncaught');
    },
    'an uncaught error with own properties': () => {
      throw Object.assign(new RangeError('own'), { code: 'E_OWN' });
    },
    'an error in a tick': () => process.nextTick(() => {
      throw new Error('tick');
    }),
    'an unhandled rejection': () => {
      Promise.reject(new Error('rejected'));
    },
    'a thrown string': () => {
      throw 'text';
    },
    'a thrown undefined': () => {
      throw undefined;
    },
    'a thrown object': () => {
      throw { a: 1, message: 'object' };
    },
    'a thrown function': () => {
      throw () => {};
    },
    'an error with a getter that throws': () => {
      throw Object.defineProperty(new Error('x'), 'message', { get() { throw new Error('getter'); } });
    },
    'a syntax error': () => new Function('}{'),
    'process.abort': () => {
      try {
        process.abort();
      } catch (error) {
        throw new Error(`not here: ${error.code}`);
      }
    },
    'a module that does not exist': () => require('./no such module'),
    'an uncaughtException listener that exits': () => {
      process.on('uncaughtException', () => process.exit(5));
      throw new Error('for the listener');
    },
    'an exit listener that sets the code': () => {
      process.on('exit', () => {
        process.exitCode = 3;
      });
    },
    'an exit listener that throws': () => {
      process.on('exit', () => {
        throw new Error('in exit');
      });
    },
    'closing parentPort': (wt) => {
      wt.parentPort.on('message', () => {});
      wt.parentPort.close();
    }
  };

  for (const [name, end] of Object.entries(ENDS)) {
    same(`${name}: online, messages, error, exit`, async (wt, t) => {
      const worker = t.worker(
        (wt, { data }) => {
          for (let i = 0; i < 20; i++) wt.parentPort.postMessage(i);
          eval(data)(wt);
        },
        { data: `(${end})`, stderr: true }
      );

      await watch(t, worker);
      t.note(worker.threadId);
    });

    same(`${name} of a worker that never loads the library`, async (wt, t) => {
      const text = `const wt = require('node:worker_threads');
        for (let i = 0; i < 5; i++) wt.parentPort.postMessage(i);
        (${end})(wt);`;

      await watch(t, t.keep(new wt.Worker(text, { eval: true, stderr: true })));
    });
  }

  same('all that it posted before process.exit is there before \'exit\'', async (wt, t) => {
    const worker = t.worker((wt) => {
      for (let i = 0; i < 3000; i++) wt.parentPort.postMessage({ i, bytes: new Uint8Array(i % 50) });
      process.exit(2);
    });
    let next = 0;

    worker.on('message', ({ i }) => {
      if (i !== next++) t.note('out of order', i);
    });
    t.note(await t.next(worker, 'exit'), next);
  });

  same('all that it posted before an uncaught error is there before \'exit\'', async (wt, t) => {
    const worker = t.worker((wt) => {
      for (let i = 0; i < 3000; i++) wt.parentPort.postMessage(i);
      throw new Error('after 3,000');
    });
    let received = 0;

    worker.on('message', () => received++);
    worker.on('error', (error) => t.note('error', error.message));
    t.note(await t.next(worker, 'exit'), received);
  });

  same('what it posts in its own exit listener', async (wt, t) => {
    const worker = t.worker((wt) => {
      process.on('exit', () => wt.parentPort.postMessage('from exit'));
      wt.parentPort.postMessage('before');
    });

    await watch(t, worker);
  });

  same('a reply to every message before the end', async (wt, t) => {
    const worker = t.worker((wt) => {
      let count = 0;
      wt.parentPort.on('message', (m) => {
        wt.parentPort.postMessage(m * 2);
        if (++count === 500) wt.parentPort.close();
      });
    });
    const replies = [];

    worker.on('message', (m) => replies.push(m));
    for (let i = 0; i < 500; i++) worker.postMessage(i);
    t.note(await t.next(worker, 'exit'), replies);
  });

  same('an error in a listener of parentPort', async (wt, t) => {
    const worker = t.worker((wt) => {
      wt.parentPort.on('message', (m) => {
        wt.parentPort.postMessage(`got ${m}`);
        if (m === 1) throw new Error('in the listener');
      });
    });
    const exit = watch(t, worker);

    for (let i = 0; i < 4; i++) worker.postMessage(i);
    await exit;
  });

  same('an error in a listener of parentPort that uncaughtException catches', async (wt, t) => {
    const worker = t.worker((wt) => {
      process.on('uncaughtException', (error) => wt.parentPort.postMessage(error.message));
      wt.parentPort.on('message', (m) => {
        wt.parentPort.postMessage(`got ${m}`);
        if (m === 3) wt.parentPort.close();
        if (m === 1) throw new Error('in the listener');
      });
    });
    const exit = watch(t, worker);

    for (let i = 0; i < 4; i++) worker.postMessage(i);
    await exit;
  });

  same('\'messageerror\' and errors of the transfer in the worker', async (wt, t) => {
    const worker = t.worker((wt, { plain }) => {
      for (const bad of [() => {}, Symbol('s'), new WeakMap()]) {
        try {
          wt.parentPort.postMessage(bad);
        } catch (error) {
          wt.parentPort.postMessage(plain(error));
        }
      }
    });

    await watch(t, worker);
  });

  sameProcess('an error without a listener for it ends the process', (wt, { worker, note }) => {
    const w = worker(() => {
      throw new TypeError('nobody listens');
    });

    w.on('exit', (code) => note('worker', code));
    process.on('uncaughtException', (error) => note(error.name, error.message));
    process.on('exit', (code) => note('exit', code));
  });

  sameProcess('a listener of a worker that throws', (wt, { worker, note }) => {
    const w = worker((wt) => {
      for (let i = 0; i < 4; i++) wt.parentPort.postMessage(i);
      wt.parentPort.once('message', () => {});
    });

    process.on('uncaughtException', (error) => note(error.message));
    w.on('message', (m) => {
      note('message', m);
      process.nextTick(() => note('tick', m));
      if (m === 3) w.postMessage('end');
      if (m === 1) throw new Error('thrown at 1');
    });
    w.on('exit', (code) => note('exit', code));
  });

  same('out of memory', async (wt, t) => {
    const worker = t.worker(
      (wt) => {
        wt.parentPort.postMessage('before');
        const hog = [];
        for (;;) hog.push(new Array(10000).fill(Math.random()));
      },
      { resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 } }
    );

    await watch(t, worker);
  });
});

describe('worker: messages to it', () => {
  same('posted before it is online are queued for it', async (wt, t) => {
    const worker = t.worker((wt) => {
      wt.parentPort.on('message', (m) => {
        wt.parentPort.postMessage(m);
        if (m.last) wt.parentPort.close();
      });
    });
    const exit = watch(t, worker);

    for (let i = 0; i < 100; i++) {
      t.note(worker.postMessage({ i, text: `${i}`, bytes: new Uint8Array(3), shared: i === 50 && new Map() }));
    }
    worker.postMessage({ last: true });
    await exit;
  });

  same('posted before and after it is online keep their order', async (wt, t) => {
    const worker = t.worker((wt) => {
      const got = [];
      wt.parentPort.on('message', (m) => {
        if (got.push(m) < 200) return;
        wt.parentPort.postMessage(got);
        wt.parentPort.close();
      });
    });
    const exit = watch(t, worker);

    for (let i = 0; i < 100; i++) worker.postMessage(i);
    worker.on('online', () => {
      for (let i = 100; i < 200; i++) worker.postMessage(i);
    });
    await exit;
  });

  same('are taken by receiveMessageOnPort(parentPort)', async (wt, t) => {
    const worker = t.worker((wt) => {
      const got = [];
      let received;
      while (got.at(-1) !== 'end') {
        if ((received = wt.receiveMessageOnPort(wt.parentPort))) got.push(received.message);
      }
      wt.parentPort.postMessage(got);
    });
    const exit = watch(t, worker);

    for (const m of [1, undefined, { a: 1 }, 'end']) worker.postMessage(m);
    await exit;
  });

  same('are not lost when it listens late', async (wt, t) => {
    const worker = t.worker((wt) => {
      setTimeout(() => {
        wt.parentPort.once('message', (m) => wt.parentPort.postMessage(m));
      }, 20);
    });
    const exit = watch(t, worker);

    worker.postMessage('kept');
    await exit;
  });

  same('do nothing after its end', async (wt, t) => {
    const worker = t.worker(() => {});
    const buffer = new ArrayBuffer(8);

    await t.next(worker, 'exit');
    t.attempt('post', () => worker.postMessage(1));
    t.attempt('post a function', () => worker.postMessage(() => {}));
    t.attempt('post with a list', () => worker.postMessage(buffer, [buffer]));
    t.attempt('post nothing', () => worker.postMessage());
    t.note(buffer.byteLength);
    const [a, b] = t.channel();
    t.attempt('post a port', () => worker.postMessage(a, [a]));
    b.on('close', () => t.note('the port closed'));
    await t.turns();
  });

  same('that it never takes: ports among them are closed', async (wt, t) => {
    const worker = t.worker((wt) => {
      wt.parentPort.once('message', () => process.exit(0));
    });
    const pairs = Array.from({ length: 5 }, () => t.channel());
    const closed = Promise.all(pairs.map(([, port]) => t.next(port, 'close')));

    worker.postMessage('end');
    for (const [port] of pairs) worker.postMessage({ port }, [port]);
    await t.next(worker, 'exit');
    await closed;
    t.note('closed');
  });

  same('a large one, back and forth', async (wt, t) => {
    const worker = t.worker((wt) => {
      wt.parentPort.on('message', (m) => wt.parentPort.postMessage(m));
    });

    for (const size of [1 << 16, 1 << 20, 1 << 24]) {
      worker.postMessage({ bytes: new Uint8Array(size).fill(size), text: 'x'.repeat(size / 4) });
      const { bytes, text } = await t.next(worker, 'message');
      t.note(bytes.length, bytes[size - 1], text.length);
    }
  });
});

describe('worker: terminate', () => {
  same('before the start', async (wt, t) => {
    const worker = t.worker((wt) => wt.parentPort.postMessage('never'));
    const exit = watch(t, worker);

    t.note('terminate', await worker.terminate());
    await exit;
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
});

describe('worker: options', () => {
  same('workerData of every kind', async (wt, t) => {
    const shared = new SharedArrayBuffer(4);
    const worker = t.worker(
      (wt) => {
        new Uint8Array(wt.workerData.shared)[0] = 7;
        const { shared, ...rest } = wt.workerData;
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
      (wt) => wt.parentPort.postMessage([process.argv.slice(2), process.execArgv, process.env.RP_TEST, process.env.PATH]),
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

describe('worker: its file', () => {
  const answer = (id) => `const { parentPort, workerData } = require(${JSON.stringify(id)});
    parentPort.once('message', (m) => parentPort.postMessage({ m, workerData }));`;
  const answerModule = (id) => `import wt from ${JSON.stringify(
    path.isAbsolute(id) ? pathToFileURL(require.resolve(id)).href : id
  )};
    wt.parentPort.once('message', (m) => wt.parentPort.postMessage({ m, meta: typeof import.meta.url }));`;

  const FORMS = {
    'an absolute path': (wt, file) => new wt.Worker(file('cjs.js'), { workerData: 1 }),
    'a file URL': (wt, file) => new wt.Worker(pathToFileURL(file('cjs.js'))),
    'a relative path': (wt, file) => new wt.Worker(`./${path.relative(process.cwd(), file('cjs.js'))}`),
    'an ES module': (wt, file) => new wt.Worker(file('esm.mjs')),
    'an ES module by URL': (wt, file) => new wt.Worker(pathToFileURL(file('esm.mjs')), { workerData: 1 }),
    'a data URL': (wt, file, t) => new wt.Worker(
      new URL(`data:text/javascript,${encodeURIComponent(answerModule(t.id))}`)
    ),
    'eval': (wt, file, t) => new wt.Worker(answer(t.id), { eval: true, workerData: { a: 1 } }),
    'a file that does not exist': (wt, file) => new wt.Worker(file('none.js')),
    'a file with a syntax error': (wt, file) => new wt.Worker(file('syntax.js')),
    'an ES module with a top-level await': (wt, file) => new wt.Worker(file('await.mjs')),
    'an ES module that throws': (wt, file) => new wt.Worker(file('throws.mjs'))
  };

  for (const [name, start] of Object.entries(FORMS)) {
    same(name, async (wt, t) => {
      const file = folder(t, {
        'cjs.js': answer(t.id),
        'esm.mjs': answerModule(t.id),
        'syntax.js': '}{',
        'await.mjs': `await new Promise(setImmediate);\n${answerModule(t.id)}`,
        'throws.mjs': 'await null; throw new RangeError("in a module");'
      });
      const worker = t.keep(start(wt, file, t));
      const seen = [];

      worker.postMessage({ hello: true });
      worker.on('error', ({ name, code }) => seen.push([name, code]));
      worker.on('message', (m) => seen.push(m));
      t.note(await t.next(worker, 'exit'), seen);
    });
  }
});

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
    const worker = t.worker((wt, { source, id }) => {
      const nest = (wt, { worker, data }) => {
        if (data.depth === 0) {
          wt.parentPort.once('message', (m) => wt.parentPort.postMessage(`${m} and back`));
          return;
        }
        const inner = worker(eval(`(${data.nest})`), { data: { ...data, depth: data.depth - 1 } });
        wt.parentPort.once('message', (m) => inner.postMessage(`${m} > ${data.depth}`));
        inner.on('message', (m) => wt.parentPort.postMessage(`${m} < ${data.depth}`));
        inner.on('exit', (code) => wt.parentPort.postMessage(`exit ${code} < ${data.depth}`));
      };
      nest(wt, { worker: (run, { data }) => new wt.Worker(source(run, data), { eval: true }), data: { depth: 3, nest: String(nest) } });
      void id;
    });
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
    t.note(await t.messages(a, 2), await t.next(worker, 'message'));
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
