'use strict';

/*
 * ringport works when test environments, polyfills or fake clocks replace, remove or add
 * globals and built-in functions, before or after it is loaded. Node's own ports do not
 * depend on them either.
 *
 * Each row of the tables is one change. A process makes all changes of a group at once,
 * because one process per change takes minutes; RINGPORT_ONE_BY_ONE=1 does that to find
 * the failing one.
 */

const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { run } = require('./support/differential');
const { reference } = require('./support/implementations');

/* What is installed, since what is loaded when differs from lib/. */
const subject = { name: 'ringport', id: path.resolve(__dirname, '../../dist/index.js') };

/* Of the globals, those that are no part of the language. */
const LANGUAGE = new RegExp('^(?:Object|Function|Array|Number|parseFloat|parseInt|Boolean|String|Symbol|Date|Promise|' +
  'RegExp|Iterator|DisposableStack|AsyncDisposableStack|\\w*Error|Array\\w+|\\w+Array|DataView|Map|BigInt|Set|' +
  'WeakMap|WeakSet|WeakRef|Proxy|FinalizationRegistry|decodeURI\\w*|encodeURI\\w*|escape|unescape|eval|isFinite|isNaN)$');
const NAMESPACES = /^(?:Math|JSON|Reflect|Intl|Atomics|Temporal|WebAssembly)$/;
const CONSTANTS = /^(?:global|globalThis|console|undefined|NaN|Infinity)$/;
const GLOBALS = Object.getOwnPropertyNames(globalThis).filter((name) => !CONSTANTS.test(name));
const isOfLanguage = (name) => LANGUAGE.test(name) || NAMESPACES.test(name);
const WEB = GLOBALS.filter((name) => !isOfLanguage(name));
const methodsOf = (object, where) => Object.getOwnPropertyNames(object).filter((name) => {
  const { value, configurable } = Object.getOwnPropertyDescriptor(object, name);

  return typeof value === 'function' && configurable && name !== 'constructor';
}).map((name) => `${where}.${name}`);

/* [what, the places, what becomes of them; see the program] */
const GROUPS = [
  ['globals of Node are gone', WEB, 'remove'],
  /* What Node loads for events needs the two that are left out. */
  ['globals of the language are gone', GLOBALS.filter((name) => isOfLanguage(name) &&
    name !== 'Object' && name !== 'WebAssembly'), 'remove'],
  /* Node needs the one that is left out, for each Worker. */
  ['globals of Node are another\'s', WEB.filter((name) => name !== 'SharedArrayBuffer'), 'fake'],
  /* Node cannot have all of these at once. */
  ...[
    ['get', 'set'], ['value'], ['writable'], ['enumerable', 'configurable'],
    ['cachedData', 'filename', 'flag', 'recursive', 'transfer', 'kind', 'data', 'hasRef', 'then'],
  ].map((names) => [`Object.prototype has ${names.join(', ')}`, names.map((name) => `Object.prototype.${name}`), 'add']),
  ['prototypes have enumerable methods', [
    'Object.prototype.own', 'Array.prototype.own', 'Function.prototype.own', 'String.prototype.own', 'Object.prototype.ids',
  ], 'addEnumerable'],
  ['fake clocks', [
    'Date', 'setTimeout', 'clearTimeout', 'setInterval', 'setImmediate', 'clearImmediate', 'queueMicrotask', 'performance',
  ], 'clock'],
  ['methods of arrays and strings are polyfills', [
    ...methodsOf(Array.prototype, 'Array.prototype'), ...methodsOf(Array, 'Array'), ...methodsOf(String.prototype, 'String.prototype'),
  ], 'wrap'],
  ['methods of objects are polyfills', [
    ...methodsOf(Object, 'Object'), ...methodsOf(Reflect, 'Reflect'), ...methodsOf(JSON, 'JSON'),
  ], 'wrap'],
  ['collections and promises are polyfills', [
    ...[Map, Set, WeakMap, WeakSet, Promise].flatMap((type) => methodsOf(type.prototype, `${type.name}.prototype`)),
    'Map', 'Set', 'WeakMap', 'WeakSet',
  ], 'wrap'],
  ['functions of the process are wrapped', ['emitWarning', 'nextTick', 'getActiveResourcesInfo', 'hrtime', 'memoryUsage', 'on', 'once', 'emit']
    .map((name) => `process.${name}`), 'wrap'],
];

/* Runs in a process of its own: argv is [id, when, what becomes of the places, the
 * places]. */
