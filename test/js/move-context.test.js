'use strict';

/*
 * moveMessagePortToContext(): methods, events and lifetime of a port that was moved to
 * another context. Compared with worker_threads.
 */

const assert = require('node:assert');
const { createSecretKey } = require('node:crypto');
const { inspect } = require('node:util');
const vm = require('node:vm');
const { same, sameProcess } = require('./support/differential');
const { subject } = require('./support/implementations');

/* Whose prototype a value of the context has, and those inside it. */
const TELL = `(value) => JSON.stringify((function tell(value, depth = 0) {
  if (value === null || typeof value !== 'object') return typeof value;
  const types = [Object, Array, Map, Set, Date, RegExp, Error, TypeError, ArrayBuffer, SharedArrayBuffer,
    Uint8Array, Float64Array, DataView, Number, String, Boolean, BigInt];
  const type = types.find((type) => type.prototype === Object.getPrototypeOf(value));
  if (type === undefined) return 'of another context: ' + Object.prototype.toString.call(value);
  const inside = type === Map ? [...value].flat() : type === Set ? [...value] :
    ArrayBuffer.isView(value) ? [value.buffer] : Reflect.ownKeys(value).map((key) => value[key]);
  return [type.name, ...depth < 5 ? inside.map((inner) => tell(inner, depth + 1)) : []];
})(value))`;

/** A channel with one end in a context; `tell` describes a value of the context. */
function open(wt, t, sandbox = {}, options = undefined) {
  const context = vm.createContext(sandbox, options);
  const [port, other] = t.channel();
  const moved = t.keep(wt.moveMessagePortToContext(other, context));

  return { context, port, other, moved, tell: vm.runInContext(TELL, context) };
}

/**
 * Every message and messageerror event of a moved port; resolves when there have been
 * `count`.
 */
function events(moved, count) {
  return new Promise((resolve) => {
    const list = [];
    const listener = (event) => list.push(event) === count && resolve(list);

    moved.onmessage = listener;
    moved.onmessageerror = listener;
    moved.start();
  });
}

const shared = { shared: true };

const VALUES = {
  'primitives': [1, -0, 'text', '中文', null, undefined, true, 1n, NaN],
  'objects': [{ a: { b: {} }, c: [] }, [[1], { x: [2] }], Object.create({ inherited: 1 })],
  'identity': [{ a: shared, b: shared }, [shared, shared]],
  'collections': [new Map([[{ k: 1 }, new Set([[]])]]), new Set([new Map()])],
  'dates and expressions': [new Date(5), /a+/gi],
  'errors': [new Error('e', { cause: { a: 1 } }), new TypeError('t'), new (class Mine extends RangeError {})('m')],
  'boxed primitives': [Object(1), Object('s'), Object(false), Object(2n)],
  'binary data': [
    new ArrayBuffer(4), new Uint8Array([1, 2]), new Float64Array(2), new DataView(new ArrayBuffer(3)),
    Buffer.from('buffer'), new Uint8Array(70000), 'x'.repeat(70000), new ArrayBuffer(2, { maxByteLength: 8 }),
  ],
  'instances': [new (class Point { x = 1; })()],
  'sparse arrays, and with keys': [[, 1, , 2], Object.assign([1], { key: 'v' })],
};

