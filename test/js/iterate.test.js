'use strict';

/* for await over ports and Workers, and their streams. */

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { pipeline } = require('node:stream/promises');

const { subject } = require('./support/implementations');
const { open } = require('./support/program');

const { MessageChannel, receiveMessageOnPort } = subject.api;
const { worker } = open(subject.id);

const immediate = () => new Promise(setImmediate);
const numbers = (length) => Array.from({ length }, (_, i) => i);

async function list(iterable, limit = Infinity) {
  const found = [];

  if (limit === 0) return found;
  for await (const message of iterable) {
    found.push(message);
    if (found.length === limit) break;
  }
  return found;
}

describe('iteration of a port', () => {
  it('gives what is queued and what comes, and ends with the channel', async () => {
    for (const closer of ['port1', 'port2']) {
      const channel = new MessageChannel();
      const { port1, port2 } = channel;

      for (const i of numbers(5)) port1.postMessage({ i });

      const all = list(port2);

      await immediate();
      port1.postMessage('late');
      port1.postMessage(undefined);
      await immediate();
      channel[closer].close();
      assert.deepEqual(await all, [...numbers(5).map((i) => ({ i })), 'late', undefined]);
      assert.deepEqual(await list(port2), []); // it is closed
      assert.equal(port2.listenerCount('message') + port2.listenerCount('close'), 0);
    }
  });

  it('pauses the port while the consumer works', async () => {
    const { port1, port2 } = new MessageChannel({ highWaterMark: 64 });
    let count = 0;

    for (const i of numbers(20)) port1.postMessage(i);
    for await (const i of port2) {
      assert.equal(i, count++);
      assert.equal(port2.stats().queued, 20 - count);
      await immediate();
      assert.equal(port2.hasRef(), false);
      assert.equal(port2.stats().queued, 20 - count);
      if (count === 20) break;
    }
    port1.close();
  });

  it('loses nothing when it stops, and leaves the port paused', async () => {
    const { port1, port2 } = new MessageChannel();

    port1.postMessages(numbers(10));
    assert.deepEqual(await list(port2, 3), [0, 1, 2]);
    await immediate();
    assert.equal(receiveMessageOnPort(port2).message, 3);
    assert.deepEqual(await list(port2, 2), [4, 5]);

    const heard = [];

    port2.on('message', (i) => heard.push(i));
    while (heard.length < 4) await immediate();
    assert.deepEqual(heard, [6, 7, 8, 9]);
    port1.close();
  });

  it('stops after the one message that it waited for', async () => {
    const { port1, port2 } = new MessageChannel();
    const messages = port2[Symbol.asyncIterator]();
    const next = messages.next();

    port1.postMessages(numbers(10));
    assert.deepEqual(await next, { value: 0, done: false });
    await immediate();
    assert.equal(port2.stats().queued, 9);
    assert.deepEqual(await messages.return('end'), { value: 'end', done: true });
    assert.deepEqual(await messages.next(), { value: undefined, done: true });
    assert.equal(receiveMessageOnPort(port2).message, 1);
    port1.close();
  });

  it('answers calls of next() in their order, and return() those that wait', async () => {
    const { port1, port2 } = new MessageChannel();
    const messages = port2[Symbol.asyncIterator]();
    const answers = numbers(5).map(() => messages.next());

    port1.postMessages(['a', 'b']);
    assert.deepEqual(await answers[1], { value: 'b', done: false });
    assert.equal(port2.hasRef(), true); // it waits
    await messages.return();
    assert.deepEqual((await Promise.all(answers)).map(({ value, done }) => [value, done]),
      [['a', false], ['b', false], [undefined, true], [undefined, true], [undefined, true]]);
    assert.equal(port2.hasRef(), false);
    assert.equal(messages[Symbol.asyncIterator](), messages);
    port1.close();
  });

  it('throw() stops it', async () => {
    const { port1, port2 } = new MessageChannel();
    const messages = port2[Symbol.asyncIterator]();

    await assert.rejects(messages.throw(new Error('mine')), { message: 'mine' });
    assert.equal((await messages.next()).done, true);
    port1.close();
  });

  it('and a parentPort and a Worker', async () => {
    const doubler = worker(async (wt) => {
      for await (const i of wt.parentPort) {
        if (i === 'end') break;
        wt.parentPort.postMessage(2 * i);
      }
      wt.parentPort.close();
    });
    const all = list(doubler);

    for (const i of numbers(2000)) doubler.postMessage(i);
    doubler.postMessage('end');
    assert.deepEqual(await all, numbers(2000).map((i) => 2 * i));
  });

  it('gives each message to one of those who wait', async () => {
    const { port1, port2 } = new MessageChannel();
    const found = [];
    const take = async () => {
      for await (const i of port2) found.push(i);
    };
    const receive = async () => {
      for (let one; (one = await port2.receive()) !== undefined;) found.push(one.message);
    };
    const all = [take(), take(), receive(), receive()];

    for (const i of numbers(40)) {
      port1.postMessage(i);
      if (i % 3 === 0) await immediate();
    }
    port1.close();
    await Promise.all(all);
    assert.deepEqual(found, numbers(40));
    assert.equal(port2.listenerCount('message'), 0);
  });

  it('gives all that a Worker has sent before it exits', async () => {
    for (const options of [undefined, { highWaterMark: 1e6 }]) {
      const counter = worker((wt) => {
        for (let i = 0; i < 2000; i++) wt.parentPort.postMessage(i);
      }, options);
      let next = 0;

      for await (const i of counter) {
        assert.equal(i, next++);
        if (next === 1) await once(counter, 'exit');
      }
      assert.equal(next, 2000);
      assert.deepEqual(await list(counter), []);
    }
  });

  it('of a Worker that exits drops the rest if it is left', async () => {
    const counter = worker((wt) => {
      for (let i = 0; i < 10; i++) wt.parentPort.postMessage(i);
    });

    for await (const i of counter) {
      assert.equal(i, 0);
      break;
    }
    await once(counter, 'exit');
    assert.deepEqual(await list(counter), []);
  });

  it('and receive() keep what they get, though large data is lent to listeners', async () => {
    const { port1, port2 } = new MessageChannel();
    const messages = port2[Symbol.asyncIterator]();
    const large = new Uint8Array(1 << 20).fill(7);

    port2.receiveViews = true;
    for (const next of [
      () => messages.next().then(({ value }) => value),
      () => port2.receive().then(({ message }) => message)
    ]) {
      const message = next();

      await immediate();
      port1.postMessage(large);
      await message;
      await immediate();
      assert.deepEqual(await message, large);
    }
    port1.close();
  });

  it('of a Worker pauses it, too, and ends when it is terminated', async () => {
    const sender = worker((wt) => {
      for (let i = 0; i < 3000; i++) wt.parentPort.postMessage(i);
      setInterval(() => {}, 1000);
    });
    let next = 0;

    for await (const i of sender) {
      assert.equal(i, next++);
      if (next % 500 === 0) await immediate();
      if (next === 3000) sender.terminate();
    }
    assert.equal(next, 3000);
    assert.deepEqual(await list(sender), []);
  });
});

