'use strict';

/*
 * Messages that transfer only ArrayBuffers and hold little else go to Node as a whole
 * (lib/ports/by-node.js). Tests that this is not observable, by comparison with
 * worker_threads. The buffers are large enough that no Node version copies them instead.
 */

const vm = require('node:vm');
const { types } = require('node:util');

const { same } = require('./support/differential');
const { watch } = require('./support/watch');

const LARGE = 48 * 1024;
const ODD = 40 * 1024 + 8;

function filled(length = LARGE, options = undefined) {
  const buffer = new ArrayBuffer(length, options);

  new Uint8Array(buffer).fill(length % 251 + 1);
  return buffer;
}

const isBuffer = types.isAnyArrayBuffer;

/**
 * What can be seen of a value: buffers by what they are and whether they are the same.
 */
function seen(value, met = []) {
  if (value === null || typeof value !== 'object') return value;

  const index = met.indexOf(value);

  if (index !== -1) return `again ${index}`;
  met.push(value);
  if (isBuffer(value)) {
    const { byteLength, resizable, maxByteLength } = value;

    return [value.constructor.name, byteLength, resizable, maxByteLength,
      byteLength > 0 ? new Uint8Array(value)[byteLength - 1] : null];
  }
  if (ArrayBuffer.isView(value)) {
    return [value.constructor.name, value.byteOffset, value.byteLength, seen(value.buffer, met)];
  }
  if (Array.isArray(value) && value.length > 1e6) return value;
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.entries(value).map(([key, item]) => [key, seen(item, met)]);
}

function nested(depth, inner) {
  for (let i = 0; i < depth; i++) inner = i % 2 === 0 ? [inner] : { inner };
  return inner;
}

function keyed(count, more) {
  const value = {};

  for (let i = 0; i < count; i++) value[`key${i}`] = i;
  return Object.assign(value, more);
}

