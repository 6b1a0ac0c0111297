'use strict';

/*
 * Backpressure between ports of one thread: what postMessage returns, 'drain', overflow,
 * ends.
 */

const assert = require('node:assert/strict');
const { once } = require('node:events');

const { subject } = require('./support/implementations');

const { MessageChannel, MessagePort, receiveMessageOnPort } = subject.api;

/** A record of a small number: 8 bytes of header and 8 of payload. */
const SMALL = 16;

const immediate = () => new Promise(setImmediate);

function drain(port) {
  let count = 0;

  while (receiveMessageOnPort(port) !== undefined) count++;
  return count;
}

describe('flow: without a mark', () => {
  it('a channel is Node\'s: postMessage returns true however much is queued', () => {
    for (const options of [undefined, null, {}, 5, 'text', { highWaterMark: Infinity }]) {
      const { port1, port2 } = new MessageChannel(options);

      for (let i = 0; i < 1000; i++) assert.equal(port1.postMessage('x'.repeat(100)), true);
      assert.equal(port1.postMessages([1, 2]), true);
      assert.equal(port1.writableHighWaterMark, Infinity);
      assert.equal(port1.writableLength, undefined);
      assert.equal(port1.writableNeedDrain, false);
      assert.equal(drain(port2), 1002);
      port1.close();
    }
  });

  it('drained() is fulfilled at once', async () => {
    const { port1 } = new MessageChannel();

    assert.equal(await port1.drained(), undefined);
    port1.close();
  });

  it('the members are not enumerable, and the channel has no more own properties', () => {
    const channel = new MessageChannel({ highWaterMark: 10 });
    const names = [];

    for (const name in channel.port1) names.push(name);
    assert.deepEqual(names.filter((name) => /writable|drain|stats|Stream/.test(name)), []);
    assert.deepEqual(Object.keys(channel), ['port1', 'port2']);
    assert.deepEqual(Object.keys(MessagePort.prototype).filter((name) => /writ|drain/.test(name)), []);
    assert.equal(MessageChannel.length, 0);
    channel.port1.close();
  });
});

describe('flow: options', () => {
  const throws = (options, code, name = 'TypeError') =>
    assert.throws(() => new MessageChannel(options), { code, name });

  it('that are wrong are refused', () => {
    for (const highWaterMark of ['5', null, true, {}, 5n]) {
      throws({ highWaterMark }, 'ERR_INVALID_ARG_TYPE');
    }
    for (const highWaterMark of [0, -1, 1.5, NaN, -Infinity, 2 ** 53]) {
      throws({ highWaterMark }, 'ERR_OUT_OF_RANGE', 'RangeError');
    }
    for (const overflow of ['drop', 'drop-oldest', 'toString', '__proto__', null, 5, {}]) {
      throws({ highWaterMark: 1, overflow }, 'ERR_INVALID_ARG_VALUE');
    }
    throws({ overflow: 'throw' }, 'ERR_INVALID_ARG_VALUE');
  });

  it('drained() refuses what is no AbortSignal', async () => {
    const { port1 } = new MessageChannel({ highWaterMark: 1 });

    await assert.rejects(port1.drained(5), { code: 'ERR_INVALID_ARG_TYPE' });
    await assert.rejects(port1.drained(null), { code: 'ERR_INVALID_ARG_TYPE' });
    await assert.rejects(port1.drained({ signal: {} }), { code: 'ERR_INVALID_ARG_TYPE' });
    port1.close();
  });
});