describe('streams of a port', () => {
  it('Web: what is written to one end is read from the other, under a mark', async () => {
    const { port1, port2 } = new MessageChannel({ highWaterMark: 500 });
    const sum = numbers(3000).reduce((a, b) => a + b);
    let found = 0;

    assert.equal(port2.readable, port2.readable);
    assert.equal(port1.writable, port1.writable);
    await Promise.all([
      ReadableStream.from(numbers(3000).map((i) => ({ i }))).pipeTo(port1.writable),
      port2.readable.pipeTo(new WritableStream({ write({ i }) { found += i; } })),
    ]);
    assert.equal(found, sum);
  });

  it('Web: cancel leaves the rest in the queue and the port open', async () => {
    const { port1, port2 } = new MessageChannel();

    port1.postMessages(numbers(5));

    const reader = port2.readable.getReader();

    assert.deepEqual(await reader.read(), { value: 0, done: false });
    await reader.cancel();
    assert.equal(receiveMessageOnPort(port2).message, 1);

    const again = port2.readable.getReader();

    assert.deepEqual(await again.read(), { value: 2, done: false });
    await again.cancel();
    port1.close();
  });

  it('Web: cancel while it is being read leaves the next stream alone', async () => {
    const { port1, port2 } = new MessageChannel();
    const reader = port2.readable.getReader();
    const read = reader.read();

    await immediate();
    reader.cancel();

    const { readable } = port2;

    assert.equal((await read).done, true);
    await immediate();
    assert.equal(port2.readable, readable);
    port1.close();
  });

  it('Web: to write to a closed port is an error', async () => {
    const { port1 } = new MessageChannel();
    const writer = port1.writable.getWriter();

    writer.closed.catch(() => {});
    port1.close();
    await assert.rejects(writer.write(1), { code: 'ERR_RINGPORT_CLOSED' });
  });

  it('Node: object mode, under a mark', async () => {
    const { port1, port2 } = new MessageChannel({ highWaterMark: 500 });
    const found = [];

    await Promise.all([
      pipeline(numbers(3000), port1.createWriteStream()),
      pipeline(port2.createReadStream(), async (source) => {
        for await (const i of source) found.push(i);
      }),
    ]);
    assert.deepEqual(found, numbers(3000));
    assert.equal(port1.postMessage(1), undefined); // the end of the stream has closed it
  });

  it('Node: a signal ends them, and destroy() the wait for a reader', async () => {
    const { port1, port2 } = new MessageChannel({ highWaterMark: 1 });
    const abort = new AbortController();
    const reader = port2.createReadStream({ signal: abort.signal });
    const failed = once(reader, 'error');

    reader.resume();
    abort.abort();
    assert.equal((await failed)[0].name, 'AbortError');

    const writer = port1.createWriteStream();

    writer.write(1);
    await immediate();
    writer.destroy();
    await once(writer, 'close');
    assert.equal(receiveMessageOnPort(port2).message, 1);
    port1.close();
  });

  it('Node: null, which a stream cannot carry, is an error', async () => {
    const { port1, port2 } = new MessageChannel();
    const reader = port2.createReadStream();

    port1.postMessage(null);
    reader.resume();
    assert.equal((await once(reader, 'error'))[0].code, 'ERR_STREAM_NULL_VALUES');
    port1.close();
  });

  it('wrong options are refused', () => {
    const { port1 } = new MessageChannel();

    assert.throws(() => port1.createReadStream(null), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => port1.createReadStream({ signl: 1 }), { code: 'ERR_INVALID_ARG_VALUE' });
    assert.throws(() => port1.createWriteStream({ signal: 1 }), { code: 'ERR_INVALID_ARG_TYPE' });
    port1.close();
  });
});

