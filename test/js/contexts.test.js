'use strict';

/*
 * Messages with objects from other vm contexts, as test runners create them: which values
 * can be cloned, which realm the received objects and the errors belong to, and what
 * ports and transfer lists from such a context do. Compared with worker_threads.
 */

const { inspect } = require('node:util');
const vm = require('node:vm');
const { same } = require('./support/differential');

const context = vm.createContext({ x: 1 });
const make = (source) => vm.runInContext(source, context);

/* Evaluated in the context. */
const VALUES = {
  'literals': ['({ a: [1, { b: 2 }] })', '[1, , 3]', 'Object.create(null)', '({ get a() { return [1]; } })'],
  'collections': ['new Map([[{ a: 1 }, new Set([[]])]])', 'new (class Sub extends Map { x = 1; })([[1, 2]])'],
  'dates, expressions, boxed': ['new Date(3)', '/x/gi', '[Object(1), Object("s"), Object(5n), Object(true)]'],
  'errors': ['new TypeError("m", { cause: [1] })', 'new (class Mine extends RangeError {})("m")'],
  'binary data': ['new Uint8Array([1, 2])', 'new ArrayBuffer(3)', 'new DataView(new ArrayBuffer(2))', 'new SharedArrayBuffer(4)'],
  'instances': [
    'new (class A { constructor() { this.q = 1; } get z() { return 1; } })', 'new (class B { #p = 1; a = 2; })',
    'new (class C { get [Symbol.toStringTag]() { return "T"; } v = 1; })', 'function F() { this.a = 1; } new F()',
    'function G() {} G.prototype = { m() {} }; new G()', '({ [Symbol.toStringTag]: "X", a: 1 })',
    'Object.create(Object.create(null))', 'Object.prototype', 'Object.create(new Proxy({}, {}))',
  ],
  'namespaces': ['Math', 'JSON', 'Reflect', 'Intl', 'globalThis', 'WebAssembly'],
  'what cannot be cloned': [
    '() => {}', 'Symbol("s")', 'Promise.resolve()', 'new (class P extends Promise {})(() => {})', 'new WeakMap()',
    'new WeakRef({})', 'new Proxy({}, {})', '(function* () {})()', 'new Map().entries()', 'Object(Symbol())',
    '(function() { return arguments; })(1)', 'new FinalizationRegistry(() => {})',
  ],
};

/* Each holds a port twice, or the same object twice. */
const HOLDERS = [
  '(p) => ({ p })', '(p) => new (class A { constructor() { this.p = p; this.self = this; } })', '(p) => [p, { p }]',
  '(p) => new Map([[p, { p }]])', '(p) => new Set([{ p }])', '(p) => ({ get p() { return p; } })',
  '(p) => Object.assign(new Error("e"), { cause: { p } })',
  '(p) => new (class C extends class B {} { constructor() { super(); this.p = p; } })',
];

/** A channel whose objects go by the codec at once. */
function warm(wt, t) {
  const [port1, port2] = t.channel();

  for (let i = 0; i < 350; i++) {
    port1.postMessage({ i });
    wt.receiveMessageOnPort(port2);
  }
  return [port1, port2];
}

const describeValue = (value) => [inspect(value, { depth: 4 }).split('\n')[0], value instanceof Object];

describe('instances of another context', () => {
  for (const [what, sources] of Object.entries(VALUES)) {
    for (const open of [(wt, t) => t.channel(), warm]) {
      same(`${what}${open === warm ? ', when there have been many objects' : ''}`, (wt, t) => {
        const [port1, port2] = open(wt, t);

        for (const source of sources) {
          for (const wrap of [(value) => value, (value) => ({ value }), (value) => [value, value]]) {
            t.attempt(source, () => {
              try {
                port1.postMessage(wrap(make(source)));
              } catch (error) {
                t.note(error instanceof Error, error.constructor === DOMException);
                throw error;
              }
              return describeValue(wt.receiveMessageOnPort(port2).message);
            });
          }
        }
      });
    }
  }

  for (const source of HOLDERS) {
    same(`ports in ${source}`, (wt, t) => {
      const [port1, port2] = t.channel();
      const [moving, other] = t.channel();
      const find = (value) => (value instanceof wt.MessagePort ? value : value instanceof Map ? [...value.keys()][0] :
        value instanceof Set ? [...value][0].p : Array.isArray(value) ? value[0] : value.p ?? value.cause?.p);

      t.attempt('not listed', () => port1.postMessage(make(source)(moving)));
      t.attempt('listed', () => {
        const value = make(source)(moving);

        port1.postMessage({ value, again: value }, [moving]);
      });

      const { message } = wt.receiveMessageOnPort(port2);
      const port = find(message.value);

      t.note(message.value === message.again, message.value.self === undefined || message.value.self === message.value);
      t.note(port instanceof wt.MessagePort);
      t.keep(port).postMessage('through');
      t.note(wt.receiveMessageOnPort(other));
    });
  }

  same('transfer lists of the context', (wt, t) => {
    const [port1, port2] = t.channel();

    for (const source of ['(b) => [b]', '(b) => new Set([b])', '(b) => ({ transfer: [b] })',
      '(b) => ({ *[Symbol.iterator]() { yield b; } })', '(b) => ({})', '(b) => 5']) {
      for (const buffer of [new ArrayBuffer(8), make('new ArrayBuffer(8)'), make('new ArrayBuffer(300000)')]) {
        t.attempt(source, () => port1.postMessage(1, make(source)(buffer)));
        t.note(buffer.byteLength, wt.receiveMessageOnPort(port2));
      }
    }
  });

  same('arguments and listeners of the context', async (wt, t) => {
    const [port1, port2] = t.channel();

    t.attempt('receiveMessageOnPort', () => wt.receiveMessageOnPort(make('({})')));
    t.attempt('options', () => {
      t.keep(new wt.Worker('', make('({ eval: true, execArgv: ["--no-warnings"] })')));
    });
    const seen = make('[]');

    await new Promise((resolve) => {
      port2.on('message', make('(seen, done) => (value) => { seen.push(value); if (value === 3) done(); }')(seen, resolve));
      for (let i = 0; i < 4; i++) port1.postMessage(i);
    });
    t.note([...seen]);
    port2.onmessage = make('({ handleEvent() {} })');
    t.note(port2.listenerCount('message'), typeof port2.onmessage);
    port2.removeAllListeners('message');
  });
});