function detached() {
  const buffer = filled();

  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

class Thing {
  constructor(buffer) {
    this.buffer = buffer;
  }

  method() {}
}

/*
 * No getter detaches or marks a buffer of the list: getters are read before Node looks at
 * the list, for it is to leave to Node only what Node alone can do.
 */
/**
 * By name: (one, other, { wt, a, t }) => [value, list]; `a` is the port that it is posted
 * to.
 */
const VALUES = {
  'the buffer itself': (x) => [x, [x]],
  'the list': (x) => {
    const list = [x];

    return [list, list];
  },
  'nothing of the list': (x, y) => ['text', [x, y]],
  'undefined': (x) => [undefined, [x]],
  'null': (x) => [null, [x]],
  'a number that counts bytes': (x) => [LARGE, [x]],
  'one more than the list': (x, y) => [{ x, y }, [x]],
  'views of both': (x, y) => [[new Uint16Array(x, 8, 12), new DataView(x, 100), new Float64Array(y, 16, 2),
    new DataView(y, 3, 5), Buffer.from(x, 7, 9)], [x]],
  'the same buffer often': (x) => [{ x, again: [x, x], view: new Uint8Array(x), more: new Int8Array(x, 1, 2) }, [x]],
  'deeply nested': (x) => [nested(60, x), [x]],
  'nested past what is looked at': (x) => [nested(400, x), [x]],
  'nested past the stack': (x) => [nested(50000, x), [x]],
  'twenty of them': (x, y) => {
    const list = Array.from({ length: 20 }, (_, i) => filled(LARGE + i)).concat(x, y);

    return [list, list];
  },
  'a large array': (x) => [[x, Array.from({ length: 20_000 }, (_, i) => i)], [x]],
  'a large buffer that stays': (x) => [{ x, rest: filled(1e6) }, [x]],
  'a resizable buffer': (x) => {
    const buffer = filled(LARGE, { maxByteLength: 2 * LARGE });

    return [[buffer, new Uint8Array(buffer), new Uint8Array(buffer, 4, 8), x], [buffer, x]];
  },
  'a resizable buffer that stays': (x) => {
    const buffer = filled(LARGE, { maxByteLength: 2 * LARGE });

    return [[buffer, new Uint8Array(buffer), x], [x]];
  },
  'a view out of bounds': (x) => {
    const buffer = filled(LARGE, { maxByteLength: 2 * LARGE });
    const view = new Uint8Array(buffer, LARGE - 8, 8);

    buffer.resize(LARGE - 4);
    return [[view], [x]];
  },
  'shared memory': (x) => [{ x, shared: new SharedArrayBuffer(8), view: new Uint8Array(new SharedArrayBuffer(8)) }, [x]],
  'shared memory in the list': (x) => [x, [x, new SharedArrayBuffer(LARGE)]],
  'a detached buffer in the list': (x) => [x, [x, detached()]],
  'a detached buffer in the value': (x) => [{ x, gone: detached() }, [x]],
  'a view of a detached buffer': (x) => {
    const gone = filled();
    const view = new Uint8Array(gone, 8, 8);

    structuredClone(gone, { transfer: [gone] });
    return [{ x, view }, [x]];
  },
  'one marked as untransferable in the list': (x, y, { wt }) => {
    wt.markAsUntransferable(y);
    return [x, [x, y]];
  },
  'one marked as untransferable in the value': (x, y, { wt }) => {
    wt.markAsUntransferable(y);
    return [{ x, y }, [x]];
  },
  'the list names one twice': (x, y) => [x, [x, y, x]],
  'empty buffers': (x) => {
    const empty = new ArrayBuffer(0);

    return [{ x, empty, view: new Uint8Array(empty) }, [empty, x]];
  },
  'only an empty buffer': () => {
    const empty = new ArrayBuffer(0);

    return [[empty, new Uint8Array(empty)], [empty]];
  },
  'memory of WebAssembly in the list': (x) => [x, [x, new WebAssembly.Memory({ initial: 1 }).buffer]],
  'memory of WebAssembly in the value': (x) =>
    [{ x, memory: new WebAssembly.Memory({ initial: 1 }).buffer }, [x]],
  'memory of WebAssembly that is empty': (x) =>
    [x, [new WebAssembly.Memory({ initial: 0 }).buffer, x]],
  'a function': (x) => [{ x, f() {} }, [x]],
  'a function itself': (x) => [() => {}, [x]],
  'a symbol': (x) => [[x, Symbol('s')], [x]],
  'a symbol as a key': (x) => [{ x, [Symbol('s')]: () => {} }, [x]],
  'a hidden function': (x) => [Object.defineProperty({ x }, 'f', { value() {} }), [x]],
  'a Proxy': (x) => [new Proxy({ x }, {}), [x]],
  'a Proxy within': (x) => [{ x, proxy: new Proxy([], {}) }, [x]],
  'a Proxy as a prototype': (x) => [Object.setPrototypeOf({ x }, new Proxy({}, {})), [x]],
  'a WeakMap': (x) => [{ x, map: new WeakMap() }, [x]],
  'a Promise': (x) => [[Promise.resolve(1), x], [x]],
  'an instance of a class': (x) => [new Thing(x), [x]],
  'no prototype': (x) => [Object.assign(Object.create(null), { x }), [x]],
  'collections': (x) => [{ map: new Map([[x, { x }], ['k', new Set([x, 1])]]), date: new Date(5), r: /x/gi,
    big: 12345678901234567890n, boxed: Object('s'), x }, [x]],
  'errors': (x) => {
    const error = new RangeError('wrong', { cause: { x } });

    error.stack = 'the stack';
    return [[error, x], [x]];
  },
  'a cycle': (x) => {
    const value = { x, list: [] };

    value.self = value;
    value.list.push(value.list, value);
    return [value, [x]];
  },
  'an array with holes and keys': (x) => {
    const array = [x, , undefined, , 4];

    array.key = [x];
    array[-1] = 'minus';
    return [array, [x]];
  },
  'an array that is mostly holes': (x) => {
    const array = [x];

    array[4_000_000_000] = 1;
    return [array, [x]];
  },
  'a subclass of Array': (x) => [new class extends Array {}(x, 2), [x]],
  'long arrays': (x) => [{ x, numbers: Array.from({ length: 5000 }, (_, i) => i / 2), rest: new Array(300).fill('r') }, [x]],
  'own keys with names of the prototype': (x) =>
    [{ ['__proto__']: { x }, constructor: 1, hasOwnProperty: 2, toString: 3, x }, [x]],
  'keys that are not enumerable, and symbols': (x) =>
    [Object.defineProperty({ [Symbol.iterator]: () => {}, x }, 'hidden', { value: () => {} }), [x]],
  'one of Node\'s ports that is not in the list': (x, y, { t }) => {
    const { port1 } = new MessageChannel();

    t.after(() => port1.close());
    return [{ x, port1 }, [x]];
  },
  'a port that is not in the list': (x, y, { t }) => [{ x, port: t.channel()[0] }, [x]],
  'a port that is not in the list, deep inside': (x, y, { t }) =>
    [{ list: [{ a: 1 }, [new Map([[1, { port: t.channel()[0] }]])]], x }, [x]],
  'a closed port that is not in the list': (x, y, { t }) => {
    const [port] = t.channel();

    port.close();
    return [[x, port], [x]];
  },
  'the port itself': (x, y, { a }) => [{ a, x }, [x]],
  'a port that a getter returns': (x, y, { t }) => {
    const [port] = t.channel();

    return [{ x, get port() { return port; } }, [x]];
  },
  'a channel': (x, y, { wt, t }) => {
    const channel = new wt.MessageChannel();

    t.keep(channel.port1);
    return [{ channel, x }, [x]];
  },
  'a Blob, a KeyObject and a URL': (x) => [{ blob: new Blob(['12']), url: new URL('file:///x'), x }, [x]],
  'a getter': (x) => [{ get x() { return x; }, get y() { return [x]; } }, [x]],
  'a getter of a prototype': (x) => [Object.create({ get y() { return 1; } }, { x: { value: x, enumerable: true } }), [x]],
  'a getter that throws': (x) => [{ x, get y() { throw new RangeError('from the getter'); } }, [x]],
  'a getter that throws nothing': (x) => [[x, { get y() { throw undefined; } }], [x]],
  'a getter that returns a function': (x) => [{ x, get y() { return () => {}; } }, [x]],
  'getters that are read once': (x, y, { t }) =>
    [{ x, get y() { t.note('y'); return 1; }, get z() { t.note('z'); return x; } }, [x]],
  'a getter that posts': (x, y, { a }) => [{ x, get y() { a.postMessage('from the getter'); return 1; } }, [x]],
  'a getter that posts the like': (x, y, { a }) =>
    [{ x, get y() { return a.postMessage({ y }, [y]); } }, [x]],
  'getters that post within getters': (x, y, { a }) => {
    const third = filled(ODD);

    return [{ get in() {
      return a.postMessage({ get in() {
        return a.postMessage({ third, shared: new SharedArrayBuffer(8) }, [third]);
      }, y }, [y]);
    }, x }, [x]];
  },
  'a getter that posts the like and fails': (x, y, { a, t }) =>
    [{ x, get y() { t.attempt('inner', () => a.postMessage({ f() {} }, [y])); return 1; } }, [x]],
  'a getter that posts many': (x, y, { a }) =>
    [{ x, get y() { for (let i = 0; i < 20; i++) a.postMessage(i); return 1; } }, [x]],
  'a getter that posts shared memory': (x, y, { a }) =>
    [{ x, get y() { a.postMessage(new SharedArrayBuffer(8)); return 1; } }, [x]],
  'a getter that closes the port': (x, y, { a }) => [{ x, get y() { a.close(); return 1; } }, [x]],
  'a getter that closes the peer': (x, y, { b }) => [{ x, get y() { b.close(); return 1; } }, [x]],
  'a getter that changes the list': (x, y) => {
    const list = [x];

    return [{ x, get y() { list.push(y); list[0] = y; return y; } }, list];
  },
  'a getter that changes the value': (x) => [{ get y() { this.z = 1; delete this.x; return 1; }, x, z: 0 }, [x]],
  'a getter that receives': (x, y, { wt, b }) =>
    [{ x, get y() { return wt.receiveMessageOnPort(b); } }, [x]],
  'a getter that resizes': (x) => {
    const buffer = filled(LARGE, { maxByteLength: 2 * LARGE });

    return [{ get y() { buffer.resize(LARGE + 8); return 1; }, buffer, x }, [x, buffer]];
  },
  'a buffer and a view with keys of their own': (x) => {
    const view = Object.assign(new Uint8Array(x, 0, 4), { key: () => {} });

    return [{ x: Object.assign(x, { key: () => {} }), view }, [x]];
  },
  'a buffer of another context': (x) => {
    const other = vm.runInNewContext(`new ArrayBuffer(${LARGE})`);
    const value = vm.runInNewContext('({ x, other, list: [x, { y: 1 }] })', { x, other });

    return [value, [x, other]];
  },
  'the list is an iterator': (x, y) => [{ x, y }, [x, y].values()],
  'the list is in options': (x, y) => [{ x, y }, { transfer: new Set([y, x]) }],
  'a list that is a Proxy': (x) => [{ x }, new Proxy([x], {})],
};

for (const count of [6, 7, 8, 9, 253, 254, 255, 256, 257, 258, 2000]) {
  VALUES[`${count} keys and the buffer`] = (x) => [keyed(count, { x }), [x]];
}

/** For the time of `action`, `change` applies to a prototype. */
function polluted(prototype, key, descriptor, action) {
  const before = Object.getOwnPropertyDescriptor(prototype, key);

  Object.defineProperty(prototype, key, { configurable: true, ...descriptor });
  try {
    return action();
  } finally {
    if (before) Object.defineProperty(prototype, key, before);
    else delete prototype[key];
  }
}

const POLLUTION = {
  'a value on Object.prototype': [Object.prototype, 'polluted', { value: 1, enumerable: true, writable: true }],
  'a function on Object.prototype': [Object.prototype, 'polluted', { value() {}, enumerable: true, writable: true }],
  'a getter on Object.prototype': [Object.prototype, 'polluted', { get() { throw new Error('read'); }, enumerable: true }],
  'a setter for a key on Object.prototype': [Object.prototype, 'x', { set() { throw new Error('set'); }, get() { return 1; } }],
  'a getter for a hole on Array.prototype': [Array.prototype, 1, { get() { return 'not there'; }, set() {}, enumerable: true }],
  'toJSON and then on Object.prototype': [Object.prototype, 'then', { value() { throw new Error('then'); } }],
  'constructors on ArrayBuffer.prototype': [ArrayBuffer.prototype, 'constructor', { get() { throw new Error('constructor'); } }],
  'byteLength on ArrayBuffer.prototype': [ArrayBuffer.prototype, 'byteLength', { get() { throw new Error('byteLength'); } }],
};

describe('messages that transfer nothing but ArrayBuffers', () => {
  for (const [name, make] of Object.entries(VALUES)) {
    same(`with ${name}`, async (wt, t) => {
      const [a, b] = t.channel();
      const buffers = [filled(LARGE), filled(ODD)];
      const [value, list] = make(...buffers, { wt, a, b, t });

      a.postMessage('before');
      t.attempt('post', () => a.postMessage(value, list));
      t.note(seen(buffers));
      t.attempt('post behind', () => a.postMessage('behind'));
      for (let received; (received = wt.receiveMessageOnPort(b));) {
        if (name === 'nested past the stack') t.note('received');
        else t.note(seen(received.message));
      }
      t.note(a.hasRef(), b.hasRef());
    });
  }

  for (const [name, [prototype, key, descriptor]] of Object.entries(POLLUTION)) {
    same(`with ${name}`, async (wt, t) => {
      const [a, b] = t.channel();
      const [x, y] = [filled(), filled(ODD)];
      const values = [{ x, list: [1, , 3] }, [y]];
      const tried = (action) => polluted(prototype, key, descriptor, () => {
        try {
          return action();
        } catch (error) {
          return error;
        }
      });
      const results = [
        tried(() => a.postMessage(values[0], [x])), tried(() => a.postMessage(values[1], [y])),
        tried(() => wt.receiveMessageOnPort(b)), tried(() => wt.receiveMessageOnPort(b)),
      ];

      for (const result of results) t.note(result instanceof Error ? t.plain(result) : seen(result));
      t.note(seen(x), seen(y));
    });
  }

  same('between all kinds of others, in order', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();
    const note = (message) => seen(message?.port instanceof wt.MessagePort ? 'a port' : message);

    t.keep(d);
    for (let i = 0; i < 5; i++) {
      const [x, y, z] = [filled(), filled(ODD), filled()];

      a.postMessage(i);
      a.postMessage({ i, x }, [x]);
      a.postMessage({ i, shared: new SharedArrayBuffer(8) });
      a.postMessage([y, i], [y]);
      t.attempt('fails', () => a.postMessage([z, () => {}], [z]));
      a.postMessage(new Uint8Array(300_000).fill(i));
      if (i === 3) a.postMessage({ port: c, z }, [c, z]);
      else a.postMessage([z, new Blob(['x'])].slice(0, 1), [z]);
      a.postMessage({ i, text: 'x'.repeat(200_000) });
    }
    t.note(seen(wt.receiveMessageOnPort(b).message), seen(wt.receiveMessageOnPort(b).message));
    t.note((await t.messages(b, 33)).map(note));
  });

  same('in the way of a port that moves, twice', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();
    const post = (i) => {
      const x = filled(LARGE + i);

      a.postMessage(i);
      a.postMessage({ x, i }, [x]);
    };

    post(0);
    c.postMessage(b, [b]);
    post(1);

    const { message: moved } = wt.receiveMessageOnPort(d);

    t.keep(moved);
    post(2);
    t.note(seen(wt.receiveMessageOnPort(moved)));
    c.postMessage({ moved }, [moved]);
    post(3);

    const { message: { moved: again } } = wt.receiveMessageOnPort(d);

    t.keep(again);
    t.note(seen(await t.messages(again, 7)));
  });

  same('in the way of a port that leaves as a transfer handle', async (wt, t) => {
    const [a, b] = t.channel();
    const post = (i) => {
      const x = filled(LARGE + i);

      a.postMessage({ x, i }, [x]);
      a.postMessage(i);
    };

    post(0);

    const handle = t.detach(b);

    post(1);

    const back = t.attach(handle);

    post(2);
    t.note(seen(await t.messages(back, 6)));
  });

  same('to and from a port in another context', async (wt, t) => {
    const [a, b] = t.channel();
    const context = vm.createContext({});
    const [x, y, z] = [filled(), filled(ODD), filled()];

    a.postMessage({ x }, [x]);

    const moved = wt.moveMessagePortToContext(b, context);
    const classOf = vm.runInContext('(v) => [v instanceof Object, v.x instanceof ArrayBuffer, v.x.byteLength]', context);

    t.note(...classOf(wt.receiveMessageOnPort(moved).message));
    a.postMessage({ x: y }, [y]);
    t.note(...classOf(wt.receiveMessageOnPort(moved).message));
    t.attempt('from there', () => moved.postMessage({ z }, [z]));
    t.note(seen(z), seen(wt.receiveMessageOnPort(a).message));
    moved.close();
  });

  same('on closed and closing ports', async (wt, t) => {
    const [a, b] = t.channel();
    const buffers = Array.from({ length: 5 }, () => filled());
    const got = [];

    b.on('message', (message) => got.push(seen(message)));
    t.attempt('open', () => a.postMessage([buffers[0]], [buffers[0]]));
    a.close();
    t.attempt('closing', () => a.postMessage([buffers[1]], [buffers[1]]));
    t.attempt('the other way', () => b.postMessage([buffers[2]], [buffers[2]]));
    t.attempt('closing, a function', () => a.postMessage([() => {}], [buffers[3]]));
    await t.next(b, 'close');
    t.attempt('closed', () => a.postMessage([buffers[3]], [buffers[3]]));
    t.attempt('closed by the peer', () => b.postMessage([buffers[4]], [buffers[4]]));
    t.note(seen(buffers), got);
  });

  same('from a port that has been sent away', async (wt, t) => {
    const [a] = t.channel();
    const [c, d] = t.channel();
    const x = filled();

    c.postMessage(null, [a]);
    t.attempt('post', () => a.postMessage(x, [x]));
    t.note(seen(x));
    t.drain(d);
  });

  same('while a getter sends the port away', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();
    const x = filled();

    t.attempt('post', () => a.postMessage({ x, get y() { c.postMessage(a, [a]); return 1; } }, [x]));
    t.note(seen(x));

    const moved = t.keep(wt.receiveMessageOnPort(d).message);

    moved.postMessage('from the moved');
    t.note(t.drain(b).map((message) => seen(message)));
  });

  same('while a getter sends the peer away', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();
    const x = filled();

    t.attempt('post', () => a.postMessage({ x, get y() { c.postMessage(b, [b]); return 1; } }, [x]));

    const moved = t.keep(wt.receiveMessageOnPort(d).message);

    a.postMessage('behind');
    t.note(seen(x), seen(await t.messages(moved, 2)));
  });

  same('posted by many getters of postMessages and of others', async (wt, t) => {
    const [a, b] = t.channel();
    const buffers = [filled(), filled(ODD), filled()];
    const posting = (i) => ({ get in() { return a.postMessage({ i, x: buffers[i] }, [buffers[i]]); }, i });

    if (a.postMessages) a.postMessages([0, posting(0), 1, posting(1), 2]);
    else for (const value of [0, posting(0), 1, posting(1), 2]) a.postMessage(value);
    a.postMessage(new Map([[posting(2), new SharedArrayBuffer(8)]]));
    t.note(t.drain(b).map((message) => seen(message instanceof Map ? [...message] : message)));
  });

  same('seen by every kind of listener, with no ports', async (wt, t) => {
    const [a, b] = t.channel();
    const x = filled();
    const events = new Promise((resolve) => b.addEventListener('message', resolve));

    a.postMessage({ x }, [x]);

    const { data, ports } = await events;

    t.note(seen(data), ports.length);
  });

  same('after more of them than numbers have', async (wt, t) => {
    const [a, b] = t.channel();
    const post = () => {
      const x = filled();

      a.postMessage([x], [x]);
    };

    post();
    /* So many would take hours. */
    if (t.id !== 'worker_threads') require('../../lib/ports/kinds').ports.endpointOf(a).sequence = 0x7ffffffe;
    for (let i = 0; i < 5; i++) post();
    a.postMessage(new SharedArrayBuffer(8));
    post();
    t.note(t.drain(b).map((message) => seen(message)));
  });

  same('of a port that has moved, after one without memory for its record', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();
    const [x, y] = [filled(), filled(ODD)];

    a.postMessage(x, [x]);
    /* What is left of such a message. */
    if (t.id !== 'worker_threads') {
      const { ports } = require('../../lib/ports/kinds');
      const { nodeChannel } = ports.endpointOf(a).hold;

      for (let number = 0; number < 3; number++) nodeChannel.postMessage(['not sent', number]);
    }
    c.postMessage(a, [a]);

    const moved = t.keep(wt.receiveMessageOnPort(d).message);

    moved.postMessage(y, [y]);
    t.note(t.drain(b).map((message) => seen(message)));
  });

  for (const before of [0, 1, 7, 8, 9, 20]) {
    same(`from a worker after ${before} messages, and to it`, async (wt, t) => {
      const worker = t.worker((wt, { data }) => {
        const post = (i) => {
          const x = new ArrayBuffer(48 * 1024 + i);

          wt.parentPort.postMessage({ i, x }, [x]);
          wt.parentPort.postMessage([i, x.byteLength]);
        };

        for (let i = 0; i < data; i++) wt.parentPort.postMessage(i);
        post(1);
        wt.parentPort.on('message', ({ x, i }) => {
          wt.parentPort.postMessage({ i, x, back: true }, [x]);
          wt.parentPort.postMessage(x.byteLength);
          if (i === 5) wt.parentPort.close();
        });
        post(2);
      }, { data: before });
      const got = [];
      const post = (i) => {
        const x = filled(LARGE + i);

        worker.postMessage({ x, i }, [x]);
        got.push(seen(x));
      };

      worker.on('message', (message) => got.push(seen(message)));
      post(3);
      await t.next(worker, 'online');
      await new Promise((resolve) => { worker.on('message', (message) => message.back && resolve()); });
      post(4);
      post(5);
      t.note(await t.next(worker, 'exit'));
      got.sort((p, q) => JSON.stringify(p) < JSON.stringify(q) ? -1 : 1);
      t.note(got);
    });
  }

  same('from a worker, in the getter of its first message', async (wt, t) => {
    const worker = t.worker((wt) => {
      const x = new ArrayBuffer(48 * 1024);

      wt.parentPort.postMessage({ get in() { return wt.parentPort.postMessage([x], [x]); }, n: 1 });
      wt.parentPort.postMessage({ get in() { return wt.parentPort.postMessage(0, []); }, n: 2 });
      wt.parentPort.postMessage('behind');
    });
    const got = [];

    worker.on('message', (message) => got.push(seen(message)));
    t.note(await t.next(worker, 'exit'), got);
  });

  same('from a worker, with a value that fails', async (wt, t) => {
    const worker = t.worker((wt, { plain }) => {
      const { parentPort, MessageChannel } = wt;
      const { port1 } = new MessageChannel();
      const x = new ArrayBuffer(48 * 1024);

      for (const value of [[x, () => {}], { x, port1 }, [parentPort], new Proxy({}, {}),
        { get y() { throw new RangeError('getter'); } }]) {
        try {
          parentPort.postMessage(value, [x]);
        } catch (error) {
          parentPort.postMessage([plain(error), x.byteLength]);
        }
      }
      port1.close();
      parentPort.close();
      parentPort.postMessage([x], [x]);
    });

    await watch(t, worker);
  });

  same('from a worker that ends', async (wt, t) => {
    const worker = t.worker((wt) => {
      for (let i = 0; i < 30; i++) {
        const x = new ArrayBuffer(48 * 1024 + i);

        wt.parentPort.postMessage({ x }, [x]);
      }
      process.exit(3);
    });
    const got = [];

    worker.on('message', (message) => got.push(seen(message)));
    t.note(await t.next(worker, 'exit'), got);

    const x = filled();

    t.attempt('to one that has ended', () => worker.postMessage(x, [x]));
    t.note(seen(x));
  });
});