function program() {
  const [id, when, kind, places] = process.argv.slice(2);
  const { writeSync } = require('node:fs');
  const { inspect } = require('node:util');
  const vm = require('node:vm');
  const { exit } = process;
  const {
    ArrayBuffer, Buffer, DataView, Date, Error, JSON, Map, Object, Promise, Proxy, Reflect, Set, SharedArrayBuffer,
    Symbol, TypeError, URL, Uint8Array,
  } = globalThis;
  const { defineProperty, getOwnPropertyDescriptor } = Object;
  const { construct, apply } = Reflect;
  const note = (text) => writeSync(1, `${text}\n`);
  const show = (value) => inspect(value, { breakLength: Infinity, depth: 4 }).split('\n')[0];
  const attempt = (label, call) => {
    try {
      note(`${label}: ${call()}`);
    } catch (error) {
      note(`${label} throws ${error?.name}: ${error?.message}`);
    }
  };
  const changes = {
    remove: () => undefined,
    fake: (old, place) => class Fake { constructor() { throw new Error(`a fake ${place}`); } },
    clock: (old) => (old === Date ? class ClockDate extends old {} : () => 0),
    add: () => function added() {},
    addEnumerable: () => function added() {},
    wrap(old) {
      if (typeof old !== 'function') return old;

      const wrapper = function(...args) {
        return new.target ? construct(old, args, new.target === wrapper ? old : new.target) : apply(old, this, args);
      };

      if (old.prototype) wrapper.prototype = old.prototype;
      return wrapper;
    },
  };
  const change = () => {
    const work = places.split(' ').map((place) => {
      const names = place.split('.');
      const name = names.pop();
      let object = globalThis;

      for (const each of names) object = object[each];

      const found = getOwnPropertyDescriptor(object, name) ?? { value: object[name], enumerable: false };
      const { value, configurable = true } = found;
      const enumerable = kind === 'addEnumerable' || found.enumerable;

      return { object, name, configurable, enumerable, value: changes[kind](value, place) };
    });

    for (const { object, name, value, enumerable, configurable } of work) {
      if (!configurable) continue;
      defineProperty(object, name, { __proto__: null, value, enumerable, writable: true, configurable: true });
    }
  };

  process.on('uncaughtException', (error) => {
    note(`uncaught ${error?.stack}`);
    exit(1);
  });

  const values = [
    1, 'text', '中文', null, true, 5n, { a: 1, b: { c: [1, 2, 3] } }, [1, , 'x'], { get g() { return 7; } }, new Map([[1, { a: 1 }]]),
    new Set([1]), new Date(5), /x/g, new Error('m'), new TypeError('t', { cause: 1 }), new Uint8Array(3), new ArrayBuffer(8),
    new ArrayBuffer(8, { maxByteLength: 16 }), new Uint8Array(new ArrayBuffer(8, { maxByteLength: 16 }), 4),
    new DataView(new ArrayBuffer(4)), Buffer.from('abc'), new (class Point { x = 1; })(), Object(1), Object(10n),
    { s: 'y'.repeat(70000) }, new Uint8Array(70000), Object.create(null), { get: 5, value: 3 }, [1.5, 2.5],
    new SharedArrayBuffer(4), vm.runInNewContext('({ a: [new Map([[1, new Date(3)]])] })'),
    () => {}, { f: [() => {}] }, Symbol('s'), Promise.resolve(1), new Proxy({}, {}), new URL('http://x'),
  ];

  /* What Node loads late of its own does not bear every change. */
  const node = require('node:worker_threads');
  const warm = new node.Worker('', { eval: true });
  const { port1: from, port2: to } = new node.MessageChannel();
  let wt;

  to.onmessage = () => to.close();
  from.postMessage(1);

  function begin(resolve) {
    warm.on('exit', () => {
      if (when === 'before') change();
      wt = require(id);
      use();
      if (when === 'after') change();
      resolve();
    });
  }

  function use() {
    const { port1, port2 } = new wt.MessageChannel();

    port1.postMessage(1);
    wt.receiveMessageOnPort(port2);
    port1.close();
  }

  function single(label) {
    const { port1, port2 } = new wt.MessageChannel();
    const buffer = new ArrayBuffer(4);
    const large = new ArrayBuffer(300000);

    for (const [i, value] of values.entries()) {
      attempt(`${label} ${i}`, () => {
        port1.postMessage(value);
        return show(wt.receiveMessageOnPort(port2).message);
      });
    }
    attempt('a port', () => port1.postMessage({ port2 }));
    attempt('twice', () => port1.postMessage(1, [buffer, buffer]));
    attempt('transfer', () => port1.postMessage({ buffer, large }, [buffer, large]));
    attempt('transferred', () => `${buffer.byteLength} ${large.byteLength} ${show(Object.keys(wt.receiveMessageOnPort(port2).message))}`);
    attempt('nothing', () => port1.postMessage());
    attempt('no port', () => wt.receiveMessageOnPort({}));
    attempt('no constructor', () => new wt.MessagePort());
    attempt('context', () => {
      const moved = wt.moveMessagePortToContext(port2, vm.createContext());

      attempt('refused', () => moved.postMessage(() => {}));
      port1.postMessage({ a: 1 });
      return show(wt.receiveMessageOnPort(moved));
    });
    port1.close();
  }

  function many() {
    const { port1, port2 } = new wt.MessageChannel();
    let sum = 0;

    for (let i = 0; i < 400; i++) {
      port1.postMessage({ i, list: [i, 1], deep: { i } });

      const { message } = wt.receiveMessageOnPort(port2);

      sum += message.i + message.list[0] + message.deep.i;
    }
    port1.close();
    note(`sum ${sum}`);
  }

  function events(resolve) {
    const { port1, port2 } = new wt.MessageChannel();
    const inner = new wt.MessageChannel();
    let count = 0;

    port2.addEventListener('message', ({ data }) => count++ === 0 && note(`listener ${show(data.n)}`));
    port2.onmessage = (event) => {
      if (event.data.n === 0) {
        note(`${event.constructor.name} ${event.type} ${event.ports.length} ${event.target === port2}`);
        event.data.port.postMessage('through');
        event.data.port.close();
      }
      if (event.data === 999) port2.close();
    };
    inner.port2.once('message', (value) => note(`inner ${value}`));
    port2.on('close', () => {
      note(`closed ${count}`);
      resolve();
    });
    port1.postMessage({ n: 0, port: inner.port1 }, [inner.port1]);
    for (let i = 0; i < 1000; i++) port1.postMessage(i);
  }

  function workers(resolve) {
    const source = `const { parentPort, workerData } = require(${JSON.stringify(id)});
      parentPort.addEventListener('message', ({ data }) => {
        if (data === 'end') return parentPort.close();
        if (data === 'throw') throw new RangeError('of the worker');
        parentPort.postMessage(data);
      });
      workerData.port.postMessage('from workerData');
      workerData.port.close();`;
    const { port1, port2 } = new wt.MessageChannel();
    const worker = new wt.Worker(source, { eval: true, workerData: { port: port1 }, transferList: [port1] });
    let count = 0;

    port2.on('message', (value) => {
      note(value);
      worker.postMessage(0);
    });
    worker.on('message', (value) => {
      if (typeof value === 'number') worker.postMessage(value < 500 ? value + 1 : { count });
      else if (count++ < 500) worker.postMessage({ count });
      else worker.postMessage(kind === 'add' ? 'end' : 'throw'); // Node cannot read the error then
    });
    worker.on('error', (error) => note(`error ${error.name} ${error.message}`));
    worker.on('exit', (code) => {
      note(`exit ${code} ${count}`);
      resolve();
    });
  }

  new Promise(begin).then(() => {
    single('first');
    many();
    single('after many');
    return new Promise(events);
  }).then(() => new Promise(workers)).then(() => {
    note('end');
    exit(0);
  });
}

describe('replaced globals', function () {
  this.timeout(0);

  let dir;
  let file;

  before(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-globals-'));
    file = path.join(dir, 'program.cjs');
    fs.writeFileSync(file, `'use strict';\n(${program})();\n`);
  });
  after(() => fs.rmSync(dir, { recursive: true }));

  const play = async (places, kind, when) => {
    const [expected, actual] = await Promise.all([reference, subject].map((one) =>
      run(one, [file, one.id, when, kind, places.join(' ')], {})));

    assert.strictEqual(expected.lines.at(-1), 'end', expected.stderr + expected.lines.at(-1));
    assert.deepStrictEqual(actual, expected);
  };

  for (const [what, places, kind] of GROUPS) {
    for (const when of ['before', 'after']) {
      if (process.env.RINGPORT_ONE_BY_ONE === '1') {
        for (const place of places) it(`${what}: ${place}, ${when}`, () => play([place], kind, when));
      } else {
        it(`${what}, ${when} ringport is loaded`, () => play(places, kind, when));
      }
    }
  }
});