describe('flow: with a mark', () => {
  let port1;
  let port2;

  const open = (options) => {
    ({ port1, port2 } = new MessageChannel(options));
  };

  afterEach(() => {
    port1.close();
    port2.close();
  });

  it('postMessage accepts everything and returns false from the mark on', () => {
    open({ highWaterMark: 4 * SMALL });
    assert.equal(port1.writableHighWaterMark, 4 * SMALL);
    assert.equal(port2.writableHighWaterMark, 4 * SMALL);

    const results = Array.from({ length: 8 }, (_, i) => [port1.postMessage(i), port1.writableLength]);

    assert.deepEqual(results, Array.from({ length: 8 }, (_, i) => [i < 3, (i + 1) * SMALL]));
    assert.equal(port1.writableNeedDrain, true);
    assert.equal(port2.writableNeedDrain, false); // each direction has its own queue
    assert.equal(port2.writableLength, 0);
    assert.equal(drain(port2), 8);
    assert.equal(port1.writableLength, 0);
  });

  it('every kind of value counts', () => {
    open({ highWaterMark: 1e9 });

    const before = () => port1.writableLength;
    const sizes = [
      [5, 16], ['x'.repeat(1000), 1000], ['x'.repeat(100_000), 100_000], ['€'.repeat(100_000), 200_000],
      [{ a: 1, b: 'two' }, 8], [new Uint8Array(1000), 1000], [new Uint8Array(1e6), 1e6],
      [Array.from({ length: 1000 }, (_, i) => i + 1e6), 4000], [new Map([[1, 'x'.repeat(500)]]), 500],
    ];

    for (const [value, least] of sizes) {
      const length = before();

      assert.equal(port1.postMessage(value), true);
      assert.ok(before() - length >= least, `${typeof value} of ${least} counts ${before() - length}`);
      assert.ok(before() - length <= 2 * least + 300);
    }
    assert.equal(drain(port2), sizes.length);
    assert.equal(port1.writableLength, 0);
  });

  it('what Node carries counts as its buffers and 1 KiB', () => {
    open({ highWaterMark: 1e9 });

    const buffer = new ArrayBuffer(500_000);
    const other = new ArrayBuffer(300_000);
    const channel = new MessageChannel();

    port1.postMessage(buffer, [buffer]); // whole, by Node
    assert.ok(Math.abs(port1.writableLength - 501_024) < 200, String(port1.writableLength));
    port1.postMessage({ other, list: Array.from({ length: 100 }, String), port: channel.port1 },
      [other, channel.port1]);
    assert.ok(port1.writableLength > 500_000 + 300_000 + 3 * 1024);
    assert.ok(port1.writableLength < 500_000 + 300_000 + 8 * 1024);

    const length = port1.writableLength;

    port1.postMessage(new Blob(['text']));
    assert.ok(port1.writableLength >= length + 1024);
    assert.equal(receiveMessageOnPort(port2).message.byteLength, 500_000);
    assert.ok(port1.writableLength < 310_000);
    receiveMessageOnPort(port2).message.port.close();
    assert.equal(receiveMessageOnPort(port2).message.size, 4);
    assert.equal(port1.writableLength, 0);
  });

  it("'drain' comes once, when half of the mark is left", async () => {
    open({ highWaterMark: 4 * SMALL });

    const seen = [];

    port1.on('drain', (...args) => seen.push(args, port1.writableLength));
    port1.addEventListener('drain', (event) => seen.push(event.type, event instanceof Event, event.target === port1));
    for (let i = 0; i < 4; i++) port1.postMessage(i);
    for (let i = 0; i < 4; i++) {
      await immediate();
      assert.equal(seen.length > 0, i > 1, `after ${i}`);
      receiveMessageOnPort(port2);
      if (i === 1) await once(port1, 'drain');
    }
    await immediate();
    assert.deepEqual(seen, [[undefined], 2 * SMALL, 'drain', true, true]);
    assert.equal(port1.writableNeedDrain, false);
  });

  it('one message may be larger than the mark', async () => {
    open({ highWaterMark: 1 });
    assert.equal(port1.postMessage('x'.repeat(100_000)), false);

    const drained = port1.drained();

    assert.equal(receiveMessageOnPort(port2).message.length, 100_000);
    await drained;
    assert.equal(port1.writableLength, 0);
  });

  it('a sender that waits never has more queued than the mark and one message', async () => {
    const mark = 10_000;

    open({ highWaterMark: mark });

    let received = 0;
    let most = 0;

    port2.on('message', () => received++);
    for (let i = 0; i < 20_000; i++) {
      const isBelow = port1.postMessage({ i, text: 'some text' });

      if (port1.writableLength > most) most = port1.writableLength;
      if (!isBelow) await port1.drained();
    }
    await immediate();
    while (received < 20_000) await immediate();
    assert.ok(most >= mark && most < mark + 100, String(most));
  });

  it('postMessages counts what it has sent before a value that cannot be cloned', async () => {
    const { port1, port2 } = new MessageChannel({ highWaterMark: 10 * SMALL });

    assert.throws(() => port1.postMessages([...Array(100).fill(1), () => {}]), { name: 'DataCloneError' });
    assert.equal(port1.writableNeedDrain, true);

    const drained = port1.drained();

    assert.equal(drain(port2), 100);
    await drained;
    port1.close();
  });

  it('postMessages sends all and returns false at or above the mark', async () => {
    open({ highWaterMark: 1000 });
    assert.equal(port1.postMessages([1, 2, 3]), true);
    assert.equal(port1.postMessages(Array.from({ length: 1000 }, (_, i) => i)), false);

    const drained = port1.drained();

    port2.on('messages', (values) => values.length);
    await drained;
    assert.equal(port1.postMessages([]), true);
  });

  it("'messages' batches, views and objects drain the queue alike", async () => {
    open({ highWaterMark: 500_000 });

    const list = [];

    port2.receiveViews = true;
    port2.on('messages', (values) => list.push(...values.map((value) => value.byteLength)));
    for (let i = 0; i < 50; i++) if (!port1.postMessage(new ArrayBuffer(200_000))) await port1.drained();
    while (list.length < 50) await immediate();
    assert.deepEqual(list, new Array(50).fill(200_000));
    await immediate();
    assert.equal(port1.writableLength, 0);
  });

  it('getters that post to the same port count, too', () => {
    open({ highWaterMark: 1e6 });
    port1.postMessage({ get x() { port1.postMessage('inner'); return 1; } });
    assert.ok(port1.writableLength >= 2 * SMALL);
    assert.deepEqual([receiveMessageOnPort(port2).message, receiveMessageOnPort(port2).message], ['inner', { x: 1 }]);
    assert.equal(port1.writableLength, 0);
  });

  it('a value that cannot be cloned counts nothing', () => {
    open({ highWaterMark: 1000 });
    assert.throws(() => port1.postMessage({ f() {} }), { name: 'DataCloneError' });
    assert.throws(() => port1.postMessage(Symbol('s')), { name: 'DataCloneError' });
    assert.throws(() => port1.postMessage(1, [port1]), { name: 'DataCloneError' });
    assert.equal(port1.writableLength, 0);
  });

  it('drained() with an aborted signal rejects, before and while it waits', async () => {
    open({ highWaterMark: 1 });

    const abort = new AbortController();

    port1.postMessage(1);

    const waiting = port1.drained({ signal: abort.signal });
    const other = port1.drained();

    abort.abort(new Error('enough'));
    await assert.rejects(waiting, (error) => error.name === 'AbortError' && error.code === 'ABORT_ERR' &&
      error.cause.message === 'enough');
    await assert.rejects(port1.drained({ signal: abort.signal }), { name: 'AbortError' });
    drain(port2);
    await other; // goes on
  });

  it('a listener of drain that throws does not keep other ports from their drain', async () => {
    open({ highWaterMark: 1 });

    const other = new MessageChannel({ highWaterMark: 1 });
    const caught = [];
    const listeners = process.listeners('uncaughtException');

    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => caught.push(error.message));
    port1.on('drain', () => { throw new Error('mine'); });
    port1.postMessage(1);
    other.port1.postMessage(1);

    const drained = other.port1.drained();

    drain(port2);
    drain(other.port2);
    await drained;
    await immediate();
    listeners.forEach((listener) => process.on('uncaughtException', listener));
    other.port1.close();
    assert.deepEqual(caught, ['mine']);
  });
});