describe('a port in another context: what it is', () => {
  same('no EventTarget, and of the context', (wt, t) => {
    const { context, moved } = open(wt, t);
    const contextObject = vm.runInContext('Object', context);

    t.note(moved instanceof contextObject, moved instanceof Object, moved instanceof EventTarget);
    t.note(inspect(moved), typeof moved.on, typeof moved.addEventListener, moved.constructor.name);
    for (const name of ['postMessage', 'start', 'close', 'ref', 'unref', 'hasRef']) {
      t.note(name, moved[name].length, moved[name] instanceof contextObject, moved[name] instanceof Object);
    }
    t.note(moved.hasRef(), moved.ref(), moved.unref(), moved.hasRef(), moved.start(), moved.hasRef());
    t.note(wt.receiveMessageOnPort(moved));
  });

  same('wrong arguments', (wt, t) => {
    const context = vm.createContext();
    const closed = t.channel()[0];

    closed.close();
    for (const port of [undefined, null, {}, 1, new EventTarget()]) {
      t.attempt('port', () => wt.moveMessagePortToContext(port, context));
      t.attempt('both', () => wt.moveMessagePortToContext(port, {}));
    }
    for (const sandbox of [undefined, null, {}, 1, 'text', globalThis]) {
      t.attempt('context', () => wt.moveMessagePortToContext(t.channel()[0], sandbox));
    }
    t.attempt('closed', () => wt.moveMessagePortToContext(closed, context));
    t.attempt('closed, no context', () => wt.moveMessagePortToContext(closed, {}));
    t.attempt('nothing', () => wt.moveMessagePortToContext());
  });

  same('a refused move changes nothing', (wt, t) => {
    const [port1, port2] = t.channel();

    t.attempt('refused', () => wt.moveMessagePortToContext(port1, {}));
    port1.postMessage(1);
    port2.postMessage(2);
    t.note(t.drain(port1), t.drain(port2));
  });

  same('errors of its methods are of the context', (wt, t) => {
    const { context, moved } = open(wt, t);
    const [contextError, contextTypeError] = vm.runInContext('[Error, TypeError]', context);
    const [gone] = t.channel();
    const attempt = (label, action) => t.attempt(label, () => {
      try {
        return action();
      } catch (error) {
        t.note(label, error instanceof Error, error instanceof contextError, error instanceof contextTypeError,
          error instanceof DOMException, error.name, error.code);
        throw error;
      }
    });

    gone.close();
    attempt('function', () => moved.postMessage(() => {}));
    attempt('symbol', () => moved.postMessage({ a: Symbol('s') }));
    attempt('nothing', () => moved.postMessage());
    attempt('list', () => moved.postMessage(1, 1));
    attempt('transfer', () => moved.postMessage(1, { transfer: 1 }));
    attempt('closed', () => moved.postMessage(gone, [gone]));
    attempt('itself', () => moved.postMessage(1, [moved]));
    attempt('not transferred', () => moved.postMessage(t.channel()[0]));
    attempt('getter', () => moved.postMessage({ get x() { throw new RangeError('of the getter'); } }));
    for (const name of ['postMessage', 'start', 'close', 'ref', 'unref', 'hasRef']) {
      attempt(name, () => moved[name].call({}, 1));
    }
    t.note(moved.postMessage(1), moved.postMessage(1, []), moved.postMessage(1, { transfer: [] }));
  });

  const ours = subject.id !== 'worker_threads';

  (ours ? it : it.skip)('the port that was moved is closed here, without an event', async () => {
    const wt = subject.api;
    const { port1, port2 } = new wt.MessageChannel();
    const context = vm.createContext();
    let closes = 0;

    port2.on('close', () => closes++);
    const moved = wt.moveMessagePortToContext(port2, context);

    assert.throws(() => wt.moveMessagePortToContext(port2, context), { code: 'ERR_CLOSED_MESSAGE_PORT' });
    assert.strictEqual(port2.postMessage('nowhere'), true); // as with Node's
    assert.strictEqual(wt.receiveMessageOnPort(port2), undefined);
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    port1.postMessage('still there');
    assert.deepStrictEqual(wt.receiveMessageOnPort(moved), { message: 'still there' });
    assert.strictEqual(closes, 0);
    port1.close();
  });
});

