'use strict';

const { same } = require('./support/differential');

/* Every thing that can be built from the two classes, as a reader of the API sees it. */
describe('shape of the API', () => {
  const describeProperty = (object, key) => {
    const { value, get, set, ...flags } = Object.getOwnPropertyDescriptor(object, key);

    return [
      String(key),
      typeof value,
      typeof value === 'function' && [value.name, value.length],
      typeof get,
      typeof set,
      flags
    ];
  };

  same('the classes', (wt, t) => {
    for (const name of ['MessageChannel', 'MessagePort', 'Worker', 'BroadcastChannel']) {
      const value = wt[name];

      t.note(name, typeof value, value.name, value.length);
      t.note(describeProperty(value, 'prototype'));
      t.note(Object.prototype.toString.call(value.prototype));
    }
  });

  same('what Node exports is exported', (wt, t) => {
    const names = Object.keys(require('node:worker_threads'));

    t.note(names.map((name) => [name, typeof wt[name]]));
  });

  same('a channel has port1 and port2, and they are its own', (wt, t) => {
    const channel = new wt.MessageChannel();

    t.note(Object.getOwnPropertyNames(channel).map((key) => describeProperty(channel, key)));
    t.note(channel instanceof wt.MessageChannel);
    t.note(channel.port1 instanceof wt.MessagePort, channel.port1 === channel.port2);
    t.note(Object.prototype.toString.call(channel), Object.prototype.toString.call(channel.port1));
    channel.port1 = null;
    t.note(channel.port1);
    t.keep(channel.port2);
  });

  same('a port is an EventTarget', (wt, t) => {
    const [a] = t.channel();

    t.note(a instanceof EventTarget, a instanceof wt.MessagePort, a.constructor === wt.MessagePort);
    t.note(a instanceof require('node:events').EventEmitter);
  });

  same('every method and property of Node\'s port is there', (wt, t) => {
    const names = new Set();
    const { port1, port2 } = new (require('node:worker_threads').MessageChannel)();

    for (let object = port1; object !== Object.prototype; object = Object.getPrototypeOf(object)) {
      for (const name of Object.getOwnPropertyNames(object)) names.add(name);
    }
    port1.close();
    port2.close();

    const [a] = t.channel();
    t.note([...names].sort().map((name) => [name, typeof a[name]]));
  });

  same('names and lengths of the methods of a port', (wt, t) => {
    const [a] = t.channel();

    for (const name of [
      'postMessage', 'start', 'close', 'ref', 'unref', 'hasRef', 'on', 'once', 'off',
      'addListener', 'removeListener', 'removeAllListeners', 'emit', 'listenerCount', 'eventNames',
      'setMaxListeners', 'getMaxListeners', 'addEventListener', 'removeEventListener',
      'dispatchEvent'
    ]) {
      t.note(name, a[name].name, a[name].length);
    }
  });

  same('which of them are enumerable, writable, configurable', (wt, t) => {
    const proto = wt.MessagePort.prototype;

    for (const name of ['postMessage', 'start', 'close', 'ref', 'unref', 'hasRef', 'onmessage',
      'onmessageerror']) {
      t.note(describeProperty(proto, name));
    }
  });

  same('what for-in and Object.keys see of a port and a channel', (wt, t) => {
    const [a] = t.channel();
    const { port1, port2 } = new wt.MessageChannel();
    const seen = [];

    for (const key in a) seen.push(key);
    t.note(seen.includes('postMessage'), seen.includes('onmessage'), Object.keys(a));
    t.note(Object.keys({ port1, port2 }));
    t.keep(port1);
    t.keep(port2);
  });

  same('JSON and string forms', (wt, t) => {
    const [a] = t.channel();

    t.note(String(a), JSON.stringify(a));
  });
});

