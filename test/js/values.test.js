'use strict';

/*
 * Every kind of value through a port, within one thread and to a worker and back.
 * Compares a list of everything observable about what arrives, since deepStrictEqual does
 * not look at stacks, property attributes, the buffers of views, or identities within the
 * message.
 */

const { strict: assert } = require('node:assert');
const crypto = require('node:crypto');
const { types } = require('node:util');
const vm = require('node:vm');
const { same } = require('./support/differential');
const { echoes } = require('./support/echo');

const echo = echoes();

/* The prototype by name, and whether it is the one of this context. */
function lineage(value) {
  const prototype = Object.getPrototypeOf(value);
  const name = prototype && Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value?.name;

  return `${name}${prototype === globalThis[name]?.prototype ? '' : ' of its own'}`;
}

const digest = (bytes) => crypto.createHash('sha256').update(bytes).digest('hex').slice(0, 16);

/* What is in an object besides its properties. */
function content(value) {
  if (ArrayBuffer.isView(value)) return [value.byteOffset, value.byteLength, value.length];
  if (types.isAnyArrayBuffer(value)) {
    const { byteLength, maxByteLength, resizable, growable } = value;

    return [byteLength, maxByteLength, resizable, growable, digest(new Uint8Array(value))];
  }
  if (types.isDate(value)) return [value.getTime()];
  if (types.isRegExp(value)) return [value.source, value.flags];
  if (types.isBoxedPrimitive(value)) return [value.valueOf()];
  if (types.isNativeError(value)) return [String(value), value.stack];
  return [];
}

/* The objects and values that are inside an object, each with the way to it. */
function* inside(value) {
  if (types.isMap(value)) {
    let i = 0;
    for (const [key, inner] of value) {
      yield [`key ${i}`, key];
      yield [`value ${i++}`, inner];
    }
  }
  if (types.isSet(value)) {
    let i = 0;
    for (const inner of value) yield [`element ${i++}`, inner];
  }
  if (ArrayBuffer.isView(value)) yield ['buffer', value.buffer];
  for (const key of Reflect.ownKeys(value)) {
    if (ArrayBuffer.isView(value) && !isNaN(String(key))) continue;

    const { value: inner, writable, enumerable, configurable } =
      Object.getOwnPropertyDescriptor(value, key);
    const flags = `${writable ? 'w' : '-'}${enumerable ? 'e' : '-'}${configurable ? 'c' : '-'}`;
    yield [`${String(key)} ${flags}`, inner];
  }
}

/* A flat list of all that can be seen of a value: identities, prototypes, flags of
 * properties. */
function view(value, way = 'it', list = [], seen = new Map()) {
  if (typeof value !== 'object' || value === null) list.push([way, value]);
  else if (seen.has(value)) list.push([way, `object ${seen.get(value)} again`]);
  else {
    const id = seen.size;

    seen.set(value, id);
    list.push([way, `object ${id}`, Object.prototype.toString.call(value), lineage(value),
      ...content(value)]);
    for (const [key, inner] of inside(value)) view(inner, `${id} ${key}`, list, seen);
  }
  return list;
}

function arrives(title, make, { when = true } = {}) {
  let value;

  same(`${title}, in one thread`, async (wt, t) => {
    const [a, b] = t.channel();

    value = make(); /* one for both implementations, so that stacks are the same */
    t.attempt('post', () => a.postMessage(value));
    a.postMessage('end');

    const got = t.drain(b);
    t.note(got.map((one) => view(one)));
  }, { when });

  same(`${title}, to a worker and back`, async (wt, t) => {
    const worker = echo[t.name];

    value = make();
    t.attempt('post', () => worker.postMessage(value));
    worker.postMessage('end');

    const got = [];
    do got.push(await t.next(worker, 'message')); while (got.at(-1) !== 'end');
    t.note(got.map((one) => view(one)));
  }, { when });
}