describe('a port in another context: messages', () => {
  for (const [kind, values] of Object.entries(VALUES)) {
    same(`${kind} have the context's prototypes`, async (wt, t) => {
      const { port, moved, tell } = open(wt, t);
      const received = events(moved, values.length);

      for (const value of values) port.postMessage(value);
      for (const { data, ports } of await received) {
        t.note(inspect(data, { depth: 6 }).slice(0, 2000), tell(data), tell(ports));
        if (kind === 'identity') t.note(data.a === data.b, data[0] === data[1]);
      }
      for (const value of values) port.postMessage(value);
      for (let i = 0; i < values.length; i++) t.note(tell(wt.receiveMessageOnPort(moved).message));
    });

    same(`${kind} arrive from the context`, (wt, t) => {
      const { port, moved } = open(wt, t);

      for (const value of values) moved.postMessage(value);
      t.note(t.drain(port));
    });
  }

  same('an iterable of the context is sent from it by postMessages', (wt, t) => {
    const { context, port, moved } = open(wt, t);

    context.port = moved;
    context.send = (value) => moved.postMessage(value);
    vm.runInContext(`const values = (function* () { yield 1; yield { map: new Map([[1, 2]]) }; yield [3]; })();
      if (port.postMessages === undefined) for (const value of values) send(value);
      else port.postMessages(values);
      if (port.postMessages !== undefined) {
        try { port.postMessages([4, () => {}]); } catch (error) { port.postMessage(error instanceof Error); }
      } else { send(4); send(true); }`, context);
    t.note(t.drain(port));
  });

  same('values that are made in the context arrive', (wt, t) => {
    const { context, port, moved } = open(wt, t);

    context.port = moved;
    vm.runInContext(`port.postMessage({ map: new Map([[1, new Set([2])]]), list: [1, , 2], date: new Date(0),
      bytes: new Uint8Array([1, 2]), error: new TypeError('t'), nested: { a: {} }, expression: /x/g })`, context);
    const [{ error, ...rest }] = t.drain(port);
    t.note(rest, error instanceof TypeError, error.message);
  });

  same('the prototypes are the context\'s own, whatever its globals are', async (wt, t) => {
    const { port, moved } = open(wt, t, { Map, Object, Array, Error, ArrayBuffer, TypeError });

    port.postMessage([new Map(), {}, [], new Error('e'), new ArrayBuffer(1)]);
    const [{ data }] = await events(moved, 1);
    t.note([data, ...data].map((value) => value instanceof Object));
    t.note(Array.isArray(data), data.length);
    t.attempt('error', () => moved.postMessage());
  });

  same('where code cannot be made from strings', async (wt, t) => {
    const { port, moved } = open(wt, t, {}, { codeGeneration: { strings: false, wasm: false } });

    for (let i = 0; i < 20; i++) port.postMessage({ i, a: { b: i } });
    t.note((await events(moved, 20)).map(({ data }) => [data.i, data.a.b]));
  });

  same('what an event is', async (wt, t) => {
    const { context, port, moved, tell } = open(wt, t);

    port.postMessage('data');
    const [event] = await events(moved, 1);
    t.note(event.constructor.name, Object.keys(event), event.target === moved, event.type, tell(event.ports));
    t.note(event instanceof vm.runInContext('Object', context), event instanceof Object);
  });

  same('in order: those from before the move, then those after it', async (wt, t) => {
    const [port, other] = t.channel();

    for (let i = 0; i < 2000; i++) port.postMessage(i);
    const moved = t.keep(wt.moveMessagePortToContext(other, vm.createContext()));
    for (let i = 2000; i < 4000; i++) port.postMessage({ i });
    const list = (await events(moved, 4000)).map(({ data }) => data.i ?? data);
    t.note(list.length, list.every((value, i) => value === i));
  });

  same('not before start(), and ticks and promises between them', async (wt, t) => {
    const { port, moved } = open(wt, t);

    moved.onmessage = ({ data }) => {
      t.note(data);
      process.nextTick(() => t.note('tick', data));
      Promise.resolve().then(() => t.note('promise', data));
    };
    for (let i = 0; i < 3; i++) port.postMessage(i);
    await t.turns(5);
    t.note('start');
    moved.start();
    moved.start();
    await t.turns(5);
    moved.onmessage = null;
    port.postMessage('to nobody');
    await t.turns(5);
    moved.onmessage = ({ data }) => t.note('again', data);
    port.postMessage('to somebody');
    await t.turns(5);
  });

  sameProcess('a handler that throws: the others get their messages', (wt, { note }) => {
    const vm = require('node:vm');
    const { port1, port2 } = new wt.MessageChannel();
    const moved = wt.moveMessagePortToContext(port2, vm.createContext());

    process.on('uncaughtException', ({ message }) => note(message));
    moved.onmessage = ({ data }) => {
      if (data === 1) throw new Error('of the handler');
      note(data);
      if (data === 2) port1.close();
    };
    moved.start();
    for (let i = 0; i < 3; i++) port1.postMessage(i);
  });

  same('what the context cannot have is a messageerror, and the next message comes', async (wt, t) => {
    const { context, port, moved } = open(wt, t);
    const contextError = vm.runInContext('Error', context);

    port.postMessage({ key: createSecretKey(Buffer.from('key')) });
    port.postMessage([new Blob(['blob']), {}]);
    port.postMessage('next');
    for (const { type, data, target, ports } of await events(moved, 3)) {
      t.note(type, data.code, data.message, data instanceof Error, data instanceof contextError,
        target === moved, ports.length);
    }
    port.postMessage(new Blob([]));
    port.postMessage('next');
    t.note(t.plain(await new Promise((resolve) => {
      moved.onmessageerror = ({ data }) => resolve(data);
    })).code);
  });

  same('receiveMessageOnPort throws for what the context cannot have', (wt, t) => {
    const { port, moved } = open(wt, t);

    port.postMessage(new Blob([]));
    port.postMessage('next');
    t.attempt('blob', () => wt.receiveMessageOnPort(moved));
    t.note(wt.receiveMessageOnPort(moved), wt.receiveMessageOnPort(moved));
  });

  same('memory is shared, and moved', async (wt, t) => {
    const { port, moved, tell } = open(wt, t);
    const memory = new SharedArrayBuffer(8);
    const buffer = new Uint8Array([1, 2, 3]).buffer;

    port.postMessage({ memory, view: new Int32Array(memory) });
    port.postMessage(buffer, [buffer]);
    const [{ data: sent }, { data: bytes }] = await events(moved, 2);
    sent.view[1] = 7;
    t.note(new Int32Array(memory)[1], sent.view.buffer === sent.memory, tell(sent.memory));
    t.note(buffer.byteLength, bytes.byteLength, tell(bytes));
  });
});