describe('constructors', () => {
  const CALLS = {
    'new MessagePort()': (wt) => new wt.MessagePort(),
    'new MessagePort(1)': (wt) => new wt.MessagePort(1),
    'MessagePort()': (wt) => wt.MessagePort(),
    'MessagePort.call of a port': (wt, [a]) => wt.MessagePort.call(a),
    'a subclass of MessagePort': (wt) => new (class extends wt.MessagePort {})(),
    'Reflect.construct of MessagePort': (wt) => Reflect.construct(wt.MessagePort, [], Object),
    'MessageChannel()': (wt) => wt.MessageChannel(),
    'MessageChannel.call of an object': (wt) => wt.MessageChannel.call({})
  };

  for (const [name, call] of Object.entries(CALLS)) {
    same(name, (wt, t) => {
      const ports = t.channel();

      t.attempt(name, () => typeof call(wt, ports));
    });
  }

  same('a subclass of MessageChannel', async (wt, t) => {
    class Mine extends wt.MessageChannel {
      own() {
        return 'own';
      }
    }
    const mine = new Mine(1, 2, 3);

    t.note(mine.own(), mine instanceof wt.MessageChannel);
    t.keep(mine.port1).postMessage(1);
    t.note(await t.next(t.keep(mine.port2), 'message'));
  });

  same('methods of a port on something else', (wt, t) => {
    const things = [undefined, null, {}, 1, Object.create(wt.MessagePort.prototype)];

    for (const method of ['postMessage', 'start', 'close', 'ref', 'unref', 'hasRef']) {
      for (const thing of things) {
        t.attempt(method, () => wt.MessagePort.prototype[method].call(thing, 1));
      }
    }
  });
});

describe('return values', () => {
  const CALLS = {
    postMessage: (port) => port.postMessage(1),
    'postMessage of undefined': (port) => port.postMessage(undefined),
    'postMessage with a transfer list': (port) => port.postMessage(1, []),
    start: (port) => port.start(),
    ref: (port) => port.ref(),
    unref: (port) => port.unref(),
    hasRef: (port) => port.hasRef(),
    close: (port) => port.close()
  };

  for (const [name, call] of Object.entries(CALLS)) {
    same(`of ${name}`, (wt, t) => {
      const [a] = t.channel();

      t.attempt(name, () => call(a));
    });
  }

  same('of postMessage of a worker', (wt, t) => {
    const w = t.worker(() => {});

    t.attempt('post', () => w.postMessage(1));
  });

  same('of postMessage and close of parentPort', async (wt, t) => {
    const w = t.worker((wt, { plain }) => {
      const results = [];
      const attempt = (action) => {
        try {
          results.push(String(action()));
        } catch (error) {
          results.push(plain(error));
        }
      };

      attempt(() => wt.parentPort.postMessage(1));
      attempt(() => wt.parentPort.postMessage());
      attempt(() => wt.parentPort.postMessage(() => {}));
      attempt(() => wt.parentPort.postMessage(1, 1));
      attempt(() => wt.parentPort.start());
      attempt(() => wt.parentPort.hasRef());
      wt.parentPort.postMessage(results);
    });

    t.note(await t.messages(w, 2));
  });
});