describe('values: primitives', () => {
  arrives('undefined, null and booleans', () => [undefined, null, true, false]);
  for (const value of [undefined, null, true, false]) arrives(String(value), () => value);
  arrives('numbers', () => [
    0, -0, 1, -1, 0.1, -0.5, NaN, Infinity, -Infinity, 127, 128, 255, 256, -128, -129, 32767, 65536,
    2 ** 30, -(2 ** 30), 2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 32, 2 ** 53,
    -(2 ** 53), Number.MIN_VALUE, Number.MAX_VALUE, Number.EPSILON, 1e21, 1 / 3
  ]);
  for (const value of [0, -0, NaN, 1.5, 2 ** 31]) {
    arrives(Object.is(value, -0) ? '-0' : String(value), () => value);
  }
  arrives('bigints', () => [
    0n, 1n, -1n, 2n ** 31n, 2n ** 63n, -(2n ** 63n), 2n ** 64n, 2n ** 64n - 1n, -(2n ** 64n),
    2n ** 128n + 1n, -(2n ** 1000n), 7n ** 500n
  ]);
  arrives('a bigint alone', () => -(2n ** 70n));
  for (const bits of [0, 1, 63, 64, 65, 128, 4095, 4096, 4097, 10000]) {
    arrives(`a bigint of ${bits} bits`, () => 2n ** BigInt(bits) - 1n);
    arrives(`a negative bigint of ${bits} bits`, () => -(2n ** BigInt(bits)) + 1n);
  }
  arrives('strings', () => [
    '', 'a', 'latin1 \xff\x80\x00', 'snow \u2603', '\ud83d\ude00', 'lone \ud800', '\udc00 lone',
    '\ud800\ud800', '\ufeffbom', '\uffff\ufffe', 'a'.repeat(255), 'b'.repeat(256), '\u0100'.repeat(127),
    '\u0100'.repeat(128), 'line\u2028', 'quotes "\'`\\', '__proto__', 'constructor'
  ]);
  for (const length of [1, 7, 8, 127, 128, 1000, 16383, 65535, 70000, 1 << 20]) {
    arrives(`a string of ${length} latin1 characters`, () => 'x'.repeat(length - 1) + '\xe9');
    arrives(`a string of ${length} UTF-16 characters`, () => 'x'.repeat(length - 1) + '\u20ac');
  }
  /* After a few, their width is asked for before they are posted. */
  for (const [name, make] of Object.entries({
    'of bytes': (i) => `\xe9${i}`.repeat(20000),
    'wide at once': (i) => `\u20ac${i}`.repeat(1000),
    'wide at the end': (i) => `${`text ${i}`.repeat(400)}\u20ac`,
    'wide, of bytes after all': (i) => `\u20ac${`text ${i}`.repeat(400)}`.slice(1),
    'short': (i) => `\u20ac${i} text`.repeat(50),
  })) {
    same(`40 long strings, ${name}`, (wt, t) => {
      const { port1, port2 } = new wt.MessageChannel();

      for (let i = 0; i < 40; i++) port1.postMessage(make(i));
      for (let i = 0; i < 40; i++) t.note(digest(wt.receiveMessageOnPort(port2).message));
      port1.close();
    });
  }
  arrives('strings in V8\'s other forms', () => {
    let rope = '';
    for (let i = 0; i < 1000; i++) rope += String.fromCharCode(i);
    const slice = 'abcdefghijklmnopqrstuvwxyz'.repeat(10).slice(13, 200);
    const external = Buffer.alloc(2 << 20, 'external ').toString('latin1');

    return [rope, slice, external.slice(5, 100), rope.slice(1, 500), [...'abc'].join('')];
  });
  arrives('boxed primitives', () => [
    Object(1), Object(-0), Object(NaN), Object(''), Object('text \u20ac'), Object(true),
    Object(false), Object(12345678901234567890n)
  ]);
  arrives('boxed primitives with own properties', () => [
    Object.assign(Object(1), { own: 1 }), Object.assign(Object('ab'), { own: 1 }),
    Object.assign(Object(true), { own: 1 })
  ]);
});

