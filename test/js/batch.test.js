'use strict';

/*
 * postMessages() and the 'messages' event deliver what a loop of postMessage() delivers.
 * Most scenarios run both ways and compare the results; where Node defines the result,
 * the loop runs with Node's ports as well.
 */

const assert = require('node:assert');
const { AsyncLocalStorage } = require('node:async_hooks');
const { once } = require('node:events');
const { reference, subject } = require('./support/implementations');
const { open } = require('./support/program');
const { play } = require('./support/play');

const rp = subject.api;
const turn = () => new Promise(setImmediate);

/** Everything that waits at a port. */
function drain(port, receive = rp.receiveMessageOnPort) {
  const got = [];
  let received;

  while ((received = receive(port)) !== undefined) got.push(received.message);
  return got;
}

/** Post one by one, as a loop does, whatever the port can do. */
function loop(port, values) {
  for (const value of values) port.postMessage(value);
}

/**
 * What `scenario(post, wt)` returns: by Node's loop, by ours, and by postMessages; all
 * must be equal.
 */
function alike(title, scenario) {
  it(title, async () => {
    const expected = await scenario(loop, reference.api);

    assert.deepStrictEqual(await scenario(loop, rp), expected);
    assert.deepStrictEqual(await scenario((port, values) => port.postMessages(values), rp), expected);
  });
}

const text = (error) => `${error.name}: ${error.message}`;