describe('dispose', () => {
  it('closes a port, and a channel', async function () {
    if (Symbol.dispose === undefined) this.skip();

    const { port1, port2 } = new MessageChannel();
    const closed = once(port2, 'close');

    port1[Symbol.dispose]();
    await closed;

    const channel = new MessageChannel();
    const both = Promise.all([once(channel.port1, 'close'), once(channel.port2, 'close')]);

    channel[Symbol.dispose]();
    await both;
  });

  it('waits for the close of a port', async function () {
    if (Symbol.asyncDispose === undefined) this.skip();

    const { port1 } = new MessageChannel();
    let isClosed = false;

    port1.on('close', () => { isClosed = true; });
    await port1[Symbol.asyncDispose]();
    assert.equal(isClosed, true);
    await port1[Symbol.asyncDispose]();
  });
});

describe('stats', () => {
  it('counts what a port has sent, received and left', async () => {
    const { port1, port2 } = new MessageChannel();
    const buffer = new ArrayBuffer(100_000);

    port1.postMessages(numbers(10));
    port1.postMessage(buffer, [buffer]);
    receiveMessageOnPort(port2);

    const { messagesOut, byNode, highWaterMark, queuedBytes, stalls } = port1.stats();

    assert.deepEqual([messagesOut, byNode, highWaterMark, queuedBytes, stalls], [11, 1, Infinity, undefined, 0]);
    assert.deepEqual([port2.stats().messagesIn, port2.stats().queued, port2.stats().wakeUps], [1, 10, 0]);
    port2.on('message', () => {});
    while (port2.stats().queued > 0) await immediate();
    assert.equal(port2.stats().messagesIn, 11);
    assert.ok(port2.stats().wakeUps > 0);
    port1.close();
  });

  it('of a Worker counts what it posts', async () => {
    const echo = worker((wt) => wt.parentPort.on('message', (m) => wt.parentPort.postMessage(m)),
      { highWaterMark: 1e6 });

    for (let i = 0; i < 50; i++) {
      echo.postMessage(i);
      await once(echo, 'message');
    }

    await immediate(); // a message counts as received when its listeners have returned

    const { messagesOut, messagesIn, byNode, highWaterMark, wakeUps } = echo.stats();

    assert.equal(messagesOut + byNode, 50);
    assert.equal(messagesIn, 50);
    assert.equal(highWaterMark, 1e6);
    assert.ok(wakeUps > 0);
    await echo.terminate();
  });
});