describe('flow: overflow', () => {
  it("'throw' refuses a message at the mark and sends nothing of it", async () => {
    const { port1, port2 } = new MessageChannel({ highWaterMark: 3 * SMALL, overflow: 'throw' });
    const buffer = new ArrayBuffer(8);
    const refused = { code: 'ERR_RINGPORT_OVERFLOW', name: 'RingportError' };
    let ran = false;

    assert.deepEqual([1, 2, 3].map((i) => port1.postMessage(i)), [true, true, false]);
    assert.throws(() => port1.postMessage(4), refused);
    assert.throws(() => port1.postMessage({ get x() { ran = true; return 1; } }), refused);
    assert.throws(() => port1.postMessage(buffer, [buffer]), refused);
    assert.throws(() => port1.postMessages([5, 6]), refused);
    assert.equal(ran, false);
    assert.equal(buffer.byteLength, 8); // not detached
    assert.equal(port1.stats().refused, 4);
    receiveMessageOnPort(port2);
    assert.equal(port1.postMessage(7), false); // below the mark again, without waiting for 'drain'
    assert.equal(drain(port2), 3);
    await port1.drained();
    port1.close();
  });

  it("'throw' stops postMessages at the first value that does not fit", () => {
    const { port1, port2 } = new MessageChannel({ highWaterMark: 3 * SMALL, overflow: 'throw' });

    assert.throws(() => port1.postMessages([1, 2, 3, 4, 5]), { code: 'ERR_RINGPORT_OVERFLOW' });
    assert.equal(drain(port2), 3);
    port1.close();
  });

  it("'drop-newest' drops it, counts it and returns false", async () => {
    const { port1, port2 } = new MessageChannel({ highWaterMark: 3 * SMALL, overflow: 'drop-newest' });
    const buffer = new ArrayBuffer(8);
    const inner = new MessageChannel();
    const closed = once(inner.port2, 'close');

    for (let i = 0; i < 1000; i++) assert.equal(port1.postMessage(i), i < 2);
    assert.equal(port1.postMessage({ buffer, port: inner.port1 }, [buffer, inner.port1]), false);
    assert.equal(buffer.byteLength, 0); // as if it had got lost on its way
    await closed;
    assert.equal(port1.postMessages([1, 2]), false);
    assert.equal(port1.stats().dropped, 997 + 1 + 2);
    assert.deepEqual([0, 1, 2].map(() => receiveMessageOnPort(port2).message), [0, 1, 2]);
    assert.equal(receiveMessageOnPort(port2), undefined);
    assert.throws(() => port1.postMessage(1, [port1]), { name: 'DataCloneError' });
    port1.close();
  });

  it('a flood of a million messages that nobody reads takes no memory', async function () {
    this.timeout(0);
    const { stackTraceLimit } = Error;

    Error.stackTraceLimit = 0; // a million stacks would be what takes the time
    for (const overflow of ['drop-newest', 'throw']) {
      const { port1, port2 } = new MessageChannel({ highWaterMark: 1 << 20, overflow });
      const text = 'x'.repeat(200);
      let refused = 0;

      for (let i = 0; i < 10_000; i++) try { port1.postMessage({ i, text }); } catch { refused++; }

      const before = process.memoryUsage().rss;

      for (let i = 0; i < 1e6; i++) {
        try {
          port1.postMessage({ i, text });
        } catch {
          refused++;
        }
      }

      const grown = process.memoryUsage().rss - before;
      const { dropped, refused: counted } = port1.stats();

      assert.ok(grown < 100 << 20, `${overflow}: ${grown} bytes`); // by Node: 300 MB
      assert.equal(counted, refused);
      assert.equal(drain(port2) + dropped + refused, 1_010_000);
      port1.close();
    }
    Error.stackTraceLimit = stackTraceLimit;
  });
});