describe('receiveMessageOnPort', () => {
  same('gives {message} or undefined', (wt, t) => {
    const [a, b] = t.channel();

    t.note(wt.receiveMessageOnPort(b));
    for (const value of [0, undefined, null, false, '', { a: 1 }]) a.postMessage(value);
    for (let i = 0; i < 7; i++) t.note(wt.receiveMessageOnPort(b));
    t.note(wt.receiveMessageOnPort.length, wt.receiveMessageOnPort.name);
  });

  for (const [name, thing] of Object.entries({
    undefined, null: null, 'an object': {}, 'a number': 1, 'a string': 'port', 'a function': () => {},
    'an EventTarget': new EventTarget()
  })) {
    same(`of ${name}`, (wt, t) => {
      t.attempt(name, () => wt.receiveMessageOnPort(thing));
    });
  }

  same('without arguments, of a class, of an object like a port', (wt, t) => {
    t.attempt('nothing', () => wt.receiveMessageOnPort());
    t.attempt('class', () => wt.receiveMessageOnPort(wt.MessagePort));
    t.attempt('prototype', () => wt.receiveMessageOnPort(wt.MessagePort.prototype));
    t.attempt('like', () => wt.receiveMessageOnPort(Object.create(wt.MessagePort.prototype)));
  });

  same('of a BroadcastChannel', (wt, t) => {
    const [one, two] = [1, 2].map(() => t.keep(new wt.BroadcastChannel(`errors ${process.pid}`)));

    one.postMessage({ a: 1 });
    t.note(wt.receiveMessageOnPort(two), wt.receiveMessageOnPort(two));
  });

  same('of a port of Node\'s own', (wt, t) => {
    const { port1, port2 } = new (require('node:worker_threads').MessageChannel)();

    t.keep(port1).postMessage('plain');
    t.note(wt.receiveMessageOnPort(t.keep(port2)), wt.receiveMessageOnPort(port2));
  });

  same('of a port that listens takes what has not been delivered', async (wt, t) => {
    const [a, b] = t.channel();

    b.on('message', (m) => t.note('delivered', m));
    for (let i = 0; i < 3; i++) a.postMessage(i);
    t.note(wt.receiveMessageOnPort(b));
    await t.turns();
  });

  same('of a port that has been transferred', async (wt, t) => {
    const [a, b] = t.channel();
    const [c] = t.channel();

    a.postMessage(1);
    c.postMessage(b, [b]);
    await t.turns(); /* at once Node would crash */
    t.attempt('receive', () => wt.receiveMessageOnPort(b));
  });

  same('of a BroadcastChannel that is closed', (wt, t) => {
    const channel = new wt.BroadcastChannel(`errors ${process.pid}`);

    channel.close();
    t.attempt('receive', () => wt.receiveMessageOnPort(channel));
  });
});