describe('batches: postMessages', () => {
  alike('sends every kind of value, in order', (post, { MessageChannel, receiveMessageOnPort }) => {
    const { port1, port2 } = new MessageChannel();
    const twice = { x: 1 };
    const values = [
      1, -0, 1e300, 'text', '\u2021 wide', 'x'.repeat(5000), 'y'.repeat(200000), undefined, null, true, 12n,
      { a: 1, b: [1, 2, { c: 3 }] }, [twice, twice], new Map([[1, new Set([2])]]), new Date(5), /x/g,
      new Uint8Array(3000).fill(7), new Uint8Array(100000).fill(8), new SharedArrayBuffer(8), new Error('e'),
      'last',
    ];

    post(port1, values);

    const got = drain(port2, receiveMessageOnPort);

    port1.close();
    return got;
  });

  alike('sends thousands, more than any buffer holds', (post, { MessageChannel, receiveMessageOnPort }) => {
    const { port1, port2 } = new MessageChannel();

    post(port1, Array.from({ length: 20000 }, (_, i) => ({ i, text: `number ${i}` })));

    const got = drain(port2, receiveMessageOnPort);

    port1.close();
    return got;
  });

  alike('reads an iterable once, one value at a time', (post, { MessageChannel, receiveMessageOnPort }) => {
    const { port1, port2 } = new MessageChannel();
    const one = { i: 0 };

    post(port1, (function* () {
      for (; one.i < 50; one.i++) yield one; // always the same object
    })());

    const got = drain(port2, receiveMessageOnPort);

    port1.close();
    return got;
  });

  alike('what is posted from within the iterable and from getters keeps its place',
    (post, { MessageChannel, receiveMessageOnPort }) => {
      const { port1, port2 } = new MessageChannel();

      post(port1, (function* () {
        yield 1;
        port1.postMessage('between');
        yield { get x() { port1.postMessage('inside'); return 'outside'; } };
        post(port1, ['a', 'b']);
        yield { get x() { post(port1, ['c', 'd']); return 2; } };
        yield 3;
      })());

      const got = drain(port2, receiveMessageOnPort);

      port1.close();
      return got;
    });

  alike('a receiver in the same thread finds what came before',
    (post, { MessageChannel, receiveMessageOnPort }) => {
      const { port1, port2 } = new MessageChannel();
      const seen = [];

      post(port1, (function* () {
        yield 1;
        seen.push(receiveMessageOnPort(port2));
        yield 2;
        yield 3;
        seen.push(receiveMessageOnPort(port2), receiveMessageOnPort(port2), receiveMessageOnPort(port2));
      })());
      port1.close();
      return seen;
    });

  alike('a value that cannot be cloned: those before it are sent, none after it',
    (post, { MessageChannel, receiveMessageOnPort }) => {
      const { port1, port2 } = new MessageChannel();
      let ended = false;
      let thrown;

      try {
        post(port1, (function* () {
          try {
            yield 1;
            yield { two: 2 };
            yield () => {};
            yield 4;
          } finally {
            ended = true;
          }
        })());
      } catch (error) {
        thrown = error.name;
      }
      port1.postMessage('later');

      const got = drain(port2, receiveMessageOnPort);

      port1.close();
      return { got, thrown, ended };
    });

  alike('an iterable that throws: what it gave is sent',
    (post, { MessageChannel, receiveMessageOnPort }) => {
      const { port1, port2 } = new MessageChannel();
      let thrown;

      try {
        post(port1, (function* () {
          yield 1;
          yield new Uint8Array(2000);
          throw new RangeError('no more');
        })());
      } catch (error) {
        thrown = text(error);
      }

      const got = drain(port2, receiveMessageOnPort);

      port1.close();
      return { got, thrown };
    });

  alike('a getter that throws on a later round', (post, { MessageChannel, receiveMessageOnPort }) => {
    const { port1, port2 } = new MessageChannel();
    const thrown = [];

    for (let i = 0; i < 3; i++) {
      try {
        post(port1, [i, { get x() { throw new Error(`getter ${i}`); } }, 'never']);
      } catch (error) {
        thrown.push(text(error));
      }
    }

    const got = drain(port2, receiveMessageOnPort);

    port1.close();
    return { got, thrown };
  });

  alike('closed in the middle: what came before arrives, then \'close\'',
    async (post, { MessageChannel }) => {
      const { port1, port2 } = new MessageChannel();
      const got = [];
      const closed = new Promise((resolve) => { port2.on('close', resolve); });

      port2.on('message', (message) => got.push(message));
      post(port1, (function* () {
        yield 1;
        yield { get x() { port1.close(); return 'part of it'; } };
        yield 'too late';
      })());
      await closed;
      return got;
    });

  alike('sent away in the middle: what came before arrives, nothing after it',
    (post, { MessageChannel, receiveMessageOnPort }) => {
      const { port1, port2 } = new MessageChannel();
      const way = new MessageChannel();

      post(port1, (function* () {
        yield 1;
        way.port1.postMessage(port1, [port1]);
        yield 'too late';
      })());

      const moved = receiveMessageOnPort(way.port2).message;

      moved.postMessage('from there');

      const got = drain(port2, receiveMessageOnPort);

      moved.close();
      way.port1.close();
      return got;
    });

  alike('two ports in turns', (post, { MessageChannel, receiveMessageOnPort }) => {
    const [a, b] = [new MessageChannel(), new MessageChannel()];

    post(a.port1, (function* () {
      for (let i = 0; i < 40; i++) {
        yield i;
        post(b.port1, [i, `b ${i}`]);
      }
    })());

    const got = [drain(a.port2, receiveMessageOnPort), drain(b.port2, receiveMessageOnPort)];

    a.port1.close();
    b.port1.close();
    return got;
  });

  it('says true while the port is open, undefined afterwards', () => {
    const { port1, port2 } = new rp.MessageChannel();

    assert.strictEqual(port1.postMessages([1, 2]), true);
    assert.strictEqual(port1.postMessages([]), true);
    port1.close();
    assert.strictEqual(port1.postMessages([3]), undefined);
    assert.throws(() => port1.postMessages([() => {}]), { name: 'DataCloneError' });
    assert.deepStrictEqual(drain(port2), [1, 2]);
  });

  it('takes nothing but iterable objects', () => {
    const { port1 } = new rp.MessageChannel();

    for (const wrong of [undefined, null, 5, 'text', {}, { [Symbol.iterator]: 1 }]) {
      assert.throws(() => port1.postMessages(wrong), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
    }
    assert.throws(() => rp.MessagePort.prototype.postMessages.call({}, []), TypeError);
    port1.close();
  });
});

describe('batches: the \'messages\' event', () => {
  let port1;
  let port2;

  beforeEach(() => { ({ port1, port2 } = new rp.MessageChannel()); });
  afterEach(() => port1.close());

  /** Batches that arrive until `count` messages have. */
  function batches(port, count, kind = 'on') {
    return new Promise((resolve) => {
      const got = [];
      let left = count;
      const take = (values) => {
        got.push(values);
        left -= values.length;
        if (left === 0) resolve(got);
      };

      if (kind === 'on') port.on('messages', take);
      else port.addEventListener('messages', (event) => take(event.data));
    });
  }

  it('hands over an array of what is there, in order', async () => {
    loop(port1, [1, 'two', { three: 3 }, new Uint8Array(40000)]);
    port1.postMessages([5, 6]);

    const got = await batches(port2, 6);

    assert.deepStrictEqual(got.flat(), [1, 'two', { three: 3 }, new Uint8Array(40000), 5, 6]);
    assert.strictEqual(got.length, 1);
  });

  it('runs ticks and microtasks after each array', async () => {
    const notes = [];

    loop(port1, [1, 2, 3]);
    port2.on('messages', (values) => {
      notes.push(values);
      process.nextTick(() => notes.push('tick'));
      queueMicrotask(() => notes.push('microtask'));
      if (values.includes(3)) setImmediate(() => port1.postMessage(4));
    });
    while (notes.flat().filter((note) => note === 'microtask').length < 2) await turn();
    assert.deepStrictEqual(notes, [[1, 2, 3], 'tick', 'microtask', [4], 'tick', 'microtask']);
  });

  it('takes precedence over \'message\', which gets the rest once it is gone', async () => {
    const notes = [];
    const listener = (values) => notes.push(['messages', ...values]);

    port2.on('message', (value) => notes.push(['message', value]));
    port2.on('messages', listener);
    loop(port1, [1, 2]);
    await turn();
    port2.off('messages', listener);
    loop(port1, [3, 4]);
    await turn();
    assert.deepStrictEqual(notes, [['messages', 1, 2], ['message', 3], ['message', 4]]);
  });

  for (const [how, goOver] of Object.entries({
    'once': (port, take) => port.once('message', (value) => {
      take([value]);
      port.on('messages', take);
    }),
    'on, then off': (port, take) => port.on('message', function listener(value) {
      take([value]);
      port.on('messages', take);
      port.off('message', listener);
    }),
    'in a microtask': (port, take) => port.once('message', async (value) => {
      take([value]);
      await null;
      port.on('messages', take);
    }),
  })) {
    const messages = [1, 2, 3, 4];

    it(`a 'message' listener may go over to it: ${how}`, async () => {
      const got = [];

      loop(port1, messages);
      goOver(port2, (values) => got.push(values));
      for (let i = 0; i < 10 && got.flat().length < 4; i++) await turn();
      assert.deepStrictEqual(got, [[1], [2, 3, 4]]);
    });

    it(`a 'message' listener of a worker may go over to it: ${how}`, async () => {
      const sender = open(subject.id).worker((wt) => {
        wt.parentPort.once('message', (values) => wt.parentPort.postMessages(values));
      });
      const got = [];

      goOver(sender, (values) => got.push(...values));
      sender.postMessage(messages);
      await once(sender, 'exit');
      assert.deepStrictEqual(got, messages);
    });
  }

  it('once: the first array; what comes later stays queued', async () => {
    const got = [];

    loop(port1, [1, 2]);
    port2.once('messages', (values) => got.push(values));
    await turn();
    loop(port1, [3, 4]);
    await turn();
    assert.deepStrictEqual(got, [[1, 2]]);
    assert.deepStrictEqual(drain(port2), [3, 4]);
  });

  it('addEventListener gets a MessageEvent', async () => {
    const got = new Promise((resolve) => { port2.addEventListener('messages', resolve); });
    const other = new rp.MessageChannel();
    const node = new reference.api.MessageChannel();

    port1.postMessage('first');
    port1.postMessage({ port: other.port1 }, [other.port1]);
    port1.postMessage({ port: node.port1 }, [node.port1]);

    const event = await got;

    assert.ok(event instanceof MessageEvent);
    assert.strictEqual(event.type, 'messages');
    assert.strictEqual(event.target, port2);
    assert.strictEqual(event.data[0], 'first');
    assert.strictEqual(event.data.length, 3);
    assert.deepStrictEqual(event.ports.map((port, i) => port === event.data[i + 1].port), [true, true]);
    event.ports.forEach((port) => port.close());
  });

  it('starts the port and keeps the loop alive until its last listener goes', () => {
    const listener = () => {};

    assert.strictEqual(port2.hasRef(), false);
    port2.on('messages', listener);
    assert.strictEqual(port2.hasRef(), true);
    port2.on('message', listener);
    port2.off('messages', listener);
    assert.strictEqual(port2.hasRef(), true);
    port2.on('messages', listener);
    port2.off('message', listener);
    assert.strictEqual(port2.hasRef(), true);
    port2.off('messages', listener);
    assert.strictEqual(port2.hasRef(), false);
    port2.on('messages', listener);
    port2.removeAllListeners('messages');
    port2.unref();
    port2.on('messages', listener);
    assert.strictEqual(port2.hasRef(), true);
  });

  it('after removeAllListeners(\'messages\') \'message\' gets them again', async () => {
    const got = [];

    port2.on('message', (value) => got.push(value));
    port2.on('messages', () => got.push('never'));
    port2.removeAllListeners('messages');
    port1.postMessage(1);
    await turn();
    assert.deepStrictEqual(got, [1]);
  });

  it('receiveMessageOnPort in a listener gets what comes after the array', async () => {
    const got = [];

    loop(port1, [1, 2]);
    port2.on('messages', (values) => {
      loop(port1, [3, 4]);
      got.push(values, rp.receiveMessageOnPort(port2));
      port2.removeAllListeners('messages');
      port2.on('message', (value) => got.push(value));
    });
    await turn();
    await turn();
    assert.deepStrictEqual(got, [[1, 2], { message: 3 }, 4]);
  });

  it('close() in a listener: what is queued still comes, then \'close\'', async () => {
    const got = [];
    const closed = new Promise((resolve) => { port2.on('close', resolve); });

    port2.on('messages', (values) => {
      got.push(...values);
      port2.close();
    });
    port1.postMessages(Array.from({ length: 30000 }, (_, i) => i));
    await closed;
    assert.ok(got.length > 0 && got.every((value, i) => value === i));
  });

  it('is called in the async context of the port', async () => {
    const storage = new AsyncLocalStorage();
    const made = storage.run('made', () => new rp.MessageChannel());
    const seen = new Promise((resolve) => {
      storage.run('listened', () => made.port2.on('messages', () => resolve(storage.getStore())));
    });

    storage.run('posted', () => made.port1.postMessages([1]));
    assert.strictEqual(await seen, 'made');
    made.port1.close();
  });

  it('leaves room for timers and immediates', async () => {
    let left = 1;
    let immediates = 0;
    const done = new Promise((resolve) => {
      port2.on('messages', (values) => {
        if (left === 0) resolve();
        else port1.postMessages(values); // as many as before, for ever
      });
    });
    const count = () => {
      if (++immediates === 20) left = 0;
      else setImmediate(count);
    };

    setImmediate(count);
    port1.postMessages(Array.from({ length: 100 }, (_, i) => i));
    await done;
    assert.strictEqual(immediates, 20);
  });
});

describe('batches: a listener that throws', () => {
  it('is an uncaught exception, and the next arrays come', async () => {
    const notes = await play((wt, { note }) => {
      const { port1, port2 } = new wt.MessageChannel();

      process.on('uncaughtException', (error) => note('caught', error.message));
      port2.on('messages', (values) => {
        note(...values);
        if (values.includes(1)) {
          setImmediate(() => port1.postMessages([3, 4]));
          throw new Error('one');
        }
        setImmediate(() => port2.close());
      });
      port1.postMessages([1, 2]);
    });

    assert.deepStrictEqual(notes, [[1, 2], ['caught', 'one'], [3, 4]]);
  });
});

describe('batches: workers', () => {
  const { worker } = open(subject.id);

  it('arrive in order in both directions, whichever way they go', async () => {
    const echo = worker((wt) => {
      wt.parentPort.on('messages', (values) => wt.parentPort.postMessages(values));
    });
    const got = [];
    const total = 3000;
    const all = new Promise((resolve, reject) => {
      echo.on('error', reject);
      echo.on('messages', (values) => {
        assert.ok(Array.isArray(values));
        got.push(...values);
        if (got.length === total) resolve();
      });
    });

    /* The first ones go before the worker is there. */
    for (let i = 0; i < total; i += 100) {
      echo.postMessages(Array.from({ length: 100 }, (_, k) => i + k));
      await turn();
    }
    await all;
    assert.ok(got.every((value, i) => value === i));
    await echo.terminate();
  });

  it('all that a worker has posted comes before \'exit\'', async () => {
    const sender = worker((wt) => {
      wt.parentPort.postMessages(Array.from({ length: 5000 }, (_, i) => i));
      process.exit();
    });
    const got = [];

    sender.on('messages', (values) => got.push(...values));
    await new Promise((resolve) => { sender.on('exit', resolve); });
    assert.strictEqual(got.length, 5000);
    assert.strictEqual(sender.postMessages([1]), undefined);
  });

  it('a worker that never loads ringport gets them one by one', async () => {
    const plain = new rp.Worker(
      'const { parentPort } = require("worker_threads");' +
      'parentPort.on("message", (value) => parentPort.postMessage(value));', { eval: true });
    const got = [];
    const all = new Promise((resolve) => {
      plain.on('messages', (values) => got.push(...values) === 3 && resolve());
    });

    plain.postMessages(new Set([1, { two: 2 }, 'three']));
    await all;
    assert.deepStrictEqual(got, [1, { two: 2 }, 'three']);
    assert.throws(() => plain.postMessages('text'), { code: 'ERR_INVALID_ARG_TYPE' });
    await plain.terminate();
  });
});