describe('a port in another context: ports in its messages', () => {
  same('arrive in the context, in the value and in event.ports', async (wt, t) => {
    const { port, moved } = open(wt, t);
    const [a, b] = t.channel();

    a.postMessage('queued');
    port.postMessage({ b, again: [b] }, [b]);
    const [{ data, ports }] = await events(moved, 1);
    t.keep(data.b);
    t.note(data.b === data.again[0], ports.length, ports[0] === data.b);
    t.note(Object.getPrototypeOf(data.b) === Object.getPrototypeOf(moved), data.b instanceof Object, data.b.hasRef());
    t.note(wt.receiveMessageOnPort(data.b));
    data.b.postMessage({ hello: 1 });
    t.note(t.drain(a));
    a.postMessage({ x: 1 });
    const [{ data: message }] = await events(data.b, 1);
    t.note(inspect(message), message instanceof Object);
  });

  same('arrive by receiveMessageOnPort', (wt, t) => {
    const { port, moved } = open(wt, t);
    const [a, b] = t.channel();

    port.postMessage([b], [b]);
    const { message } = wt.receiveMessageOnPort(moved);
    t.keep(message[0]).postMessage('back');
    t.note(t.drain(a), Object.getPrototypeOf(message[0]) === Object.getPrototypeOf(moved));
  });

  same('are closed with a message that the context cannot have', async (wt, t) => {
    const { port, moved } = open(wt, t);
    const [a, b] = t.channel();
    const closed = t.next(a, 'close').then(() => 'closed');

    port.postMessage([b, new Blob([])], [b]);
    const [{ type }] = await events(moved, 1);
    t.note(type, await closed);
  });

  same('leave it as they do any port', async (wt, t) => {
    const { context, port, moved } = open(wt, t);
    const [a, b] = t.channel();
    const inner = wt.moveMessagePortToContext(b, context);

    a.postMessage('on its way');
    moved.postMessage({ inner, list: [inner] }, [inner]);
    const [{ inner: back, list }] = t.drain(port);
    t.keep(back);
    t.note(back === list[0], back instanceof wt.MessagePort, back instanceof EventTarget);
    t.note(wt.receiveMessageOnPort(back));
    back.postMessage('home again');
    t.note(t.drain(a));
    t.attempt('gone', () => moved.postMessage(inner, [inner]));
  });

  same('a port that is already closed', async (wt, t) => {
    const { port, moved } = open(wt, t);
    const [a, b] = t.channel();

    a.close();
    port.postMessage({ b }, [b]);
    await t.turns(5);
    const { message } = wt.receiveMessageOnPort(moved);
    message.b.postMessage(1);
    t.note(Object.keys(message), wt.receiveMessageOnPort(message.b));
  });

  same('from one context to another', (wt, t) => {
    const { port, moved } = open(wt, t);
    const second = t.keep(wt.moveMessagePortToContext(moved, vm.createContext()));

    port.postMessage({ a: 1 });
    const { message } = wt.receiveMessageOnPort(second);
    t.note(inspect(message), message instanceof Object,
      Object.getPrototypeOf(message) === vm.runInContext('Object.prototype', vm.createContext()));
    second.postMessage('answer');
    t.note(t.drain(port));
  });
});