describe('the transfer list', () => {
  const LISTS = {
    undefined: () => undefined,
    null: () => null,
    'an empty array': () => [],
    'an array with a buffer': (x) => [x],
    'a Set': (x) => new Set([x]),
    'an iterator': (x) => [x].values(),
    'a generator': (x) => (function* () { yield x; })(),
    'an object with an iterator': (x) => ({ [Symbol.iterator]: () => [x].values() }),
    'an empty object': () => ({}),
    'a function': () => () => {},
    'a number': () => 1,
    'a string': () => 'text',
    'an empty string': () => '',
    'a boolean': () => true,
    'a symbol': () => Symbol('s'),
    'a bigint': () => 1n,
    'a date': () => new Date(),
    '{transfer: array}': (x) => ({ transfer: [x] }),
    '{transfer: Set}': (x) => ({ transfer: new Set([x]) }),
    '{transfer: undefined}': () => ({ transfer: undefined }),
    '{transfer: null}': () => ({ transfer: null }),
    '{transfer: number}': () => ({ transfer: 1 }),
    '{transfer: string}': () => ({ transfer: 'text' }),
    '{transfer: empty object}': () => ({ transfer: {} }),
    '{transfer: function}': () => ({ transfer: () => {} }),
    '{transfer: array-like}': (x) => ({ transfer: { 0: x, length: 1 } }),
    'an array-like': (x) => ({ 0: x, length: 1 }),
    'an array with transfer': (x) => Object.assign([], { transfer: [x] }),
    'an array of undefined': () => [undefined],
    'an array of null': () => [null],
    'a sparse array': () => new Array(3),
    'an array of numbers': () => [1, 2],
    'an array of strings': () => ['text'],
    'an array of objects': () => [{}],
    'an array of functions': () => [() => {}],
    'a typed array in the list': () => [new Uint8Array(4)],
    'a Buffer in the list': () => [Buffer.alloc(4)],
    'a SharedArrayBuffer in the list': () => [new SharedArrayBuffer(4)],
    'a channel in the list': (x, wt) => [new wt.MessageChannel()],
    'a worker class in the list': (x, wt) => [wt.Worker],
    'a Blob in the list': () => [new Blob(['x'])],
    'a BroadcastChannel class in the list': (x, wt) => [wt.BroadcastChannel],
    'the elements of a typed array': () => new Uint8Array(2),
    'the characters of a String object': () => new String('ab'),
    'the entries of a Map': (x) => new Map([[x, x]]),
    'an iterator that throws': () => ({
      [Symbol.iterator]() {
        throw new RangeError('iterator');
      }
    }),
    'an iterator whose next throws': () => ({
      [Symbol.iterator]: () => ({
        next() {
          throw new RangeError('next');
        }
      })
    }),
    'an iterator that is no iterator': () => ({ [Symbol.iterator]: () => 1 }),
    'an iterator that is no function': () => ({ [Symbol.iterator]: 1 }),
    'an iterator without next': () => ({ [Symbol.iterator]: () => ({}) }),
    'an iterator whose result is no object': () => ({
      [Symbol.iterator]: () => ({ next: () => 1 })
    }),
    'a getter for transfer that throws': () => ({
      get transfer() {
        throw new RangeError('transfer');
      }
    }),
    'a getter for the iterator that throws': () => ({
      get [Symbol.iterator]() {
        throw new RangeError('iterator getter');
      }
    })
  };

  for (const [name, list] of Object.entries(LISTS)) {
    same(`as ${name}`, async (wt, t) => {
      const [a, b] = t.channel();
      const buffer = new ArrayBuffer(8);

      t.attempt('post', () => a.postMessage({ buffer }, list(buffer, wt)));
      t.note(buffer.byteLength);
      t.attempt('post what is not in it', () => a.postMessage('text', list(buffer, wt)));
      t.attempt('post again', () => a.postMessage({ buffer }));
      a.postMessage('end');
      t.note(t.drain(b));
    });
  }

  same('of a worker: as of a port', (wt, t) => {
    const w = t.worker(() => {});

    for (const name of ['a number', '{transfer: null}', 'an array of undefined']) {
      t.attempt(name, () => w.postMessage(1, LISTS[name]()));
    }
    t.attempt('nothing', () => w.postMessage());
    t.attempt('function', () => w.postMessage(() => {}));
  });

  same('in the order in which it is read', (wt, t) => {
    const [a] = t.channel();
    const read = (name, value) => ({
      get [name]() {
        t.note('get', name);
        return value;
      }
    });
    const list = Object.defineProperties({}, {
      ...Object.getOwnPropertyDescriptors(read('transfer', [])),
      [Symbol.iterator]: { get: () => void t.note('get iterator') }
    });

    a.postMessage(read('value', 1), list);
    a.postMessage(read('value', 1), {
      * [Symbol.iterator]() {
        t.note('iterate');
      }
    });
  });

  same('may hold what is not in the message: it is transferred all the same', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();
    const buffer = new ArrayBuffer(8);

    t.attempt('post', () => a.postMessage('only text', [buffer, c]));
    t.note(buffer.byteLength);
    b.addEventListener('message', (event) => {
      t.note(event.data, event.ports.length);
      event.ports.forEach((port) => t.keep(port));
      event.ports[0]?.postMessage('from the port');
    });
    t.note(await t.next(d, 'message'));
  });

  same('must hold the ports of the message', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();

    t.attempt('plain', () => a.postMessage(c));
    t.attempt('nested', () => a.postMessage({ list: [new Map([[1, { c }]])] }));
    t.attempt('another in the list', () => a.postMessage({ c, d }, [d]));
    c.postMessage('alive');
    t.note(await t.next(d, 'message'));
    t.note(t.drain(b));
  });

  same('must not hold the channel of two ports', (wt, t) => {
    const [a] = t.channel();
    const channel = new wt.MessageChannel();

    t.attempt('post', () => a.postMessage(channel, [channel.port1, channel.port2]));
    t.keep(channel.port1);
    t.keep(channel.port2);
  });
});