describe('flow: ends', () => {
  it('close() rejects drained(), and so does the close of the peer', async () => {
    for (const which of ['port1', 'port2']) {
      const channel = new MessageChannel({ highWaterMark: 1 });
      const { port1 } = channel;

      port1.postMessage(1);

      const drained = assert.rejects(port1.drained(), { code: 'ERR_RINGPORT_CLOSED' });

      channel[which].close();
      await drained;
      await immediate();
      await assert.rejects(port1.drained(), { code: 'ERR_RINGPORT_CLOSED' });
      assert.equal(port1.writableNeedDrain, false);
      assert.equal(port1.writableLength, 0);
      assert.equal(port1.postMessage(2), which === 'port1' ? undefined : port1.postMessage(2));
      port1.close();
    }
  });

  it('the close of the peer is heard although the sender does not read', async () => {
    const { port1, port2 } = new MessageChannel({ highWaterMark: 1 });

    port2.postMessage('unread');
    port1.postMessage(1);

    const drained = assert.rejects(port1.drained(), { code: 'ERR_RINGPORT_CLOSED' });

    port2.close();
    await drained;
    port1.close();
  });

  it('a loop that posts and waits ends when the peer has closed', async () => {
    const { port1, port2 } = new MessageChannel({ highWaterMark: 100 });

    port2.on('message', (i) => { if (i === 50) port2.close(); });
    await assert.rejects((async () => {
      for (let i = 0; ; i++) if (!port1.postMessage(i)) await port1.drained();
    })(), { code: 'ERR_RINGPORT_CLOSED' });
    port1.close();
  });

  it('a sender and its queue move together', async () => {
    const outer = new MessageChannel();
    const { port1, port2 } = new MessageChannel({ highWaterMark: 4 * SMALL, overflow: 'drop-newest' });

    for (let i = 0; i < 4; i++) port1.postMessage(i);

    const lost = assert.rejects(port1.drained(), { code: 'ERR_RINGPORT_CLOSED' });

    outer.port1.postMessage(port1, [port1]);
    await lost;

    const { message: moved } = receiveMessageOnPort(outer.port2);

    assert.equal(moved.writableHighWaterMark, 4 * SMALL);
    assert.equal(moved.writableLength, 4 * SMALL);
    assert.equal(moved.writableNeedDrain, true);
    assert.equal(moved.postMessage('too much'), false);

    const drained = moved.drained();

    assert.equal(drain(port2), 4);
    await drained;
    assert.equal(moved.postMessage('again'), true);
    assert.equal(receiveMessageOnPort(port2).message, 'again');
    moved.close();
    outer.port1.close();
  });

  it('a receiver and its queue move together', async () => {
    const outer = new MessageChannel();
    const { port1, port2 } = new MessageChannel({ highWaterMark: 4 * SMALL });

    for (let i = 0; i < 8; i++) port1.postMessage(i);
    outer.port1.postMessage(port2, [port2]);
    assert.equal(port1.writableLength, 8 * SMALL);

    const drained = port1.drained();
    const { message: moved } = receiveMessageOnPort(outer.port2);
    const heard = [];

    moved.on('message', (value) => heard.push(value));
    await drained;
    while (heard.length < 8) await immediate();
    assert.equal(port1.writableLength, 0);
    port1.close();
    outer.port1.close();
  });

  it('a transfer that fails leaves a waiting sender as it was', async () => {
    const outer = new MessageChannel();
    const { port1, port2 } = new MessageChannel({ highWaterMark: 1 });

    port1.postMessage(1);

    const drained = port1.drained();

    assert.throws(() => outer.port1.postMessage({ port1, get f() { drain(port2); return () => {}; } }, [port1]),
      { name: 'DataCloneError' });
    await drained;
    port1.close();
    outer.port1.close();
  });

  it('detach() and from() keep the mark', () => {
    const { port1, port2 } = new MessageChannel({ highWaterMark: 64 });

    port1.postMessage(1);

    const back = MessagePort.from(port1.detach());

    assert.equal(back.writableHighWaterMark, 64);
    assert.equal(back.writableLength, SMALL);
    assert.equal(drain(port2), 1);
    back.close();
  });
});
