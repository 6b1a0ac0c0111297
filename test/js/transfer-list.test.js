'use strict';

/*
 * What may be passed as a transfer list, and what may be in it. Compared with
 * worker_threads.
 */

const { same } = require('./support/differential');

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
      [Symbol.iterator]() {
        t.note('iterate');
        return [].values();
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
