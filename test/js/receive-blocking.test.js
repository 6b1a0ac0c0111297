'use strict';

/*
 * receiveMessageOnPort() with a timeout, which blocks the thread, and port.receive(),
 * which does not.
 */

const assert = require('node:assert/strict');
const threads = require('node:worker_threads');

const { wt, start, channelTo, endAll, wait, next } = require('./support/requests');

/** Posts what it is told, after a while. */
const poster = (wt) => {
  const port = wt.workerData ?? wt.parentPort;

  port.on('message', ({ ms = 0, values = [], then }) => setTimeout(() => {
    for (const value of values) port.postMessage(value);
    if (then === 'close') port.close();
    else if (then === 'exit') process.exit(0);
    else if (then === 'crash') throw new Error('crash');
  }, ms));
};

const receive = wt.receiveMessageOnPort;

describe('receiveMessageOnPort with a timeout', () => {
  afterEach(endAll);

  it('returns a message that is there at once, and waits for one that is not', () => {
    const port = channelTo(poster);

    port.postMessage({ ms: 60, values: [1, { two: 2 }, 'x'.repeat(50_000), new Uint8Array(300_000), new Blob(['b'])] });
    assert.equal(receive(port), undefined);
    assert.deepEqual(receive(port, { timeout: Infinity }), { message: 1 });
    assert.deepEqual(receive(port, { timeout: 10_000 }), { message: { two: 2 } });
    assert.equal(receive(port, { timeout: 10_000 }).message.length, 50_000);
    assert.equal(receive(port, { timeout: 10_000 }).message.length, 300_000);
    assert.equal(receive(port, { timeout: 10_000 }).message.size, 1);
  });

  it('returns undefined when the time is up', () => {
    const port = channelTo(poster);

    for (const timeout of [0, 0.5, 1, 30, 120]) {
      const begin = performance.now();

      assert.equal(receive(port, { timeout }), undefined);

      const took = performance.now() - begin;

      assert(took >= timeout - 1 && took < timeout + 2000, `${took} ms for ${timeout}`);
    }
  });

  it('is receiveMessageOnPort of Node without one', () => {
    const { port1, port2 } = new wt.MessageChannel();

    port2.postMessage(1);
    port2.postMessage(2);
    port2.postMessage(3);
    assert.deepEqual([port1, port1].map(receive), [{ message: 1 }, { message: 2 }]);
    assert.deepEqual(receive(port1, {}), { message: 3 });
    assert.equal(receive(port1, { timeout: undefined }), undefined);
    assert.equal(receive(port1, 7), undefined);
    assert.equal(receive(port1, null), undefined);
    assert.equal(receive.length, 1);
    assert.throws(() => receive({}, { timeout: 1 }), { code: 'ERR_INVALID_ARG_TYPE' });
    for (const [options, code] of [
      [{ timeout: '1' }, 'ERR_INVALID_ARG_TYPE'], [{ timeout: -1 }, 'ERR_OUT_OF_RANGE'], [{ timeout: NaN }, 'ERR_OUT_OF_RANGE'],
      [{ timeuot: 1 }, 'ERR_INVALID_ARG_VALUE']
    ]) {
      assert.throws(() => receive(port1, options), { code });
    }
    port1.close();
  });

  it('sees the end of the other side at once', () => {
    for (const then of ['close', 'exit', 'crash']) {
      const port = channelTo(poster);

      port.postMessage({ ms: 30, values: ['last'], then });
      assert.deepEqual(receive(port, { timeout: 30_000 }), { message: 'last' });

      const begin = Date.now();

      assert.equal(receive(port, { timeout: 30_000 }), undefined);
      assert.equal(receive(port, { timeout: 30_000 }), undefined);
      assert(Date.now() - begin < 10_000, then);
    }
  });

  it('throws for a port of this thread instead of waiting for ever', async () => {
    const { port1, port2 } = new wt.MessageChannel();

    assert.throws(() => receive(port1, { timeout: Infinity }), { code: 'ERR_RINGPORT_DEADLOCK' });
    assert.throws(() => receive(port1, { timeout: 5 }), { code: 'ERR_RINGPORT_DEADLOCK' });
    port2.postMessage(1);
    port2.close();
    assert.deepEqual(receive(port1, { timeout: Infinity }), { message: 1 });
    assert.equal(receive(port1, { timeout: Infinity }), undefined);
    await next(port1, 'close');
    assert.equal(receive(port1, { timeout: Infinity }), undefined);
  });

  it('works next to listeners, and in them', async () => {
    const port = channelTo(poster);
    const seen = [];

    port.on('message', (value) => {
      seen.push(value);
      if (value === 'first') seen.push(receive(port, { timeout: 10_000 }).message);
    });
    port.postMessage({ values: ['first', 'second'] });
    port.postMessage({ ms: 50, values: ['third'] });
    while (seen.length < 3) await wait(5);
    assert.deepEqual(seen, ['first', 'second', 'third']);
    port.postMessage({ ms: 20, values: ['a', 'b'] });
    assert.deepEqual(receive(port, { timeout: 10_000 }), { message: 'a' });
    while (seen.length < 4) await wait(5);
    assert.equal(seen[3], 'b');
  });

  it('leaves what other ports get to their listeners', async () => {
    const one = channelTo(poster);
    const two = channelTo(poster);
    const seen = [];

    two.on('message', (value) => seen.push(value));
    two.postMessage({ values: [1, 2, 3] });
    one.postMessage({ ms: 100, values: ['one'] });
    assert.deepEqual(receive(one, { timeout: 10_000 }), { message: 'one' });
    assert.deepEqual(seen, []);
    while (seen.length < 3) await wait(5);
    assert.deepEqual(seen, [1, 2, 3]);
  });

  it('stays correct while a fast sender goes on and pauses', () => {
    const port = channelTo((wt) => {
      let n = 0;
      const burst = () => {
        for (let i = 0; i < 200; i++) wt.workerData.postMessage(n++);
        if (n < 20_000) setTimeout(burst, n % 3);
      };

      burst();
    });

    for (let n = 0; n < 20_000; n++) assert.deepEqual(receive(port, { timeout: 20_000 }), { message: n });
  });

  it('waits on parentPort for messages by Node and by ring', async () => {
    for (const count of [3, 1000]) {
      const worker = start((wt, { data }) => {
        const seen = [];

        while (seen.length < data) {
          const found = wt.receiveMessageOnPort(wt.parentPort, { timeout: 20_000 });

          seen.push(found === undefined ? 'nothing' : found.message.i ?? found.message);
        }
        wt.parentPort.postMessage(seen);
      }, count);
      let done = false;
      const answer = next(worker, 'message').then((seen) => { done = true; return seen; });

      for (let i = 0; i < count && !done; i++) {
        worker.postMessage(i % 2 ? { i } : i);
        if (count === 3 || i % 100 === 0) await wait(15);
      }
      assert.deepEqual(await answer, Array.from({ length: count }, (_, i) => i));
    }
  });

  it('wakes soon for messages by Node', async () => {
    const worker = start((wt) => {
      const { parentPort } = wt;

      for (;;) {
        const found = wt.receiveMessageOnPort(parentPort, { timeout: Infinity });

        if (found === undefined) return;
        parentPort.postMessage(found.message);
      }
    });
    const times = [];

    worker.postMessage(['up']);
    await next(worker, 'message');
    worker.on('message', ([sent]) => times.push(performance.now() - sent));
    for (let i = 0; i < 40; i++) {
      await wait(3);
      worker.postMessage([performance.now()]); // an array: by Node
    }
    while (times.length < 40) await wait(5);
    times.sort((a, b) => a - b);
    assert(times[20] < 25, `${times[20]} ms`); // a slice takes 50
  });

  it('does not hold up terminate() or the end of the process', async () => {
    for (const own of [false, true]) {
      const run = (wt) => {
        wt.parentPort.postMessage('waits');
        wt.receiveMessageOnPort(wt.workerData ?? wt.parentPort, { timeout: Infinity });
      };
      const { port1, port2 } = new wt.MessageChannel();
      const worker = own ? start(run, undefined, { workerData: port2, transferList: [port2] }) : start(run);

      await next(worker, 'message');
      await wait(20);

      const begin = Date.now();

      assert.equal(await worker.terminate(), 1);
      assert(Date.now() - begin < 3000);
      port1.close();
    }
  });

  it('returns in a worker whose port is closed by its parent', async () => {
    const { port1, port2 } = new wt.MessageChannel();
    const worker = start((wt) => {
      const found = wt.receiveMessageOnPort(wt.workerData, { timeout: Infinity });

      wt.parentPort.postMessage(found === undefined ? 'closed' : 'message');
    }, undefined, { workerData: port2, transferList: [port2] });

    await wait(100);
    port1.close();
    assert.equal(await next(worker, 'message'), 'closed');
  });

  it('finds a circle of threads that wait without end', async () => {
    const worker = start((wt) => {
      const { workerData: port } = wt;

      try {
        wt.parentPort.postMessage('begins');
        wt.receiveMessageOnPort(port, { timeout: Infinity });
      } catch (error) {
        wt.parentPort.postMessage(error.code);
      }
      port.postMessage('goes on');
    }, undefined, (() => {
      const channel = new wt.MessageChannel();

      start.port = channel.port1;
      return { workerData: channel.port2, transferList: [channel.port2] };
    })());
    const { port } = start;
    const codes = [];

    worker.on('message', (code) => codes.push(code));
    await next(worker, 'message');
    try {
      assert.deepEqual(receive(port, { timeout: Infinity }), { message: 'goes on' });
      while (codes.length < 2) await wait(5);
      assert.equal(codes[1], 'ERR_RINGPORT_DEADLOCK');
    } catch (error) {
      assert.equal(error.code, 'ERR_RINGPORT_DEADLOCK');
      port.postMessage('go on');
      assert.deepEqual(receive(port, { timeout: 10_000 }), { message: 'goes on' });
    }
    port.close();
  });

  it('looks at ports of Node now and then', () => {
    const { port1, port2 } = new threads.MessageChannel();
    const worker = new threads.Worker(
      'const { workerData } = require("worker_threads"); setTimeout(() => workerData.postMessage(1), 30);',
      { eval: true, workerData: port2, transferList: [port2] });

    assert.deepEqual(receive(port1, { timeout: 20_000 }), { message: 1 });
    assert.equal(receive(port1, { timeout: 3 }), undefined);
    port1.close();
    worker.unref();
  });
});

