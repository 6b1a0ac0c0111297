'use strict';

/*
 * Worker and parentPort: events, messages, errors and exit codes. `scene.worker` starts a
 * function as a worker of the implementation under test; workers that never load it are
 * source text. Compared with worker_threads.
 */

const { same, sameProcess } = require('./support/differential');
const { watch } = require('./support/watch');

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
        throw new Error(`not here: ${error.code}`, { cause: error });
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

  same('values of users that look like messages of the library\'s own', async (wt, t) => {
    const kinds = ['ringport.envelope', 'ringport.hello', 'ringport.transfer-handle'];
    const worker = t.worker((wt) => {
      wt.parentPort.postMessage(wt.workerData);
      wt.parentPort.on('message', (m) => {
        wt.parentPort.postMessage(m);
        if (m.last) wt.parentPort.close();
      });
    }, { workerData: { kind: kinds[0], bytes: 1, ids: [], all: [] } });

    /* The first on Node's channel, the others by ring. */
    kinds.forEach((kind, i) => worker.postMessage({ kind, id: 1n, end: null, i }));
    worker.once('message', () => {
      kinds.forEach((kind, i) => worker.postMessage({ kind, id: 1n, end: null, last: i === 2 }));
    });
    await watch(t, worker);
  });

  sameProcess('an error without a listener for it ends the process', (wt, { worker, note }) => {
    const w = worker(() => {
      throw new TypeError('nobody listens');
    });

    /* Node takes the error before the end, or after it, as it happens. */
    const seen = [];

    w.on('exit', (code) => seen.push(`worker ${code}`));
    process.on('uncaughtException', (error) => seen.push(`${error.name} ${error.message}`));
    process.on('exit', (code) => note('exit', code, seen.sort()));
  });

  sameProcess('a listener that throws keeps no message, error or exit from coming', (wt, { note }) => {
    let left = 10;

    process.on('uncaughtException', () => {});
    const next = () => {
      let messages = 0;
      const errors = [];
      /* Node's own port, which is drained at the end. */
      const w = new wt.Worker(`const { parentPort } = require('node:worker_threads');
        for (let i = 0; i < 3; i++) parentPort.postMessage(i);
        throw new Error('of the worker');`, { eval: true });

      w.on('message', () => {
        messages++;
        throw new Error('of the listener');
      });
      w.on('error', ({ message }) => errors.push(message));
      w.on('exit', (code) => {
        note(messages, errors, code);
        if (--left > 0) next();
      });
    };

    next();
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
  same('its port is a MessagePort', async (wt, t) => {
    const worker = t.worker((wt) => {
      const { parentPort, MessagePort } = wt;
      parentPort.postMessage([parentPort instanceof MessagePort, parentPort.constructor === MessagePort,
        parentPort.constructor.name, Object.prototype.toString.call(parentPort),
        require('node:util').inspect(parentPort).slice(0, 50)]);
    });

    t.note(await t.next(worker, 'message'));
  });

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
