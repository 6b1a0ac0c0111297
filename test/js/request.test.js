'use strict';

/* Requests and their answers: on ports, Workers and parentPort, in both directions. */

const assert = require('node:assert/strict');

const { wt, start, channelTo, endAll, wait, next } = require('./support/requests');

/** Answers on parentPort, or on the port in workerData. */
const answerer = (wt, { data }) => {
  const port = wt.workerData ?? wt.parentPort;
  const held = new Map();
  const answers = {
    echo: (value) => value.value,
    hold: ({ value }) => new Promise((resolve) => held.set(value, resolve)),
    release: ({ value }) => held.get(value)(value),
    slow: async ({ ms, value }) => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      return value;
    },
    fail: () => {
      const error = Object.assign(new RangeError('too much', { cause: new TypeError('within') }), { code: 'E_MUCH', detail: { n: 1 } });

      error.cause.extra = [1, 2];
      throw error;
    },
    failLater: async () => { throw Object.assign(new Error('later'), { name: 'Odd' }); },
    failAll: () => { throw new AggregateError([new SyntaxError('a'), 'b'], 'all'); },
    failDOM: () => { throw new DOMException('gone', 'NotFoundError'); },
    failValue: () => { throw { thrown: 'value' }; },
    failUncloneable: () => { throw Object.assign(new Error('odd'), { f() {}, ok: 1 }); },
    uncloneable: () => () => {},
    thread: () => wt.threadId,
    exit: () => process.exit(3),
    crash: () => { setImmediate(() => { throw new Error('crash'); }); return new Promise(() => {}); },
    close: () => { port.close(); return new Promise(() => {}); },
    ask: ({ value }) => port.request({ what: 'echo', value }),
    transfer: (_, { transfer }) => {
      const buffer = new ArrayBuffer(8);

      transfer.push(buffer);
      setImmediate(() => port.postMessage(buffer.byteLength));
      return buffer;
    },
    watch: async (_, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      port.postMessage({ name: signal.reason.name ?? null, message: signal.reason.message ?? signal.reason });
    }
  };

  port.handle((value, context) => answers[value.what](value, context));
  if (data?.sum) port.on('message', () => {});
};

const KINDS = {
  'a port': () => channelTo(answerer),
  'a port with listeners': () => channelTo(answerer, { sum: true }),
  'a Worker': () => start(answerer),
  'a Worker whose parentPort has a listener': () => start(answerer, { sum: true })
};

const caught = (promise) => promise.then(() => assert.fail('answered'), (error) => error);