describe('port.receive', () => {
  afterEach(endAll);

  it('resolves with the messages in order, each once', async () => {
    const port = channelTo(poster);

    port.postMessage({ values: [1, { two: 2 }, undefined] });
    assert.deepEqual(await port.receive(), { message: 1 });
    assert.deepEqual(await Promise.all([port.receive(), port.receive()]),
      [{ message: { two: 2 } }, { message: undefined }]);

    const later = [port.receive(), port.receive(), port.receive()];

    port.postMessage({ ms: 10, values: ['a', 'b', 'c', 'd'] });
    assert.deepEqual((await Promise.all(later)).map(({ message }) => message), ['a', 'b', 'c']);
    assert.deepEqual(await port.receive(), { message: 'd' });
    assert.equal(port.listenerCount('message'), 0);
    assert.equal(port.hasRef(), false);
  });

  it('resolves with undefined when the port closes', async () => {
    const port = channelTo(poster);
    const waiting = [port.receive(), port.receive()];

    port.postMessage({ values: ['last'], then: 'close' });
    assert.deepEqual(await Promise.all(waiting), [{ message: 'last' }, undefined]);
    assert.equal(await port.receive(), undefined);
  });

  it('rejects after a timeout, and with the reason of a signal', async () => {
    const port = channelTo(poster);
    const controller = new AbortController();
    const reason = new Error('enough');
    const aborted = port.receive({ signal: controller.signal });
    const late = port.receive({ timeout: 20 });

    controller.abort(reason);
    await assert.rejects(aborted, (error) => error === reason);
    await assert.rejects(late, { name: 'TimeoutError' });
    await assert.rejects(port.receive({ timeout: 0 }), { name: 'TimeoutError' });
    await assert.rejects(port.receive({ signal: AbortSignal.abort('no') }), (error) => error === 'no');
    port.postMessage({ values: ['kept'] });
    assert.deepEqual(await port.receive({ timeout: 20_000, signal: new AbortController().signal }), { message: 'kept' });
  });

  it('works on parentPort', async () => {
    const worker = start(async (wt) => {
      const { parentPort } = wt;
      const seen = [];

      while (seen.at(-1) !== 'end') seen.push((await parentPort.receive()).message);
      parentPort.postMessage(seen);
    });

    for (let i = 0; i < 500; i++) worker.postMessage(i);
    await wait(100);
    worker.postMessage('end');
    assert.deepEqual(await next(worker, 'message'), [...Array.from({ length: 500 }, (_, i) => i), 'end']);
  });

  it('refuses bad input', async () => {
    const { port1 } = new wt.MessageChannel();

    for (const [options, code] of [
      [null, 'ERR_INVALID_ARG_TYPE'], [{ timeout: '1' }, 'ERR_INVALID_ARG_TYPE'], [{ timeout: -1 }, 'ERR_OUT_OF_RANGE'],
      [{ signal: 1 }, 'ERR_INVALID_ARG_TYPE'], [{ singal: 1 }, 'ERR_INVALID_ARG_VALUE']
    ]) {
      await assert.rejects(port1.receive(options), { code });
    }
    port1.on('messages', () => {});
    await assert.rejects(port1.receive(), { code: 'ERR_INVALID_STATE' });
    port1.close();
  });
});