describe('DataCloneError: nothing is sent and nothing is detached', () => {
  const detached = () => {
    const buffer = new ArrayBuffer(8);

    structuredClone(buffer, { transfer: [buffer] });
    return buffer;
  };
  const getterError = (error) => ({
    get value() {
      throw error;
    }
  });

  /* Each gets ports and a buffer that must survive, and returns [message, transfer list]. */
  const CASES = {
    'the source port in its own list': (x) => [x.a, [x.a]],
    'the source port in its own list, with others': (x) => [1, [x.buffer, x.c, x.a]],
    'the source port in the message only': (x) => [x.a],
    'a duplicate ArrayBuffer': (x) => [x.buffer, [x.buffer, x.buffer]],
    'a duplicate port': (x) => [x.c, [x.c, x.c]],
    'a duplicate port among others': (x) => [x.c, [x.c, x.buffer, x.d, x.c]],
    'a detached ArrayBuffer in the list': (x) => [1, [x.buffer, detached()]],
    'a detached ArrayBuffer in the message': () => [{ deep: [detached()] }],
    'a view of a detached ArrayBuffer in the message': () => {
      const view = new Uint8Array(8);

      structuredClone(view, { transfer: [view.buffer] });
      return [view];
    },
    'a detached ArrayBuffer in both': (x) => {
      const buffer = detached();

      return [buffer, [x.c, buffer]];
    },
    'a closed port in the list': (x) => {
      x.closed.close();
      return [x.closed, [x.buffer, x.closed]];
    },
    'a closed port in the message only': (x) => {
      x.closed.close();
      return [x.closed];
    },
    'a transferred port in the list': (x) => [x.moved, [x.buffer, x.moved]],
    'a transferred port in the message': (x) => [x.moved],
    'a function': (x) => [() => {}, [x.buffer]],
    'a method in an object': (x) => [{ c: x.c, method() {} }, [x.c]],
    'a class': (x) => [class Some {}, [x.buffer]],
    'a symbol': (x) => [Symbol('s'), [x.buffer, x.c]],
    'a symbol in an array': (x) => [[1, Symbol('s')], [x.c]],
    'a boxed symbol': (x) => [Object(Symbol('s')), [x.c]],
    'a WeakMap': (x) => [new WeakMap(), [x.c]],
    'a WeakSet': (x) => [new WeakSet(), [x.c]],
    'a WeakRef': (x) => [new WeakRef({}), [x.c]],
    'a FinalizationRegistry': (x) => [new FinalizationRegistry(() => {}), [x.c]],
    'a Promise': (x) => [Promise.resolve(1), [x.c]],
    'a Proxy': (x) => [new Proxy({}, {}), [x.c]],
    'a Proxy of an array': (x) => [new Proxy([], {}), [x.c]],
    'a Proxy deep inside': (x) => [{ a: [new Map([[1, new Proxy({}, {})]])] }, [x.buffer]],
    'a generator object': (x) => [(function* () {})(), [x.c]],
    'an iterator': (x) => [[].values(), [x.c]],
    'arguments': (x) => [(function () { return arguments; })(1, 2), [x.c]],
    'a module namespace': (x) => [x.namespace, [x.c]],
    'a MessageChannel': (x) => [x.channel, [x.c]],
    'a worker': (x) => [Object.create(x.wt.Worker.prototype), [x.c]],
    'a fake port': (x) => [Object.create(x.wt.MessagePort.prototype), [x.c]],
    'a fake port in the list': (x) => [1, [x.c, Object.create(x.wt.MessagePort.prototype)]],
    'a Hash': (x) => [require('node:crypto').createHash('sha256'), [x.c]],
    'a socket': (x) => [new (require('node:net').Socket)(), [x.c]],
    'a script': (x) => [new (require('node:vm').Script)(''), [x.c]],
    'a URL': (x) => [new URL('https://a.b/c'), [x.c]],
    'URLSearchParams': (x) => [new URLSearchParams('a=b'), [x.c]],
    'an AbortSignal': (x) => [AbortSignal.abort(), [x.c]],
    'a TextDecoder': (x) => [new TextDecoder(), [x.c]],
    'Headers': (x) => [new Headers({ a: 'b' }), [x.c]],
    'Intl': (x) => [new Intl.NumberFormat('en'), [x.c]],
    'an EventTarget': (x) => [new EventTarget(), [x.c]],
    'an Event': (x) => [new Event('e'), [x.c]],
    'a stream that is not in the list': (x) => [new ReadableStream(), [x.c]],
    'WebAssembly.Memory': (x) => [new WebAssembly.Memory({ initial: 1 }), [x.c]],
    'the buffer of a WebAssembly.Memory in the list': (x) => {
      const { buffer } = new WebAssembly.Memory({ initial: 1 });

      return [1, [x.c, buffer]];
    },
    'a getter that throws': (x) => [getterError(new RangeError('mine')), [x.buffer, x.c]],
    'a getter that throws a DataCloneError': (x) =>
      [getterError(new DOMException('mine', 'DataCloneError')), [x.c]],
    'a getter that throws undefined': (x) => [getterError(undefined), [x.c]],
    'a getter that throws deep inside': (x) =>
      [{ a: 1, list: [1, { c: x.c, bad: getterError(new Error('deep')) }] }, [x.c]],
    'a function after what Node carries': (x) =>
      [{ shared: new SharedArrayBuffer(8), c: x.c, f() {} }, [x.c, x.buffer]],
    'a nesting too deep': (x) => {
      let deep = [];

      for (let i = 0; i < 200000; i++) deep = [deep];
      return [deep, [x.c]];
    },
    'an untransferable ArrayBuffer': (x) => {
      const buffer = new ArrayBuffer(8);

      x.wt.markAsUntransferable(buffer);
      return [1, [x.c, buffer]];
    },
    'an untransferable port': (x) => {
      const { port1, port2 } = new x.wt.MessageChannel();

      port2.close();
      x.wt.markAsUntransferable(port1);
      return [1, [x.c, port1]];
    }
  };

  for (const [name, make] of Object.entries(CASES)) {
    same(name, async (wt, t) => {
      const [a, b] = t.channel();
      const [c, d] = t.channel();
      const [moved] = t.channel();
      const [closed] = t.channel();
      const [carrier] = t.channel();
      const buffer = new ArrayBuffer(16);
      const channel = new wt.MessageChannel();
      const namespace = await import('node:path');

      t.keep(channel.port1);
      t.keep(channel.port2);
      carrier.postMessage(moved, [moved]);
      const [message, list] = make({ wt, a, c, d, moved, closed, buffer, channel, namespace });

      t.attempt('post', () => a.postMessage(message, list));
      t.note(buffer.byteLength);
      /* c works only if it has not been transferred, a only if it has not been harmed. */
      t.attempt('c', () => c.postMessage('from c'));
      t.attempt('a', () => a.postMessage('from a'));
      t.note(t.drain(d));
      t.note(t.drain(b).map((value) => [typeof value, Object.prototype.toString.call(value)]));
    });
  }

  same('the error is a DOMException of Node', (wt, t) => {
    const [a] = t.channel();

    for (const bad of [() => {}, Symbol('s'), new WeakMap()]) {
      try {
        a.postMessage(bad);
      } catch (error) {
        t.note(error instanceof DOMException, error instanceof Error, error.code, error.name);
        t.note(String(error), typeof error.stack, error.stack.includes(__filename));
      }
    }
  });

  same('fails to a port that listens, then goes on', async (wt, t) => {
    const [a, b] = t.channel();
    const all = t.messages(b, 2);

    a.postMessage(1);
    t.attempt('bad', () => a.postMessage({ x: [1, 2, { f() {} }] }));
    a.postMessage(2);
    t.note(await all);
  });

  same('500 failures between 500 messages', async (wt, t) => {
    const [a, b] = t.channel();
    const all = t.messages(b, 500);
    let failures = 0;

    for (let i = 0; i < 500; i++) {
      try {
        a.postMessage({ i, text: 'x'.repeat(i), shared: new SharedArrayBuffer(1), bad: () => {} });
      } catch {
        failures++;
      }
      a.postMessage(i);
    }
    t.note(failures, (await all).every((m, i) => m === i));
  });
});