describe('values: objects', () => {
  class Point {
    #hidden = 1;
    constructor() {
      this.x = 1;
      this.y = { z: this };
    }
    get sum() {
      return this.#hidden;
    }
    method() {}
  }

  arrives('plain objects', () => ({ a: 1, b: 'two', c: null, d: undefined, e: [], f: {} }));
  arrives('an empty object', () => ({}));
  arrives('keys of every kind', () => ({
    '': 1, ' ': 2, 'with space': 3, 'quo"te': 4, '\u20ac': 5, '\ud800': 6, 10: 'ten', 2: 'two',
    '-1': 'minus', '01': 'zero one', 4294967294: 'index', 4294967295: 'no index', 1.5: 'fraction',
    constructor: 7, toString: 8, hasOwnProperty: 9, valueOf: 10, length: 11, then: 12, toJSON: 13
  }));
  arrives('an own key __proto__', () =>
    JSON.parse('{"a": 1, "__proto__": {"polluted": true}, "b": {"__proto__": 1}}'));
  arrives('the order of keys', () => [{ b: 1, a: 2 }, { a: 1, b: 2 }, { z: 1, 1: 1, 0: 1 }]);
  arrives('a null prototype', () => Object.assign(Object.create(null), { a: 1 }));
  arrives('a prototype with enumerable keys', () => Object.assign(Object.create({ up: 1 }), { a: 1 }));
  arrives('a class instance', () => new Point());
  arrives('getters, read', () => ({ a: 1, get b() { return { c: [this.a] }; }, set d(v) {} }));
  arrives('symbol keys and non-enumerable properties, which are not', () =>
    Object.defineProperties({ [Symbol('s')]: 1, a: 1 }, {
      hidden: { value: 1 }, shown: { value: 2, enumerable: true }
    }));
  arrives('frozen and sealed objects', () => [
    Object.freeze({ a: Object.freeze([1]) }), Object.seal({ b: 2 }), Object.preventExtensions({})
  ]);
  arrives('toStringTag', () => ({ [Symbol.toStringTag]: 'Map', a: 1 }));
  arrives('toJSON and valueOf, which mean nothing', () => ({ toJSON: 1, valueOf: 2 }));
  arrives('300 keys', () =>
    Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`key ${i}`, i])));
  arrives('3,000 keys, deleted and added', () => {
    const object = {};
    for (let i = 0; i < 3000; i++) object[`k${i}`] = i;
    for (let i = 0; i < 3000; i += 3) delete object[`k${i}`];
    object.last = true;
    return object;
  });
  arrives('the same shape with different types', () =>
    [1, 'a', null, undefined, 1.5, [], {}, new Date(0), 2n ** 80n].map((x) => ({ x, y: x })));
  arrives('500 objects of one shape', () =>
    Array.from({ length: 500 }, (_, i) => ({ id: i, name: `n${i}`, on: i % 2 === 0, sub: { i } })));
  arrives('objects of 500 shapes', () =>
    Array.from({ length: 500 }, (_, i) => ({ [`key${i}`]: i, common: 1, [`tail${i % 7}`]: 2 })));
  arrives('a depth of 1,000', () => {
    let deep = { end: true };
    for (let i = 0; i < 500; i++) deep = { list: [deep] };
    return deep;
  });
  arrives('process.versions and process.memoryUsage()', () =>
    [process.versions, Object.keys(process.memoryUsage())]);
  arrives('an object of another context', () => vm.runInNewContext(
    '({ a: [1, { b: new Map([[1, new Set([2])]]) }], d: new Date(5), r: /x/g, u: new Uint8Array(3) })'
  ));
  arrives('the global of another context', () => vm.createContext({ a: 1 }));
  arrives('arguments', () => (function () { return arguments; })(1, { a: 2 }));
  arrives('Math and JSON', () => [Math, JSON]);
  arrives('Atomics, Reflect and Intl', () => [{ ...Atomics }, Object.create(Reflect)]);
});

describe('values: arrays', () => {
  arrives('dense arrays', () => [[], [1], [1, 2, 3], ['a', null, undefined, {}], [[[[]]]]]);
  arrives('sparse arrays', () => [new Array(5), [, 1], [1, , 3], [1, , ,], Object.assign([], { 9: 1 })]);
  arrives('an array of length 2^32 - 1', () => {
    const huge = [];
    huge[4294967294] = 'last';
    huge[3] = 'third';
    return { huge };
  });
  arrives('extra keys', () => Object.assign([1, 2], { extra: { a: 1 }, '-1': 2, 1.5: 3, '': 4 }));
  arrives('extra keys on a sparse array', () => Object.assign([, 2, ,], { extra: 1 }));
  arrives('elements undefined and holes', () => [[undefined, , undefined], [, undefined]]);
  arrives('numbers in V8\'s kinds of arrays', () => [
    [1, 2, 3], [1.5, 2, NaN, -0], [1, 'a', 2.5], [1.5, , 2.5], [2 ** 31, -(2 ** 31)], new Array(3).fill(-0)
  ]);
  arrives('an array subclass', () => {
    class List extends Array {}
    return Object.assign(List.from([1, 2, 3]), { own: 1 });
  });
  arrives('getters as elements', () => Object.defineProperty([1, 2, 3], 1, {
    enumerable: true, get: () => ({ read: true })
  }));
  arrives('hidden elements', () => Object.defineProperty([1, 2, 3], 1, { enumerable: false }));
  arrives('a hole over a prototype with the index', () => Object.setPrototypeOf([1, , 3], { 1: 'up' }));
  arrives('a frozen array', () => Object.freeze([1, Object.freeze([])]));
  arrives('10,000 elements', () => Array.from({ length: 10000 }, (_, i) => i % 3 ? i : `s${i}`));
  arrives('match results and template objects', () => ['ab'.match(/(?<x>a)(b)/), ((s) => s)`a${1}b`]);
});