describe('request', () => {
  afterEach(endAll);

  for (const [name, open] of Object.entries(KINDS)) {
    describe(`to ${name}`, () => {
      it('gets the answer, of every kind of value', async () => {
        const port = open();
        const values = [
          1, 'text', '', null, undefined, true, -0, 1n, { a: 1 }, [1, [2]], new Map([[1, { b: 2 }]]), new Date(7),
          new Uint8Array([1, 2]), 'x'.repeat(100_000), new Uint8Array(300_000).fill(7), new Blob(['b'])
        ];

        for (const value of values) {
          const answer = await port.request({ what: 'echo', value });

          if (value instanceof Blob) assert.equal(await answer.text(), 'b');
          else assert.deepEqual(answer, value);
        }
      });

      it('answers many at a time, each its own', async () => {
        const port = open();
        const list = await Promise.all(Array.from({ length: 10_000 }, (_, value) => port.request({ what: 'echo', value })));

        assert.deepEqual(list, Array.from({ length: 10_000 }, (_, i) => i));
      });

      it('answers in whatever order the handlers finish', async () => {
        const port = open();
        const order = [];

        const all = [1, 2, 3].map((value) => port.request({ what: 'hold', value }).then((v) => order.push(v)));

        for (const value of [3, 1, 2]) await port.request({ what: 'release', value });
        await Promise.all(all);
        assert.deepEqual(order, [3, 1, 2]);
      });

      it('lets a handler ask back', async () => {
        const port = open();

        port.handle(({ value }) => value + 1);
        assert.equal(await port.request({ what: 'ask', value: 1 }), 2);
      });

      it('rethrows errors whole', async () => {
        const port = open();
        const error = await caught(port.request({ what: 'fail' }));

        assert(error instanceof RangeError);
        assert.equal(error.message, 'too much');
        assert.equal(error.code, 'E_MUCH');
        assert.deepEqual(error.detail, { n: 1 });
        assert.match(error.stack, /^RangeError: too much\n {4}at .*fail/);
        assert(error.cause instanceof TypeError);
        assert.deepEqual(error.cause.extra, [1, 2]);
        assert.deepEqual(Object.keys(error), ['code', 'detail']);

        const odd = await caught(port.request({ what: 'failLater' }));

        assert.equal(odd.name, 'Odd');
        assert(odd instanceof Error);

        const all = await caught(port.request({ what: 'failAll' }));

        assert(all instanceof AggregateError);
        assert(all.errors[0] instanceof SyntaxError);
        assert.equal(all.errors[1], 'b');

        const dom = await caught(port.request({ what: 'failDOM' }));

        assert(dom instanceof DOMException);
        assert.equal(dom.name, 'NotFoundError');
        assert.equal(dom.code, 8);
        assert.deepEqual(await caught(port.request({ what: 'failValue' })), { thrown: 'value' });

        const left = await caught(port.request({ what: 'failUncloneable' }));

        assert.deepEqual([left.message, left.ok, left.f], ['odd', 1, undefined]);
      });

      it('rejects if the answer cannot be cloned', async () => {
        const error = await caught(open().request({ what: 'uncloneable' }));

        assert.equal(error.name, 'DataCloneError');
      });

      it('throws as postMessage does if the value cannot be cloned, and sends nothing', async () => {
        const port = open();
        const error = await caught(port.request({ what: 'echo', deep: [{ f() {} }] }));

        assert.equal(error.name, 'DataCloneError');
        assert.equal(error.path, '.deep[0].f');
        assert.equal(await port.request({ what: 'echo', value: 5 }), 5);
      });

      it('transfers with the request and with the answer', async () => {
        const port = open();
        const buffer = new ArrayBuffer(16);
        const { port1, port2 } = new wt.MessageChannel();
        const value = await port.request({ what: 'echo', value: { buffer } }, { transfer: [buffer] });

        assert.equal(buffer.byteLength, 0);
        assert.equal(value.buffer.byteLength, 16);

        const length = next(port, 'message');

        assert.equal((await port.request({ what: 'transfer' })).byteLength, 8);
        assert.equal(await length, 0);
        await caught(port.request({ what: 'echo', value: port2 })); // not in the list
        port.request({ what: 'echo', port2 }, { transfer: [port2] }).catch(() => {});
        port1.close();
      });

      it('gives up after a timeout, and tells the handler', async () => {
        const port = open();

        await port.request({ what: 'echo' });

        const told = next(port, 'message');
        const error = await caught(port.request({ what: 'watch' }, { timeout: 20 }));

        assert(error instanceof DOMException);
        assert.equal(error.name, 'TimeoutError');
        assert.match(error.message, /within 20 ms/);
        assert.equal((await told).name, 'TimeoutError');
      });

      it('gives up when the signal aborts, with its reason', async () => {
        const port = open();
        const controller = new AbortController();

        await port.request({ what: 'echo' });

        const told = next(port, 'message');
        const answer = caught(port.request({ what: 'watch' }, { signal: controller.signal }));
        const reason = new Error('enough');

        controller.abort(reason);
        assert.equal(await answer, reason);
        assert.equal((await told).message, 'enough');
        assert.equal(await caught(port.request({ what: 'echo' }, { signal: AbortSignal.abort('never') })), 'never');
      });

      it('rejects all open requests when the other side ends', async () => {
        for (const what of ['exit', 'crash', 'close']) {
          const port = open();

          await port.request({ what: 'echo' });

          const pending = Array.from({ length: 100 }, () => caught(port.request({ what: 'slow', ms: 1e6 })));
          const last = caught(port.request({ what }));

          for (const each of [...pending, last]) {
            const error = await each;

            assert.equal(error.code, 'ERR_RINGPORT_CLOSED', what);
            assert(error instanceof wt.RingportError);
          }
          if (!name.includes('Worker') || what !== 'close') {
            assert.equal((await caught(port.request({ what: 'echo' }))).code, 'ERR_RINGPORT_CLOSED');
          }
        }
      });

      it('says so when nobody handles requests', async () => {
        const none = name.startsWith('a port') ? channelTo((wt) => wt.workerData.on('message', () => {}))
          : start((wt) => wt.parentPort.on('message', () => {}));
        const begin = Date.now();

        assert.equal((await caught(none.request(1))).code, 'ERR_RINGPORT_NO_HANDLER');
        assert(Date.now() - begin < 10_000);
      });

      it('waits a while for a handler', async () => {
        const late = (wt) => {
          const port = wt.workerData ?? wt.parentPort;

          port.on('message', () => {});
          setTimeout(() => port.handle((value) => value + 1), 300);
        };
        const port = name.startsWith('a port') ? channelTo(late) : start(late);

        assert.deepEqual(await Promise.all([port.request(1), port.request(2)]), [2, 3]);
      });

      it('works both ways at once', async () => {
        const port = open();

        port.handle(({ value }) => -value);

        const asked = Array.from({ length: 2000 }, (_, value) => port.request({ what: 'ask', value }));

        assert.deepEqual(await Promise.all(asked), Array.from({ length: 2000 }, (_, i) => -i));
      });
    });
  }

  it('keeps its place among the messages of a port that has listeners', async () => {
    for (const kind of ['on', 'messages', 'addEventListener']) {
      const port = channelTo((wt, { data, listen }) => {
        const { workerData: port } = wt;
        const seen = [];

        port.handle((value) => {
          seen.push(value);
          return value === 'end' ? seen : null;
        });
        if (data === 'messages') port.on('messages', (list) => seen.push(...list));
        else listen(port, data, (value) => seen.push(value));
      }, kind);
      const wanted = [];

      for (let i = 0; i < 3000; i++) {
        const value = i % 3 === 0 ? { i } : i % 3 === 1 ? i : { deep: { i } };

        wanted.push(value);
        if (i % 7 === 0) port.request(value);
        else port.postMessage(value);
      }
      assert.deepEqual(await port.request('end'), [...wanted, 'end'], kind);
    }
  });

  it('keeps its place between a Worker and its parent, also before they use the ring', async () => {
    const worker = start((wt) => {
      const { parentPort } = wt;
      const seen = [];

      parentPort.on('message', (value) => seen.push(value));
      parentPort.handle((value) => {
        seen.push(value);
        parentPort.postMessage('before');
        if (value === 'end') return seen;
        setImmediate(() => parentPort.postMessage('after'));
        return 'answer';
      });
    });
    const order = [];

    worker.on('message', (value) => order.push(value));
    worker.postMessage(0);
    worker.postMessage({ one: 1 });
    worker.request(2).then((value) => order.push(value));
    worker.postMessage(3);
    assert.deepEqual(await worker.request('end'), [0, { one: 1 }, 2, 3, 'end']);
    assert.deepEqual(order.filter((value) => value !== 'after'), ['before', 'answer', 'before']);
  });

  it('does not start a port: messages wait for a listener, requests do not wait for them', async () => {
    const port = channelTo((wt) => {
      const { workerData: port } = wt;

      port.handle((value) => {
        if (value === 'take') return wt.receiveMessageOnPort(port).message;
        if (value !== 'listen') return value;

        const seen = [];

        port.on('message', (message) => seen.push(message));
        return new Promise((resolve) => setTimeout(resolve, 50, seen));
      });
    });

    for (let i = 0; i < 5; i++) {
      port.postMessage(i % 2 ? { i } : i);
      assert.equal(await port.request(`r${i}`), `r${i}`);
    }
    assert.equal(await port.request('take'), 0);
    port.postMessage(new Map());
    assert.deepEqual(await port.request('listen'), [{ i: 1 }, 2, { i: 3 }, 4, new Map()]);
  });

  it('is invisible to listeners and to receiveMessageOnPort', async () => {
    const { port1, port2 } = new wt.MessageChannel();
    const asked = port1.request('ask');

    port1.postMessage('message');
    port2.handle((value) => `${value}ed`);
    assert.deepEqual(wt.receiveMessageOnPort(port2), { message: 'message' });
    assert.equal(wt.receiveMessageOnPort(port2), undefined);
    assert.equal(await asked, 'asked');
    port2.on('message', (value) => assert.fail(value));
    assert.equal(await port1.request('again'), 'agained');
    port1.close();
  });

  it('goes to the thread that has the port now, and is rejected where the port was', async () => {
    const { port1, port2 } = new wt.MessageChannel();
    const worker = start((wt) => wt.parentPort.once('message', (port) => {
      port.handle((value) => [wt.threadId, value]);
      port.on('message', () => {});
    }));
    const early = port1.request('early');
    const lost = caught(port2.request('lost'));

    worker.postMessage(port2, [port2]);
    assert.deepEqual(await early, [worker.threadId, 'early']);
    assert.equal((await lost).code, 'ERR_RINGPORT_CLOSED');
    port1.close();
  });

  it('refuses to transfer a port with messages that requests have passed', async () => {
    const { port1, port2 } = new wt.MessageChannel();

    port2.handle(() => 1);
    port1.postMessage('waits');
    await port1.request(0);

    const other = new wt.MessageChannel();

    assert.throws(() => other.port1.postMessage(port2, [port2]), { name: 'DataCloneError' });
    assert.throws(() => other.port1.postMessage(null, { transfer: [port2] }), { name: 'DataCloneError' });
    other.port1.close();
    assert.throws(() => port2.detach(), { name: 'DataCloneError' });
    assert.deepEqual(wt.receiveMessageOnPort(port2), { message: 'waits' });
    port2.detach().close();
  });

  it('keeps the process alive while it waits, and a handler does until unref()', async () => {
    const { execFileSync } = require('node:child_process');
    const { subject } = require('./support/implementations');
    const run = (code) => execFileSync(process.execPath, ['-e', `const wt = require(${JSON.stringify(subject.id)});${code}`],
      { encoding: 'utf8', timeout: 20_000 });
    const worker = `new wt.Worker('const wt = require(${JSON.stringify(subject.id)}); wt.parentPort.handle((v) => new Promise((r) => setTimeout(r, 100, v)));', { eval: true })`;

    assert.equal(run(`const w = ${worker}; w.unref(); w.request(7).then(console.log)`), '7\n');
    assert.equal(run('const { port1, port2 } = new wt.MessageChannel(); port1.handle(() => 1); port1.unref(); process.on("exit", () => console.log("out"))'), 'out\n');
    assert.equal(run('const { port1, port2 } = new wt.MessageChannel(); port1.handle(() => 1); port1.handle(null); process.on("exit", () => console.log("out"))'), 'out\n');
    assert.equal(run('const { port1, port2 } = new wt.MessageChannel(); port1.handle(() => 1); console.log(port1.hasRef()); setTimeout(() => port1.close(), 50); port1.on("close", () => console.log("closed"))'), 'true\nclosed\n');
    assert.equal(run(`const w = ${worker}; w.request(1).then(console.log).then(() => w.terminate()).then(() => console.log("end"))`), '1\nend\n');
  });

  it('lets a worker live as long as it has a handler', async () => {
    const worker = start((wt) => {
      wt.parentPort.handle((value) => {
        if (value === 'end') wt.parentPort.handle(null);
        return value;
      });
      wt.parentPort.once('message', () => {});
    });

    worker.postMessage('removes the listener');
    await wait(200);
    assert.equal(await worker.request('on'), 'on');

    const exit = next(worker, 'exit');

    assert.equal(await worker.request('end'), 'end');
    assert.equal(await exit, 0);
  });

  it('closes the channel when a port with neither requests nor handlers is collected', async () => {
    const [line] = await require('./support/play').play(async (wt, { note, collect }) => {
      const ports = new wt.MessageChannel();

      ports.port2.handle((value) => value);
      await ports.port1.request(1);
      ports.port2.on('close', () => note('closed'));
      delete ports.port1;
      await new Promise((resolve) => setTimeout(resolve, 1500));
      for (let i = 0; i < 20; i++) await collect();
    });

    assert.deepEqual(line, ['closed']);
  });

  it('is no message, whatever its tag, if a handler begins to listen for messages', async () => {
    const { port1, port2 } = new wt.MessageChannel();
    const { random } = Math;
    const messages = [];

    port2.handle((value) => {
      if (value === 1) port2.on('message', (message) => messages.push(message));
      return -value;
    });
    Math.random = () => 0; // the tag of port1's requests
    try {
      assert.deepEqual(await Promise.all([port1.request(1), port1.request(2)]), [-1, -2]);
    } finally {
      Math.random = random;
    }
    assert.deepEqual(messages, []);
    port1.close();
  });

  it('refuses bad input, as Node does, and changes nothing', async () => {
    const { port1, port2 } = new wt.MessageChannel();
    let heard = 0;

    port2.handle(() => { heard++; });
    for (const [options, code] of [
      [null, 'ERR_INVALID_ARG_TYPE'], [7, 'ERR_INVALID_ARG_TYPE'], [{ timeout: '1' }, 'ERR_INVALID_ARG_TYPE'],
      [{ timeout: -1 }, 'ERR_OUT_OF_RANGE'], [{ timeout: NaN }, 'ERR_OUT_OF_RANGE'],
      [{ signal: {} }, 'ERR_INVALID_ARG_TYPE'], [{ transfer: 7 }, 'ERR_INVALID_ARG_TYPE'],
      [{ timeuot: 1 }, 'ERR_INVALID_ARG_VALUE']
    ]) {
      assert.equal((await caught(port1.request(1, options))).code, code);
    }
    for (const handler of [undefined, 7, {}]) {
      assert.throws(() => port1.handle(handler), { code: 'ERR_INVALID_ARG_TYPE', name: 'TypeError' });
    }
    assert.throws(() => port1.expose(7), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => wt.wrap({}), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => wt.wrapSync(port1, { timeout: 'x' }), { code: 'ERR_INVALID_ARG_TYPE' });
    await port1.request(1);
    assert.equal(heard, 1);
    port1.close();
    await next(port1, 'close');
    assert.equal((await caught(port1.request(1))).code, 'ERR_RINGPORT_CLOSED');
    assert.throws(() => port1.handle(() => {}), { code: 'ERR_RINGPORT_CLOSED' });
  });

  it('rejects for a worker that cannot use ringport', async () => {
    const worker = start(() => {}, undefined, { execArgv: ['--no-addons'] });

    assert.equal((await caught(worker.request(1))).code, 'ERR_RINGPORT_NO_RING');
  });

  it('rejects when a worker ends that never loaded ringport', async () => {
    const worker = new wt.Worker('setTimeout(() => {}, 50)', { eval: true });

    assert.equal((await caught(worker.request(1))).code, 'ERR_RINGPORT_CLOSED');
  });

  it('adds nothing that can be enumerated on a port', () => {
    const { port1 } = new wt.MessageChannel();
    const seen = [];

    for (const key in port1) seen.push(key);
    for (const name of ['receive', 'request', 'requestSync', 'handle', 'expose']) {
      assert(!seen.includes(name));
      assert.equal(typeof port1[name], 'function');
    }
    port1.close();
  });
});