describe('a getter that acts while its object is posted', () => {
  same('posts to the same port: its message goes first', (wt, t) => {
    const [a, b] = t.channel();

    a.postMessage({
      before: 1,
      get during() {
        a.postMessage('inner');
        a.postMessage({ deep: { inner: 2 } });
        return 'during';
      },
      after: [1, 2]
    });
    t.note(t.drain(b));
  });

  same('posts to the same port and throws', (wt, t) => {
    const [a, b] = t.channel();

    t.attempt('post', () => a.postMessage([
      'x'.repeat(1000),
      {
        get during() {
          a.postMessage('inner');
          throw new Error('outer');
        }
      }
    ]));
    t.note(t.drain(b));
  });

  same('posts recursively', (wt, t) => {
    const [a, b] = t.channel();
    const nested = (depth) => ({
      depth,
      get inner() {
        if (depth > 0) a.postMessage(nested(depth - 1));
        return 'x'.repeat(depth);
      }
    });

    a.postMessage(nested(50));
    t.note(t.drain(b));
  });

  same('posts what Node carries, while its object holds such things too', (wt, t) => {
    const [a, b] = t.channel();

    a.postMessage({
      first: new SharedArrayBuffer(1),
      get during() {
        a.postMessage({ inner: new SharedArrayBuffer(2) });
        return new SharedArrayBuffer(3);
      },
      last: new SharedArrayBuffer(4)
    });
    t.note(t.drain(b).map((m) => Object.entries(m).map(([key, v]) => [key, v.byteLength])));
  });

  same('closes the port', async (wt, t) => {
    const [a, b] = t.channel();

    t.attempt('post', () => a.postMessage({
      get during() {
        a.close();
        return 1;
      }
    }));
    b.on('message', (m) => t.note('message', m));
    await t.next(b, 'close');
  });

  same('closes the other end', async (wt, t) => {
    const [a, b] = t.channel();

    t.attempt('post', () => a.postMessage({
      get during() {
        b.close();
        return 1;
      }
    }));
    await t.next(a, 'close');
    t.note('closed');
  });

  same('receives on the other end', (wt, t) => {
    const [a, b] = t.channel();

    a.postMessage('first');
    a.postMessage({
      get during() {
        return wt.receiveMessageOnPort(b);
      }
    });
    t.note(t.drain(b));
  });

  same('transfers the port that it posts to', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();

    t.attempt('post', () => a.postMessage({
      get during() {
        c.postMessage(a, [a]);
        return 'during';
      }
    }));
    const moved = t.keep(await t.next(d, 'message'));
    moved.postMessage('moved');
    t.note(t.drain(b));
  });

  same('changes the object that is posted', (wt, t) => {
    const [a, b] = t.channel();
    const object = {
      get first() {
        delete object.second;
        object.third = 3;
        object.fourth = 4;
        return 1;
      },
      second: 2,
      third: 'unchanged'
    };
    const list = [0, 1, 2, 3];

    Object.defineProperty(list, 1, {
      enumerable: true,
      get() {
        list.length = 3;
        return 'one';
      }
    });
    a.postMessage(object);
    t.attempt('array', () => a.postMessage(list));
    t.note(t.drain(b));
  });
});