describe('values: built-in objects', () => {
  arrives('dates', () => [new Date(0), new Date(-1), new Date(NaN), new Date(8.64e15), new Date(1.5)]);
  arrives('a date with own properties', () => Object.assign(new Date(1), { own: 1 }));
  arrives('regular expressions', () => [
    /a/, /a\/b\n[/]/gimsuy, new RegExp('', 'g'), new RegExp('\u20ac\n'), /x/d, /[\p{L}--[a-z]]/v,
    Object.assign(/a/g, { own: 1, lastIndex: 5 })
  ]);
  arrives('maps', () => [
    new Map(), new Map([[1, 'a'], ['b', { c: 1 }], [NaN, 0], [-0, 'zero'], [{ key: 1 }, [1]], [null, undefined]])
  ]);
  arrives('sets', () => [new Set(), new Set([1, 'a', NaN, -0, { a: 1 }, [1], undefined])]);
  arrives('maps and sets in each other', () =>
    new Map([[new Set([new Map([[1, new Set([2])]])]), new Set([new Map()])]]));
  arrives('own properties of maps and sets, which are lost', () => [
    Object.assign(new Map([[1, 2]]), { own: 1 }), Object.assign(new Set([1]), { own: 1 })
  ]);
  arrives('subclasses of Map, Set, Date, RegExp', () => [
    new (class M extends Map {})([[1, 2]]), new (class S extends Set {})([1]),
    new (class D extends Date {})(5), new (class R extends RegExp {})('a', 'g')
  ]);
  arrives('a map and a set with methods of their own', () => {
    const nothing = { value: () => [].values() };
    const patch = { [Symbol.iterator]: nothing, entries: nothing, forEach: nothing, values: nothing };
    return [new Map([[1, 2]]), new Set([1])].map((one) => Object.defineProperties(one, patch));
  });
  arrives('a map that a getter changes while it is posted', () => {
    const map = new Map();
    map.set(1, { get x() { map.set(3, 3); map.delete(2); return 1; } });
    map.set(2, 2);
    return map;
  });
  arrives('a set that a getter changes while it is posted', () => {
    const set = new Set();
    set.add({ get x() { set.add(3); set.delete(2); return 1; } });
    set.add(2);
    return set;
  });
});

