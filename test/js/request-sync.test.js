'use strict';

/*
 * requestSync() blocks until the answer arrives, the time is up, or there is a deadlock.
 */

const assert = require('node:assert/strict');

const { wt, start, channelTo, endAll, wait, next } = require('./support/requests');

const answerer = (wt) => {
  const port = wt.workerData ?? wt.parentPort;
  const answers = {
    echo: ({ value }) => value,
    slow: ({ ms, value }) => new Promise((resolve) => setTimeout(resolve, ms, value)),
    fail: () => { throw Object.assign(new TypeError('no'), { code: 'E_NO' }); },
    posts: ({ count }) => {
      for (let i = 0; i < count; i++) port.postMessage(i % 2 ? { i } : i);
      return count;
    },
    asks: ({ count }) => {
      for (let i = 0; i < count; i++) port.request(i).catch(() => {});
      return count;
    },
    back: () => {
      try {
        return port.requestSync('back');
      } catch (error) {
        return error.code;
      }
    },
    exit: () => process.exit(0),
    crash: () => { setImmediate(() => { throw new Error('crash'); }); return new Promise(() => {}); },
    close: () => { port.close(); return new Promise(() => {}); },
    hang: () => { for (;;); }
  };

  port.handle((value) => answers[value.what](value));
};

const KINDS = { 'a port': () => channelTo(answerer), 'a Worker': () => start(answerer) };