describe('a port in another context: its end', () => {
  same('close() with a callback', async (wt, t) => {
    const { port, moved } = open(wt, t);
    const closed = t.next(port, 'close').then(() => t.note('close of the other end'));

    port.on('message', (message) => t.note(message));
    moved.postMessage('before');
    t.note(moved.close(() => t.note('callback')), moved.close(() => t.note('never')));
    t.note('returned', moved.postMessage('after'));
    await closed;
    await t.turns(5);
    t.note(moved.hasRef(), moved.postMessage(1), moved.close(), moved.start(), moved.ref());
    t.attempt('move', () => wt.moveMessagePortToContext(moved, vm.createContext()));
    t.note(wt.receiveMessageOnPort(moved));
  });

  same('the other end closes: what was sent before arrives', async (wt, t) => {
    const { port, moved } = open(wt, t);
    const received = events(moved, 2);

    port.postMessage(1);
    port.postMessage({ two: 2 });
    port.close();
    t.note((await received).map(({ data }) => inspect(data)));
    await t.turns(5);
    t.note(moved.hasRef(), moved.postMessage(1));
  });

  sameProcess('keeps its thread alive until it is closed', (wt, { note }) => {
    const vm = require('node:vm');
    const { port1, port2 } = new wt.MessageChannel();
    const moved = wt.moveMessagePortToContext(port2, vm.createContext());

    setTimeout(() => { note('alive', moved.hasRef()); port1.close(); }, 50).unref();
    process.on('exit', () => note('exit'));
  });

  sameProcess('and not when it is unref\'d, before or after start()', (wt, { note }) => {
    const vm = require('node:vm');
    const channels = [new wt.MessageChannel(), new wt.MessageChannel()]; // not to be collected
    const [one, two] = channels.map(({ port1 }) => wt.moveMessagePortToContext(port1, vm.createContext()));

    one.unref();
    one.start();
    two.start();
    two.unref();
    process.on('exit', () => note('exit', one.hasRef(), two.hasRef(), channels.length));
  });

  same('in a worker, which ends or is terminated: the other end closes', async (wt, t) => {
    for (const end of ['process.exit', 'close', 'terminate']) {
      const { port1, port2 } = new wt.MessageChannel();
      const worker = t.worker((wt, { data }) => {
        const vm = require('node:vm');
        const moved = wt.moveMessagePortToContext(data.port ?? wt.workerData.port, vm.createContext());

        moved.onmessage = ({ data }) => {
          moved.postMessage({ got: data });
          if (data === 'process.exit') process.exit();
          if (data === 'close') moved.close();
        };
        moved.start();
      }, { data: {}, workerData: { port: port2 }, transferList: [port2] });

      t.keep(port1).postMessage(end);
      t.note(end, await t.next(port1, 'message'));
      if (end === 'terminate') worker.terminate();
      await t.next(port1, 'close');
      t.note('closed', await t.next(worker, 'exit'));
    }
  });

  same('parentPort in a context of its worker', async (wt, t) => {
    const worker = t.worker((wt) => {
      const vm = require('node:vm');
      const context = vm.createContext({});

      context.port = wt.moveMessagePortToContext(wt.parentPort, context);
      vm.runInContext(`port.onmessage = ({ data, ports }) => {
        if (data.port) data.port.postMessage({ through: data.port === ports[0] });
        data.port?.close();
        port.postMessage({ isObject: data instanceof Object, n: data.n });
        if (data.n === 9) port.close();
      };
      port.start();`, context);
    });
    const [a, b] = t.channel();
    const answers = t.messages(worker, 10);

    worker.postMessage({ n: 0, port: b }, [b]);
    for (let n = 1; n < 5; n++) worker.postMessage({ n });
    await t.next(worker, 'message');
    for (let n = 5; n < 10; n++) worker.postMessage({ n });
    t.note(await answers, await t.next(worker, 'exit'), t.drain(a));
  });
});