describe('values: errors', () => {
  const names = ['Error', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'];

  for (const name of names) arrives(name, () => new globalThis[name](`message of ${name}`));
  arrives('own properties, which are lost', () =>
    Object.assign(new Error('own'), { code: 'E_OWN', detail: { a: 1 } }));
  arrives('a cause', () => new Error('outer', { cause: new TypeError('inner', { cause: 'text' }) }));
  arrives('a cause of undefined and of null', () => [
    new Error('u', { cause: undefined }), new Error('n', { cause: null }), new Error('o', { cause: { a: [1] } })
  ]);
  const selfCaused = () => {
    const error = new Error('self');
    error.cause = error;
    return error;
  };
  const canClone = (value) => {
    try {
      return structuredClone(value).cause !== undefined;
    } catch {
      return false; /* V8 up to 12 writes this one and cannot read it */
    }
  };
  arrives('a cause that is the error itself', selfCaused, { when: canClone(selfCaused()) });
  arrives('a cause on the prototype', () => Object.assign(Object.create(new Error('up')), { a: 1 }));
  arrives('errors without a message, with an empty one, with one that is no string', () => [
    new Error(), new Error(''), new Error(5), Object.assign(new Error('x'), { message: { toString: () => 'obj' } }),
    Object.assign(new Error('x'), { message: undefined })
  ]);
  arrives('a message that is a getter', () => Object.defineProperty(new Error('x'), 'message', {
    get: () => 'getter'
  }));
  arrives('a class of its own', () => {
    class MyError extends RangeError {
      constructor(message) {
        super(message);
        this.extra = 1;
      }
    }
    return [new MyError('mine'), Object.assign(new MyError('named'), { name: 'MyError' })];
  });
  arrives('names of every kind', () =>
    ['TypeError', 'Mine', '', 'RangeError ', 'AggregateError', 5, undefined, null]
      .map((name) => Object.assign(new Error('named'), { name })));
  arrives('a prototype changed to another type', () => {
    const error = new Error('changed');
    Object.setPrototypeOf(error, SyntaxError.prototype);
    return error;
  });
  arrives('stacks: changed, removed, not a string', () => [
    Object.assign(new Error('a'), { stack: 'my stack' }), Object.assign(new Error('b'), { stack: undefined }),
    Object.assign(new Error('c'), { stack: 5 }), Object.assign(new Error('d'), { stack: '' })
  ]);
  arrives('an AggregateError', () => new AggregateError([new Error('one'), 2], 'many'));
  arrives('an error of another context', () => vm.runInNewContext('new TypeError("elsewhere")'));
  arrives('an error of Node', () => {
    try {
      Buffer.alloc('x');
    } catch (error) {
      return error;
    }
    return undefined;
  });
  arrives('a system error', () => {
    try {
      require('node:fs').readFileSync('/no such file');
    } catch (error) {
      return error;
    }
    return undefined;
  });
  arrives('an AssertionError', () => {
    try {
      assert.equal(1, 2);
    } catch (error) {
      return { message: error.message, name: error.name };
    }
    return undefined;
  });
  arrives('an object that looks like an error', () => ({ name: 'Error', message: 'm', stack: 's' }));
  same('a DOMException', async (wt, t) => {
    const [a, b] = t.channel();

    t.attempt('post', () => a.postMessage([new DOMException('message', 'AbortError')]));
    const [[error] = []] = t.drain(b);
    t.note(error instanceof DOMException, error?.name, error?.code, error?.message);
  });
});

describe('values: binary', () => {
  const types = [
    'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array',
    'Uint32Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array'
  ];
  const fill = (buffer) => {
    new Uint8Array(buffer).forEach((_, i, bytes) => {
      bytes[i] = i * 7 + 1;
    });
    return buffer;
  };

  arrives('ArrayBuffers', () => [0, 1, 7, 8, 100].map((length) => fill(new ArrayBuffer(length))));
  for (const length of [1000, 16384, 32767, 32768, 70000, 1 << 20]) {
    arrives(`a Uint8Array of ${length} bytes`, () => new Uint8Array(fill(new ArrayBuffer(length))));
  }
  for (const type of types) {
    arrives(type, () => [
      new globalThis[type](fill(new ArrayBuffer(32))), new globalThis[type](fill(new ArrayBuffer(64)), 16, 2),
      new globalThis[type](0)
    ]);
  }
  arrives('Float16Array', () => new globalThis.Float16Array([1, 2.5, NaN, -0]), {
    when: typeof globalThis.Float16Array === 'function'
  });
  arrives('DataView', () => [
    new DataView(fill(new ArrayBuffer(16))), new DataView(fill(new ArrayBuffer(16)), 3, 5),
    new DataView(new ArrayBuffer(0))
  ]);
  arrives('NaN bits of floats', () => {
    const bits = new Uint32Array([0x7fc00001, 0xffffffff, 0x7f800001]);
    return [new Float32Array(bits.buffer), bits];
  });
  arrives('several views of one buffer', () => {
    const buffer = fill(new ArrayBuffer(64));
    const part = new Uint16Array(buffer, 8, 4);
    return { buffer, bytes: new Uint8Array(buffer), part, data: new DataView(buffer, 1) };
  });
  arrives('a view before its buffer', () => {
    const view = new Uint8Array(fill(new ArrayBuffer(16)), 4, 4);
    return [view, view.buffer, view, new DataView(view.buffer)];
  });
  arrives('a part of a large buffer', () => new Uint8Array(fill(new ArrayBuffer(100000)), 50000, 10));
  arrives('own properties of typed arrays and buffers, which are lost', () => [
    Object.assign(new Uint8Array(2), { own: 1 }), Object.assign(new ArrayBuffer(2), { own: 1 })
  ]);
  arrives('subclasses of typed arrays', () => new (class Bytes extends Uint8Array {})([1, 2]));
  arrives('typed arrays of another context', () => vm.runInNewContext('[new Uint8Array([1, 2]), new ArrayBuffer(2)]'));
  arrives('a Buffer, which arrives as Uint8Array', () => [
    Buffer.alloc(5, 'abc'), Buffer.alloc(0), Buffer.allocUnsafeSlow(3).fill(1), Buffer.alloc(40000, 'x')
  ]);
  arrives('a Buffer that is part of another', () => Buffer.alloc(100, 'abcdef').subarray(10, 20));
  arrives('resizable ArrayBuffers', () => {
    const buffer = fill(new ArrayBuffer(8, { maxByteLength: 32 }));
    const tracking = new Uint8Array(buffer);
    const offset = new Uint16Array(buffer, 2);
    const fixed = new Uint8Array(buffer, 0, 4);
    buffer.resize(12);
    return { buffer, tracking, offset, fixed, data: new DataView(buffer, 4) };
  });
  arrives('a resizable ArrayBuffer of length 0', () => new ArrayBuffer(0, { maxByteLength: 8 }));
  arrives('a view that is out of bounds', () => {
    const buffer = new ArrayBuffer(16, { maxByteLength: 32 });
    const view = new Uint8Array(buffer, 8, 8);
    buffer.resize(4);
    return { view };
  });
  same('a view that tracks the length still does', async (wt, t) => {
    const [a, b] = t.channel();
    const buffer = new ArrayBuffer(8, { maxByteLength: 32 });

    a.postMessage([new Uint8Array(buffer), new Uint8Array(buffer, 0, 4), buffer]);
    const [[tracking, fixed, copy]] = t.drain(b);
    copy.resize(24);
    t.note(tracking.length, fixed.length, tracking.buffer === copy);
  });
  same('a SharedArrayBuffer is shared, as often as it is mentioned', async (wt, t) => {
    const [a, b] = t.channel();
    const shared = new SharedArrayBuffer(64);

    a.postMessage({
      shared, bytes: new Uint8Array(shared), ints: new Int32Array(shared, 8, 4), again: [shared]
    });
    const [got] = t.drain(b);
    new Uint8Array(shared)[8] = 7;
    got.bytes[9] = 1;
    t.note(got.ints[0], new Uint8Array(shared)[9], got.bytes.buffer === got.shared);
    t.note(got.again[0] === got.shared, got.ints.buffer === got.shared, got.shared === shared);
    t.note(got.ints.byteOffset, got.ints.length);
  });
  arrives('growable SharedArrayBuffers', () => new SharedArrayBuffer(8, { maxByteLength: 32 }));
  same('a SharedArrayBuffer grows for both', async (wt, t) => {
    const [a, b] = t.channel();
    const shared = new SharedArrayBuffer(8, { maxByteLength: 32 });

    a.postMessage([shared, new Uint8Array(shared)]);
    const [[other, view]] = t.drain(b);
    shared.grow(16);
    t.note(other.byteLength, view.length, other.maxByteLength);
  });
});

describe('values: identity and cycles', () => {
  arrives('an object that contains itself', () => {
    const object = { a: 1 };
    object.self = object;
    object.list = [object, [object]];
    return object;
  });
  arrives('an array that contains itself', () => {
    const list = [1];
    list.push(list, { list });
    return list;
  });
  arrives('maps and sets that contain themselves', () => {
    const map = new Map();
    const set = new Set([map]);
    map.set(map, set).set('set', set);
    set.add(set);
    return { map, set };
  });
  arrives('objects mentioned twice', () => {
    const shared = { x: 1 };
    const date = new Date(5);
    const bytes = new Uint8Array(4);
    const error = new Error('once');
    const boxed = Object(1);
    const regexp = /x/;
    return [shared, shared, { shared }, date, date, bytes, bytes, error, error, boxed, boxed, regexp, regexp];
  });
  arrives('equal strings and equal objects that are not the same', () =>
    ['long text '.repeat(30), 'long text '.repeat(30), {}, {}, [], [], { a: 1 }, { a: 1 }]);
  arrives('a cycle over every kind', () => {
    const error = new Error('in a cycle');
    const object = { error };
    const map = new Map([[object, [object]]]);
    error.cause = map;
    return [map, object, error];
  });
  arrives('100 references to 100 objects', () => {
    const objects = Array.from({ length: 100 }, (_, i) => ({ i }));
    return objects.map((object, i) => ({ object, other: objects[(i * 37) % 100], all: i === 50 && objects }));
  });
  arrives('a linked list, doubly', () => {
    const nodes = Array.from({ length: 300 }, (_, i) => ({ i }));
    nodes.forEach((node, i) => Object.assign(node, { next: nodes[i + 1], previous: nodes[i - 1] }));
    return nodes[150];
  });
});