describe('requestSync', () => {
  afterEach(endAll);

  for (const [name, open] of Object.entries(KINDS)) {
    describe(`to ${name}`, () => {
      it('returns the answer, also of a thread that is only starting', () => {
        const port = open();

        for (const value of [1, 'a', undefined, { a: [1] }, new Uint8Array(200_000).fill(3), new Map([[1, 2]])]) {
          assert.deepEqual(port.requestSync({ what: 'echo', value }), value);
        }
        assert.equal(port.requestSync({ what: 'slow', ms: 150, value: 'late' }), 'late');
        for (let value = 0; value < 5000; value++) {
          assert.equal(port.requestSync({ what: 'echo', value }), value);
        }
      });

      it('throws what the handler throws', () => {
        assert.throws(() => open().requestSync({ what: 'fail' }), { name: 'TypeError', message: 'no', code: 'E_NO' });
      });

      it('throws TimeoutError in time', () => {
        const port = open();

        port.requestSync({ what: 'echo' });
        for (const timeout of [0, 1, 60, 130]) {
          const begin = performance.now();

          assert.throws(() => port.requestSync({ what: 'slow', ms: 60_000 }, { timeout }), { name: 'TimeoutError' });

          const took = performance.now() - begin;

          assert(took >= timeout - 1 && took < timeout + 10_000, `${took} ms`);
        }
        assert.equal(port.requestSync({ what: 'echo', value: 1 }), 1);
      });

      it('leaves the messages that come meanwhile to the listeners, in order', async () => {
        const port = open();
        const seen = [];

        port.on('message', (value) => seen.push(value.i ?? value));
        assert.equal(port.requestSync({ what: 'posts', count: 500 }), 500);
        assert.deepEqual(seen, []);
        assert.equal(port.requestSync({ what: 'posts', count: 3 }), 3);
        assert.equal(await port.request({ what: 'echo', value: 'last' }), 'last');
        assert.deepEqual(seen, [...Array.from({ length: 500 }, (_, i) => i), 0, 1, 2]);
      });

      it('leaves the requests that come meanwhile to the handler, in order', async () => {
        const port = open();
        const seen = [];

        port.handle((value) => seen.push(value));
        assert.equal(port.requestSync({ what: 'asks', count: 200 }), 200);
        assert.deepEqual(seen, []);
        assert.equal(await port.request({ what: 'echo', value: 'last' }), 'last');
        assert.deepEqual(seen, Array.from({ length: 200 }, (_, i) => i));
      });

      it('works in a listener, between messages that are being delivered', async () => {
        const port = open();
        const seen = [];

        port.requestSync({ what: 'echo' });
        port.on('message', (value) => {
          seen.push(value.i ?? value);
          if (seen.length % 10 === 0) seen.push(port.requestSync({ what: 'echo', value: 'sync' }));
        });
        port.requestSync({ what: 'posts', count: 30 });
        await port.request({ what: 'posts', count: 30 });

        const plain = Array.from({ length: 30 }, (_, i) => i);

        assert.deepEqual(seen.filter((value) => value !== 'sync'), [...plain, ...plain]);
        assert(seen.includes('sync'));
      });

      it('works while other requests are open', async () => {
        const port = open();
        const open1 = port.request({ what: 'slow', ms: 50, value: 'one' });
        const open2 = port.request({ what: 'echo', value: 'two' });

        assert.equal(port.requestSync({ what: 'slow', ms: 100, value: 'sync' }), 'sync');
        assert.deepEqual(await Promise.all([open1, open2]), ['one', 'two']);
      });

      it('throws at once when the other side ends', async () => {
        for (const what of ['exit', 'crash', 'close']) {
          const port = open();

          port.requestSync({ what: 'echo' });
          assert.throws(() => port.requestSync({ what }), { code: 'ERR_RINGPORT_CLOSED' }, what);
          if (name === 'a port') await next(port, 'close');
        }
      });

      it('throws ERR_RINGPORT_DEADLOCK if both threads wait for each other', () => {
        const port = open();
        const begin = Date.now();

        assert.equal(port.requestSync({ what: 'back' }), 'ERR_RINGPORT_DEADLOCK');
        assert(Date.now() - begin < 10_000);
        assert.equal(port.requestSync({ what: 'echo', value: 1 }), 1);
      });
    });
  }

  it('throws ERR_RINGPORT_DEADLOCK for a port of this thread, and sends nothing', async () => {
    const { port1, port2 } = new wt.MessageChannel();
    let heard = 0;

    port2.handle(() => ++heard);
    assert.throws(() => port1.requestSync(1), { code: 'ERR_RINGPORT_DEADLOCK', name: 'RingportError' });
    assert.equal(await port1.request(1), 1);
    port2.close();
    assert.throws(() => port1.requestSync(1), { code: 'ERR_RINGPORT_CLOSED' });
  });

  it('finds a circle of three threads', async () => {
    const ring = (wt) => {
      const { workerData: { before, after } } = wt;

      before.handle((left) => {
        if (left === 0) return 'end';
        try {
          return after.requestSync(left - 1);
        } catch (error) {
          return error.code;
        }
      });
    };
    const one = new wt.MessageChannel();
    const two = new wt.MessageChannel();
    const three = new wt.MessageChannel();

    const link = (before, after) =>
      start(ring, undefined, { workerData: { before, after }, transferList: [before, after] });

    link(one.port2, two.port1);
    link(two.port2, three.port1);
    three.port2.handle(() => 'here');
    assert.equal(await one.port1.request(2), 'here');
    assert.equal(one.port1.requestSync(1), 'end');
    assert.equal(one.port1.requestSync(9), 'ERR_RINGPORT_DEADLOCK');
    assert.equal(await one.port1.request(2), 'here');
    one.port1.close();
  });

  it('does not find one where the other thread only waits for a while', async () => {
    const port = channelTo((wt) => {
      const { workerData: port } = wt;

      port.handle(() => wt.receiveMessageOnPort(port, { timeout: 200 })?.message ?? 'nothing');
    });

    assert.equal(port.requestSync(1), 'nothing');
  });

  it('blocks a worker that asks its parent', async () => {
    const worker = start((wt) => {
      const list = [];

      for (let i = 0; i < 2000; i++) list.push(wt.parentPort.requestSync(i));
      wt.parentPort.postMessage(list);
    });

    worker.handle((value) => value * 2);
    assert.deepEqual(await next(worker, 'message'), Array.from({ length: 2000 }, (_, i) => i * 2));
    assert.equal(await next(worker, 'exit'), 0);
  });

  it('does not hold up terminate(), nor the end of the process', async () => {
    const worker = start((wt) => {
      wt.parentPort.postMessage('blocks');
      wt.parentPort.requestSync('never');
    });

    worker.handle(() => new Promise(() => {}));
    await next(worker, 'message');
    await wait(50);

    const begin = Date.now();

    assert.equal(await worker.terminate(), 1);
    assert(Date.now() - begin < 10_000);

    const { spawnSync } = require('node:child_process');
    const { subject } = require('./support/implementations');
    const child = spawnSync(process.execPath, ['-e', `
      const wt = require(${JSON.stringify(subject.id)});
      const worker = new wt.Worker('require(${JSON.stringify(subject.id)}).parentPort.requestSync(1)', { eval: true });
      worker.handle(() => { setTimeout(() => process.exit(7), 30); return new Promise(() => {}); });
    `], { timeout: 20_000 });

    assert.equal(child.status, 7, String(child.stderr));
  });

  it('may be terminated at any moment, and ends the requests of the other side', async () => {
    for (let i = 0; i < 12; i++) {
      const worker = start((wt) => {
        const { port1, port2 } = new wt.MessageChannel();

        wt.parentPort.postMessage(port2, [port2]);
        port1.handle((value) => value);
        for (let n = 0; ; n++) wt.parentPort.requestSync(n);
      });

      worker.handle((value) => value);

      const port = await next(worker, 'message');
      const open = Array.from({ length: 20 }, (_, n) => port.request(n).catch(({ code }) => code));

      await wait(i);
      await worker.terminate();
      for (const answer of await Promise.all(open)) {
        if (typeof answer !== 'number') assert.equal(answer, 'ERR_RINGPORT_CLOSED');
      }
    }
  });

  it('refuses bad input', () => {
    const port = channelTo(answerer);

    for (const [options, code] of [
      [7, 'ERR_INVALID_ARG_TYPE'], [{ timeout: '1' }, 'ERR_INVALID_ARG_TYPE'], [{ timeout: -1 }, 'ERR_OUT_OF_RANGE'],
      [{ signal: AbortSignal.abort() }, 'ERR_INVALID_ARG_VALUE']
    ]) {
      assert.throws(() => port.requestSync({ what: 'echo' }, options), { code });
    }
    assert.throws(() => port.requestSync(() => {}), { name: 'DataCloneError' });
    assert.equal(port.requestSync({ what: 'echo', value: 1 }, {}), 1);

    const buffer = new ArrayBuffer(4);

    assert.equal(port.requestSync({ what: 'echo', value: buffer }, { transfer: [buffer] }).byteLength, 4);
    assert.equal(buffer.byteLength, 0);
  });
});
