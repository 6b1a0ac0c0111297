'use strict';

/*
 * serialize() and deserialize(): values survive the round trip, unclonable ones cause
 * Node's errors, and malformed bytes cause ERR_RINGPORT_CORRUPT. Getters, keys and shapes
 * are handled as structuredClone() does.
 */

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const crypto = require('node:crypto');
const EventEmitter = require('node:events');
const net = require('node:net');
const path = require('node:path');
const perfHooks = require('node:perf_hooks');
const { setFlagsFromString } = require('node:v8');
const vm = require('node:vm');
const { codec, Lane, roundTrip, difference, outcome, NODE } = require('./codec-support');

const CODEC = path.join(__dirname, '../../lib/codec');

setFlagsFromString('--expose-gc');
const gc = vm.runInNewContext('gc');

function agrees(value, actual) {
  assert.strictEqual(difference(actual, structuredClone(value)), undefined);
}

describe('codec: serialize and deserialize', () => {
  const shared = { x: 1 };
  const cycle = { name: 'cycle', list: [] };
  cycle.self = cycle;
  cycle.list.push(cycle, { cycle });
  const buffer = new ArrayBuffer(16);
  class Point {
    constructor() {
      this.x = 1;
    }
  }
  function OldError() {}
  OldError.prototype = Object.create(Error.prototype);

  const values = {
    'integers of every size': [0, 63, 64, 255, 256, -1, -128, -129, 32767, 32768, -32769, 2 ** 31 - 1, -(2 ** 31), 2 ** 31],
    'doubles': [0.1, -0, NaN, Infinity, -Infinity, 2 ** 53, Number.MIN_VALUE],
    'bigints': [0n, 1n, -1n, 255n, 256n, -(2n ** 64n), 2n ** 4000n + 1n],
    'strings': ['', 'a', 'x'.repeat(63), 'x'.repeat(64), 'x'.repeat(1e6), '\u00ff', '\u0100', '\ud800', '\udfff\ud800', 'é'.repeat(40), '\u2021'.repeat(5e5)],
    'other primitives': [undefined, null, true, false],
    'a plain object': { a: 1, b: 'two', c: { d: [] } },
    'numeric keys, in order': { z: 1, 10: 'ten', 2: 'two', '-1': 0, '01': 0, 4294967295: 'key' },
    'an own __proto__': JSON.parse('{"a":1,"__proto__":{"b":2}}'),
    'keys of Object.prototype': { toString: 1, constructor: 2, hasOwnProperty: 3 },
    'no prototype': Object.assign(Object.create(null), { a: 1 }),
    'hidden and symbol keys': Object.defineProperty({ a: 1, [Symbol('s')]: 2 }, 'hidden', { value: 3 }),
    'thousands of keys': Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`key ${i}`, i])),
    'a long key, a wide key': { ['k'.repeat(1000)]: 1, '\u2021': 2, '\ud800': 3 },
    'a class instance': new Point(),
    'an instance of an old-style class': Object.assign(new OldError(), { message: 'own' }),
    'an object of an object': Object.assign(Object.create({ inherited: 1 }), { own: 2 }),
    'an event emitter': Object.assign(new EventEmitter(), { own: 1 }),
    'dense arrays': [[], [1, 'two', null], [[1], [2, [3]]], Array.from({ length: 100 }, () => ({}))],
    'packed numbers': [8, 40, 100, 1000].map((n) => [1, 300, 70000, 0.5, -0.5].map((f) => Array.from({ length: n }, (_, i) => i * f))),
    'numbers, then something else': [[...Array(40).keys(), 'x'], [...Array(400).keys(), {}, 1], [...Array(40).keys(), -0]],
    'holes': [[, 1], [1, , 3], new Array(5), Object.assign(new Array(1e6), { 999999: 1 })],
    'extra keys': [Object.assign([1, 2], { x: 1 }), 'abc'.match(/b/), Object.assign([...Array(99).keys()], { x: {} })],
    'a hole and an extra key': Object.assign([...Array(50).keys(), , 7], { x: 5 }),
    'a hole and an extra key with the value of the last element': Object.assign([...Array(50).keys(), , 7], { x: 7 }),
    'integers, then others': [[...Array(50).keys(), 'x', 1], [...Array(50).keys(), { y: 1 }], [...Array(50).keys(), 0.5, -0], [300, ...Array(50).keys(), null]],
    'integers that become larger': [[...Array(50).keys(), 300, 1], [...Array(50).keys(), 1e6, 1], [...Array(50).keys(), -40000, 3e9, 1]],
    'dates': [new Date(0), new Date(1.5), new Date(NaN)],
    'regular expressions': [/a\/b/dgimsuy, /\u2021/, new RegExp('\n'), new RegExp('')],
    'maps and sets': [new Map([[{}, new Set([1, {}])], [NaN, -0]]), new Set(), new Map()],
    'errors': [new Error('m'), new TypeError('t', { cause: { a: 1 } }), new RangeError(), new AggregateError([1], 'a')],
    'boxed primitives': [Object(1), Object(''), Object('é'), Object(false), Object(10n), Object(-0)],
    'buffers': [new ArrayBuffer(0), new ArrayBuffer(5), new ArrayBuffer(5, { maxByteLength: 10 }), new ArrayBuffer(1e6)],
    'views of one buffer': [new Uint8Array(buffer), new Float64Array(buffer, 8), new DataView(buffer, 1, 3), buffer],
    'views with the whole of a buffer': [new Uint8Array(3), new BigInt64Array([1n]), new Float32Array([0.5]), new DataView(new ArrayBuffer(2))],
    'a Buffer': Buffer.from('hello'),
    'the same object twice': [shared, shared, new Map([[shared, shared]])],
    'cycles': cycle,
  };
  for (const [name, value] of Object.entries(values)) {
    it(name, () => {
      for (let i = 0; i < 12; i++) agrees(value, roundTrip(value));
    });
  }

  it('length-tracking views keep tracking, others do not', () => {
    for (const [View, ...bounds] of [[Uint8Array, 4], [Uint8Array, 4, 4], [DataView, 4], [DataView, 4, 4]]) {
      for (const max of [8, 16]) {
        const view = new View(new ArrayBuffer(8, { maxByteLength: max }), ...bounds);
        const clone = structuredClone(view);
        const ours = roundTrip(view);
        for (const size of [8, 16, 6]) {
          if (size <= max) for (const copy of [clone, ours]) copy.buffer.resize(size);
          assert.deepStrictEqual(outcome(() => ours.byteLength).value, outcome(() => clone.byteLength).value);
        }
      }
    }
  });

  it('the stack of an error, and an error that is its own cause', () => {
    const error = new TypeError('x');
    error.cause = error;
    const copy = roundTrip(error);
    assert.strictEqual(copy.cause, copy);
    assert.strictEqual(copy.stack, error.stack);
    assert.ok(copy instanceof TypeError);
  });

  it('what an encoding that ran out of stack has left among the objects met is not met', () => {
    const { serialize, deserialize } = require('../../lib/codec');
    const { walk } = require('../../lib/codec/encode');
    const object = { left: true };

    for (let at = 1; at < 4; at++) {
      walk.seen[at] = object;
      const [first, second] = deserialize(serialize([object, object]));
      assert.deepStrictEqual(first, object);
      assert.strictEqual(second, first);
    }
  });

  it('objects of another context arrive as objects of this one', () => {
    agrees({}, roundTrip(vm.runInNewContext('({})')));
    const value = vm.runInNewContext('({ a: [1, new Map([[1, {}]]), new Date(1), /x/, new Error("e")], b: {} })');
    value.a[4].stack = 's';
    agrees(value, roundTrip(value));
  });

  it('refuses what cannot be cloned, as structuredClone does', () => {
    const bad = [
      () => {}, Symbol('s'), new WeakMap(), new WeakSet(), new WeakRef({}), Promise.resolve(), new Proxy({}, {}), new Proxy([], {}),
      Object(Symbol('s')), (function* () {})(), (function () { return arguments; })(1), [][Symbol.iterator](),
    ];
    if (JSON.rawJSON !== undefined) bad.push(JSON.rawJSON('1'));
    for (const value of bad) {
      for (const place of [value, { value }, [value], new Map([[1, value]])]) {
        assert.deepStrictEqual(outcome(() => codec.serialize(place)), outcome(() => structuredClone(place)));
      }
    }
  });

  it('refuses what only this process can carry', () => {
    const shared = new SharedArrayBuffer(1);
    const key = crypto.createSecretKey(Buffer.alloc(4));
    for (const value of [shared, new Blob([]), key, new Int8Array(shared)]) {
      assert.throws(() => codec.serialize({ value }), { name: 'DataCloneError', code: 25 });
    }
  });

  it('looks at no trap of a Proxy', () => {
    const traps = [];
    const handler = new Proxy({}, { get: (_, name) => { traps.push(name); } });
    assert.throws(() => codec.serialize({ a: [new Proxy({}, handler)] }), { name: 'DataCloneError' });
    const proxy = new Proxy({}, handler);
    for (const prototype of [proxy, Object.create(proxy)]) {
      assert.throws(() => codec.serialize(Object.create(prototype)), { name: 'DataCloneError' });
      for (const length of [3, 40, 100]) {
        for (const list of [Array(length).fill(1), Array(length).fill('x')]) {
          agrees(list.slice(), roundTrip(Object.setPrototypeOf(list, prototype)));
        }
      }
    }
    assert.deepStrictEqual(traps, []);
  });

  it('the value of another key is not taken for that of a hidden element', () => {
    const list = Object.assign(Array.from({ length: 50 }, (_, i) => i), { key: 7 });
    Object.defineProperty(list, 20, { enumerable: false });
    const copy = roundTrip(list);
    assert.deepStrictEqual([copy[19], copy[21], copy[49], copy.key], [19, 21, 49, 7]);
  });

  it('sees through changed prototypes, as the engine does', () => {
    const kinds = [
      new Map([[1, 2]]), new Set([1]), new Date(1), /x/g, new ArrayBuffer(2), Object(5), [1, 2], new Uint8Array(2),
    ];
    for (const value of kinds) {
      for (const prototype of [Object.prototype, null, Map.prototype, { other: 1 }]) {
        const copy = roundTrip(Object.setPrototypeOf(structuredClone(value), prototype));
        assert.strictEqual(difference(copy, structuredClone(value)), undefined);
      }
    }
  });

  it('deep nesting works, or is a RangeError', () => {
    const wraps = [
      (value) => [value], (value) => ({ value }), (value) => new Map([[1, value]]), (value) => new Set([value]),
    ];
    for (const wrap of wraps) {
      for (const depth of [100, 1000, 10_000, 100_000]) {
        let value = 1;
        for (let i = 0; i < depth; i++) value = wrap(value);
        const result = outcome(() => codec.serialize(value));
        if (result.error !== undefined) assert.strictEqual(result.error.name, 'RangeError');
        assert.ok(depth > 1000 || result.error === undefined, `${depth}`);
        const node = outcome(() => structuredClone(value));
        assert.ok(node.error !== undefined || result.error === undefined, `as deep as Node: ${depth}`);
      }
    }
    agrees({ a: 1 }, roundTrip({ a: 1 }));
  });

  /* Above 127 keys, the reader makes objects by a constructor; see reader-shapes.js. */
  for (const count of [127, 128, 129, 256, 257, 1025]) {
    it(`an object of ${count} keys is an ordinary one, and no setter is called`, () => {
      const object = Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, { i }]));
      const message = { object, again: object, at: object.k5, last: 1 };
      const calls = [];

      object.self = object;
      for (let i = 0; i < 40; i++) {
        if (i === 35) {
          Object.defineProperty(Object.prototype, 'k7',
            { configurable: true, set(value) { calls.push(value); } });
        }
        try {
          for (const one of [object, message]) {
            const got = codec.deserialize(codec.serialize(one));

            assert.deepStrictEqual(got, structuredClone(one));
            assert.strictEqual(Object.getPrototypeOf(got.object ?? got), Object.prototype);
            assert.ok(Object.hasOwn(got.object ?? got, 'k7'));
          }
        } finally {
          if (i === 38) delete Object.prototype.k7;
        }
      }
      delete Object.prototype.k7;
      assert.deepStrictEqual(calls, []);
    });
  }

  it('a setter or a method of a prototype is never called on arrival', () => {
    const calls = [];
    const define = (object, name) => Object.defineProperty(object, name, {
      configurable: true, set() { calls.push(name); }, get() { return undefined; },
    });
    const value = () => ({ trap: 1, ['a'.repeat(200)]: { trap: 2 }, list: Object.assign([1], { trap: 3, onlyOfArrays: 4 }), map: new Map([[1, 2]]) });
    const kept = Map.prototype.set;
    const made = codec.serialize(value());
    define(Object.prototype, 'trap');
    define(Array.prototype, 'onlyOfArrays');
    Map.prototype.set = () => calls.push('set');
    try {
      for (let i = 0; i < 20; i++) {
        const copy = codec.deserialize(made);
        assert.deepStrictEqual(Object.getOwnPropertyDescriptor(copy, 'trap').value, 1);
        assert.strictEqual(Object.getOwnPropertyDescriptor(copy.list, 'onlyOfArrays').value, 4);
        assert.strictEqual(copy.map.get(1), 2);
      }
    } finally {
      Map.prototype.set = kept;
      delete Object.prototype.trap;
      delete Array.prototype.onlyOfArrays;
    }
    assert.deepStrictEqual(calls, []);
  });

  it('a toJSON method of arrays is none of its business', () => {
    Array.prototype.toJSON = () => ['other'];
    try {
      agrees({ keysOfItsOwn: { '"\u2021': 1 } }, roundTrip({ keysOfItsOwn: { '"\u2021': 1 } }));
    } finally {
      delete Array.prototype.toJSON;
    }
  });

  it('enumerable keys of Object.prototype are not taken for own ones', () => {
    Object.prototype.polluted = 1;
    try {
      for (const value of [{ a: 1 }, {}, [1], new Map([[1, {}]])]) {
        assert.strictEqual(difference(roundTrip(value), structuredClone(value)), undefined);
      }
    } finally {
      delete Object.prototype.polluted;
    }
  });

  it('works where code generation is not allowed', () => {
    const script = `
      const assert = require('node:assert');
      const { serialize, deserialize } = require(${JSON.stringify(CODEC)});
      const shared = { x: 1 };
      for (let i = 0; i < 50; i++) {
        const value = [{ a: i, b: 'two', c: [{ d: 1 }] }, JSON.parse('{"__proto__":1,"x":2}'), shared, shared];
        assert.deepStrictEqual(deserialize(serialize(value)), structuredClone(value));
      }
      assert.throws(() => new Function(''), EvalError);
    `;
    execFileSync(process.execPath, ['--disallow-code-generation-from-strings', '-e', script]);
  });
});

describe('codec: the bytes of serialize()', () => {
  it('stay the same: version 1 is read for ever', () => {
    const value = {
      id: 7, name: 'Ada', tags: ['a', '\u2021'], at: new Date(0), n: [1.5, -1, 300, 70000], big: -5n, m: new Map([[1, null]]),
      list: [1, , 3], re: /x/g, bytes: new Uint8Array([1, 2]), view: new Int16Array(new ArrayBuffer(6), 2, 1),
      flags: [true, false, undefined], ints: [1, 2, 3, 4, 5, 6, 7, 8, 9], doubles: [0.5, 1, 2, 3, 4, 5, 6, 7],
      boxed: Object('s'), set: new Set(['x']), error: new TypeError('m'), null: Object.create(null),
    };
    value.error.stack = 's';
    value.self = value;
    const golden = [
      'b701038b000000800743416461c2416189010000002120940000000000000000c487000000000000f83f85ffff852c01',
      '86701101008a010100000005960100000001818e030000000200000041300141320395417841679d020201029c040002',
      '029a06000000000000c382838090090000000102030405060708099308000000000000000000e03f000000000000f03f',
      '000000000000004000000000000008400000000000001040000000000000144000000000000018400000000000001c40',
      '99417397010000004178980501416d034173008b01000080a0000000001bbeccdb7f0000005b226964222c226e616d65',
      '222c2274616773222c226174222c226e222c22626967222c226d222c226c697374222c227265222c2262797465732',
      '22c2276696577222c22666c616773222c22696e7473222c22646f75626c6573222c22626f786564222c22736574222c2',
      '26572726f72222c226e756c6c222c2273656c66225da5381674020000005b5d02000000db000000',
    ].join('');
    assert.strictEqual(codec.serialize(value).toString('hex'), golden);
    agrees(value, codec.deserialize(Buffer.from(golden, 'hex')));
  });

  it('keys that go while they are read are left out, however often the shape has been seen', () => {
    const make = (hook) => ({
      get first() { return hook(this); }, toString: 1, second: 2, nested: { a: [1] }, third: undefined, ['__proto__']: 5,
    });
    const hooks = [
      () => 'nothing',
      (object) => { delete object.second; return 1; },
      (object) => { delete object.toString; delete object.nested; return 2; },
      (object) => { delete object.third; object.fourth = 4; return 3; },
      (object) => { delete object.__proto__; return 4; },
      (object) => { for (const key of Object.keys(object)) delete object[key]; return 5; },
    ];
    for (let i = 0; i < 300; i++) {
      for (const hook of hooks) {
        const copy = codec.deserialize(codec.serialize(make(hook)));
        const expected = structuredClone(make(hook));
        assert.deepStrictEqual(copy, expected);
        assert.deepStrictEqual(Object.keys(copy), Object.keys(expected));
      }
    }
  });

  it('a key that goes does not arrive as what the prototype has under its name', () => {
    class Heir {
      first = 1;
      get second() { return 'inherited'; }
    }
    const make = (prototype) => Object.create(prototype, Object.getOwnPropertyDescriptors({
      get first() {
        delete this.second;
        return 1;
      }, second: 2, third: 3,
    }));
    for (let i = 0; i < 100; i++) {
      for (const prototype of [Heir.prototype, { second: 5 }, Object.prototype]) {
        agrees(make(prototype), codec.deserialize(codec.serialize(make(prototype))));
      }
    }
  });

  it('what a prototype has that is enumerable is left out', () => {
    class Base { own = 1; }
    Base.prototype.inherited = 2;
    for (let i = 0; i < 100; i++) {
      assert.deepStrictEqual(codec.deserialize(codec.serialize(new Base())), { own: 1 });
      assert.deepStrictEqual(codec.deserialize(codec.serialize({ own: i, inherited: 3 })), { own: i, inherited: 3 });
    }
    Object.prototype.inherited = 4;
    try {
      const copy = codec.deserialize(codec.serialize({ own: 1 }));
      assert.deepStrictEqual(Object.keys(copy), ['own']);
    } finally {
      delete Object.prototype.inherited;
    }
  });

  it('a Buffer, a Uint8Array and a view at an odd offset are read', () => {
    const bytes = codec.serialize({ a: [1.5, 'x'.repeat(9000)] });
    const odd = new Uint8Array(bytes.length + 3).subarray(3);
    odd.set(bytes);
    for (const form of [bytes, Uint8Array.from(bytes), odd]) assert.deepStrictEqual(codec.deserialize(form), { a: [1.5, 'x'.repeat(9000)] });
  });

  it('anything else is refused', () => {
    for (const form of [undefined, 'x', [183, 1], new ArrayBuffer(4), new Int8Array(4)]) {
      assert.throws(() => codec.deserialize(form), { code: 'ERR_INVALID_ARG_TYPE' });
    }
    assert.throws(() => codec.deserialize(Buffer.alloc(0)), { code: 'ERR_RINGPORT_CORRUPT' });
    assert.throws(() => codec.deserialize(Buffer.from('hello')), { code: 'ERR_RINGPORT_CORRUPT' });
    assert.throws(() => codec.deserialize(Buffer.from([0xb7, 2, 0, 1])), { code: 'ERR_RINGPORT_VERSION' });
    const bytes = codec.serialize([1, 2]);
    assert.throws(() => codec.deserialize(Buffer.concat([bytes, Buffer.alloc(1)])), { code: 'ERR_RINGPORT_CORRUPT' });
    assert.throws(() => codec.deserialize(bytes.subarray(0, -1)), { code: 'ERR_RINGPORT_CORRUPT' });
  });

  const samples = () => [
    { a: 1, b: { c: ['x', 1.5, null] }, d: 'é\u2021' }, [1, 2, 3], new Map([[1, { a: 2 }], ['k', new Set([1])]]), new Error('m', { cause: 1 }),
    new Uint16Array([1, 2, 3]), new Uint8Array(new ArrayBuffer(8), 2, 3), Object.assign([1, , 3], { x: 1 }), /x/g, 2n ** 90n, Object('s'),
    Array.from({ length: 50 }, (_, i) => i * 1000), Array.from({ length: 20 }, (_, i) => i / 2), new Date(1),
    ((o) => [o, { o }])({}), new ArrayBuffer(3, { maxByteLength: 9 }),
  ];

  it('that promise ArrayBuffers of 80 GiB are refused', () => {
    const one = '9b0087000000000000e041'; // 0 bytes, which may become 2 GiB
    const many = (count) => Buffer.from(`b701008c${count.toString(16)}000000${one.repeat(count)}`, 'hex');
    assert.strictEqual(codec.deserialize(many(16))[15].maxByteLength, 2 ** 31);
    assert.throws(() => codec.deserialize(many(40)), { code: 'ERR_RINGPORT_CORRUPT', message: /lengths/ });
  });

  it('changed anywhere they give a value or ERR_RINGPORT_CORRUPT, and quickly', function () {
    this.timeout(120_000);
    let seed = 1;
    const random = (n) => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return (seed >>> 8) % n;
    };
    const attempt = (bytes) => {
      try {
        codec.deserialize(bytes);
      } catch (error) {
        if (error.code !== 'ERR_RINGPORT_CORRUPT') throw error;
      }
    };
    for (const sample of samples()) {
      const good = codec.serialize(sample);
      for (let at = 2; at < good.length; at++) {
        for (const value of [0, 1, 0x7f, 0x80, 0xff, 0x9c, 0xa0, 0xc1, good[at] + 1]) {
          const bytes = Buffer.from(good);
          bytes[at] = value;
          attempt(bytes);
        }
        attempt(good.subarray(0, at));
      }
      for (let i = 0; i < 400; i++) {
        const bytes = Buffer.from(good);
        for (let n = random(6); n >= 0; n--) bytes[2 + random(bytes.length - 2)] = random(256);
        attempt(bytes);
      }
    }
    for (let i = 0; i < 20_000; i++) {
      const byte = () => (random(3) === 0 ? 0x80 + random(0x50) : random(256));
      const bytes = Buffer.from(Array.from({ length: 4 + random(60) }, byte));
      bytes[0] = 0xb7;
      bytes[1] = 1;
      bytes[2] = random(4);
      attempt(bytes);
    }
  });

  it('a few bytes that claim to be huge or deep allocate nothing', () => {
    const huge = ['88ffffffff', '89ffffffff', '8a00ffffffff', '8dffffffff', '90ffffffff', '93ffffffff', '96ffffffff', '97ffffffff', '9a86ffffff7f', '9d0286ffffff7f', '8effffffff01000000'];
    for (const hex of huge) {
      assert.throws(() => codec.deserialize(Buffer.from(`b70100${hex}`, 'hex')), { code: 'ERR_RINGPORT_CORRUPT' });
    }
    const deep = Buffer.alloc(1e6, 0xc1);
    deep.set([0xb7, 1, 0]);
    assert.throws(() => codec.deserialize(deep), { code: 'ERR_RINGPORT_CORRUPT' });
  });

  it('arrays in arrays that all claim the same bytes take no memory for each', () => {
    const claim = (code, size, levels) => {
      const bytes = Buffer.alloc(300_000);
      let at = bytes.write('b70100', 'hex');
      for (let i = 0; i < levels; i++) {
        const left = bytes.length - at - size - 8;
        at = bytes.writeUInt8(code, at);
        at = bytes.writeUInt32LE(code === 0x8e ? left * 8 : left, at);
        if (code !== 0x8e) continue;
        at = bytes.writeUInt32LE(left >> 1, at);
        at += bytes.write('4130', at, 'hex');
      }
      return bytes;
    };
    const peak = process.resourceUsage().maxRSS;
    for (const bytes of [claim(0x8c, 5, 1000), claim(0x8d, 5, 1000), claim(0x8e, 11, 300)]) {
      assert.throws(() => codec.deserialize(bytes), { code: 'ERR_RINGPORT_CORRUPT' });
    }
    assert.ok(process.resourceUsage().maxRSS - peak < 200 * 1024, 'KiB');
    const element = (i, j) => (j % 2 ? [, i] : [new Array(70).fill({}), , Object.assign([1, , 3], { j })]);
    const nested = Array.from({ length: 70 }, (_, i) => Array.from({ length: 70 }, (_, j) => element(i, j)));
    assert.deepStrictEqual(codec.deserialize(codec.serialize(nested)), nested);
  });
});

describe('codec: encode and decode', () => {
  let lane;
  beforeEach(() => { lane = new Lane().attach(); });
  afterEach(() => lane.close());

  it('values of Node go beside the message', async () => {
    const key = crypto.createSecretKey(Buffer.from('secret'));
    const shared = new SharedArrayBuffer(8);
    const module = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
    const list = new net.BlockList();
    list.addAddress('1.2.3.4');
    const histogram = perfHooks.createHistogram();
    histogram.record(5);
    const value = { key, again: key, shared, view: new Int32Array(shared, 4), module, list, histogram, blob: new Blob(['x']), error: new DOMException('m', 'AbortError') };
    const copy = lane.send(value);
    assert.deepStrictEqual(Object.keys(copy), Object.keys(value));
    assert.ok(copy.key.equals(key) && copy.again === copy.key);
    new Int32Array(shared)[1] = 7;
    assert.strictEqual(copy.view[0], 7);
    assert.strictEqual(copy.view.buffer, copy.shared);
    assert.ok(copy.module instanceof WebAssembly.Module);
    assert.ok(copy.list.check('1.2.3.4'));
    assert.strictEqual(copy.histogram.max, 5);
    assert.strictEqual(await copy.blob.text(), 'x');
    if (NODE >= 22) assert.strictEqual(copy.error.name, 'AbortError');
    const start = codec.encode({ key }, null);
    assert.deepStrictEqual(codec.foreign, [key]);
    codec.release(start);
    assert.strictEqual(codec.foreign, null);
    lane.send({ plain: 1 });
    assert.strictEqual(codec.foreign, null);
  });

  it('transferred buffers go beside the message, views of them come along', () => {
    const buffer = new ArrayBuffer(8);
    const view = new Uint8Array(buffer, 2, 3);
    view[0] = 9;
    const copy = lane.send({ view, buffer, other: new ArrayBuffer(2) }, [buffer]);
    assert.strictEqual(buffer.byteLength, 0);
    assert.strictEqual(copy.view.buffer, copy.buffer);
    assert.deepStrictEqual([copy.view.byteOffset, copy.view.length, copy.view[0]], [2, 3, 9]);
  });

  it('objects that are a port to the hooks travel by index', () => {
    class Port extends EventTarget {}
    const port = new Port();
    lane.ports.set(port, 0);
    assert.deepStrictEqual(lane.send({ a: [port], b: port }), { a: [port], b: port });
    assert.strictEqual(codec.foreign, null);
  });

  it('a frequent shape gets a number, rare ones travel with their message', () => {
    const before = lane.texts.length;
    for (let i = 0; i < 20; i++) lane.send({ often: i, [`once${i}`]: i });
    assert.strictEqual(lane.texts.length, before);
    for (let i = 0; i < 20; i++) {
      const value = { often: i, too: [{ xx: i }] };
      assert.deepStrictEqual(lane.send(value), value);
    }
    assert.deepStrictEqual(lane.texts.slice(before).map((text) => JSON.parse(text)), [['often', 'too'], ['xx']]);
  });

  it('a registry that is full costs nothing', () => {
    let asked = 0;
    codec.attach({ internShape: () => { asked++; return -1; } });
    for (let i = 0; i < 100; i++) assert.deepStrictEqual(lane.send({ full: i }), { full: i });
    assert.strictEqual(asked, 1);
  });

  it('a hundred thousand shapes take no more memory than a few', function () {
    this.timeout(60_000);
    const send = (i) => lane.send({ [`a${i}`]: 1, [`b${i}`]: { [`c${i}`]: 2 } });
    for (let i = 0; i < 30_000; i++) send(i);
    gc();
    const before = process.memoryUsage().heapUsed;
    for (let i = 30_000; i < 100_000; i++) send(i);
    gc();
    const grown = process.memoryUsage().heapUsed - before;
    assert.ok(grown < 8 * 2 ** 20, `${grown} bytes`);
    assert.ok(lane.texts.length < 2000);
  });

  it('large data travels as blocks', () => {
    const value = [new Uint8Array(50_000).fill(7), 'x'.repeat(50_000), '\u2021'.repeat(50_000), new ArrayBuffer(10)];
    const start = codec.encode(value, null);
    const length = codec.end - start;
    codec.release(start);
    assert.ok(length < 200, `${length}`);
    assert.strictEqual(lane.blocks.length, 3);
    agrees(value, lane.send(value));
  });

  it('a failed encoding drops its blocks and its foreign values', () => {
    assert.throws(() => codec.encode([new Uint8Array(50_000), new Blob([]), () => {}], null), { name: 'DataCloneError' });
    assert.deepStrictEqual(lane.blocks, []);
    assert.strictEqual(codec.foreign, null);
    agrees({ a: 1 }, lane.send({ a: 1 }));
  });

  it('an encoding that fails inside a getter takes nothing from the one around it', () => {
    const value = (inner) => ({
      before: new Uint8Array(50_000).fill(1),
      get fails() {
        assert.throws(inner);
        return 1;
      },
      after: 'x'.repeat(50_000),
      list: [shared, shared],
    });
    const shared = { s: 1 };
    const overflow = () => codec.serialize(new Map([[1, { get again() { return overflow(); } }]]));
    for (const inner of [() => codec.serialize([{}, () => {}]), () => codec.encode([{}, () => {}], null), overflow]) {
      agrees(value(inner), lane.send(value(inner)));
      agrees(value(inner), roundTrip(value(inner)));
    }
  });

  it('a getter may send messages while the walk is under way', () => {
    const inner = [];
    const depth = (n) => ({
      before: 'b'.repeat(n * 30_000),
      get nested() {
        if (n > 0) inner.push(lane.send({ big: 'x'.repeat(20_000 * n), shared: [shared, shared], inner: depth(n - 1) }));
        return n;
      },
      after: [shared, { shared }, n],
    });
    const shared = { s: 1 };
    const line = codec.BLOCK_LINE;
    codec.BLOCK_LINE = Infinity;
    try {
      const copy = lane.send(depth(4));
      assert.strictEqual(copy.before.length, 120_000);
      assert.strictEqual(copy.nested, 4);
      assert.strictEqual(copy.after[0], copy.after[1].shared);
    } finally {
      codec.BLOCK_LINE = line;
    }
    assert.strictEqual(inner.length, 4);
    inner.forEach((copy, i) => {
      assert.strictEqual(copy.big, 'x'.repeat(20_000 * (i + 1)));
      assert.strictEqual(copy.shared[0], copy.shared[1]);
    });
  });

  it('an element that sends while numbers are packed tears nothing', () => {
    const line = codec.BLOCK_LINE;
    codec.BLOCK_LINE = Infinity;
    try {
      for (const length of [9, 30, 40, 100, 200]) {
        for (const result of [7, 0.5, 70_000, 'x', {}]) {
          for (const size of [10, 100_000]) {
            const numbers = Array.from({ length }, (_, i) => i);
            const get = () => {
              codec.release(codec.encode(['x'.repeat(size), { other: 1 }], null));
              return result;
            };
            Object.defineProperty(numbers, length >> 1, { enumerable: true, get });
            assert.deepStrictEqual(roundTrip([numbers, 'after']), structuredClone([numbers, 'after']));
            for (let i = 0; i < 300; i++) lane.send(i); // back to a small scratch
          }
        }
      }
    } finally {
      codec.BLOCK_LINE = line;
    }
  });

  it('marked objects are refused', () => {
    const marked = { a: 1 };
    codec.markUncloneable(marked);
    lane.send({ a: 1 });
    const start = codec.encode({ marked }, null);
    assert.deepStrictEqual(codec.foreign, [marked]);
    codec.release(start);
  });

  it('the scratch grows for a burst and shrinks after it', () => {
    const line = codec.BLOCK_LINE;
    codec.BLOCK_LINE = Infinity;
    lane.send('x'.repeat(8e6));
    codec.BLOCK_LINE = line;
    for (let i = 0; i < 1000; i++) lane.send(i);
    assert.ok(codec.scratch.length <= 64 * 1024, `${codec.scratch.length}`);
  });

  it('holds on to nothing it has sent', async function () {
    const refs = [];
    (() => {
      const many = Array.from({ length: 100 }, () => ({}));
      const value = { list: [{ a: 1 }], map: new Map([[{}, new Set([{}])]]), many };
      const foreign = new SharedArrayBuffer(8);
      for (const object of [value, value.list[0], value.map, value.many[99], foreign]) refs.push(new WeakRef(object));
      codec.serialize(value);
      lane.send({ ...value, foreign });
    })();
    await new Promise((resolve) => { setImmediate(resolve); });
    gc();
    assert.deepStrictEqual(refs.map((ref) => ref.deref()), refs.map(() => undefined));
  });

  it('numbers that name nothing are corrupt', () => {
    const send = (bytes, foreign = null) => codec.decode(Uint8Array.from([0, ...bytes]), 0, bytes.length + 1, foreign);
    const nothing = [
      [0x8b, 99, 99, 0, 0], [0x8b, 0, 0, 0, 0x80], [0xa0, 0, 0, 0, 0], [0xa1, 0, 0, 0, 0], [0xa2, 9, 0, 0, 0],
      [0xa3, 9, 0, 0, 0, 1], [0xa4, 9, 0, 0, 0, 1, 1], [0xbf],
    ];
    for (const bytes of nothing) {
      assert.throws(() => send(bytes), { code: 'ERR_RINGPORT_CORRUPT' });
    }
    assert.throws(() => send([0xa1, 1, 0, 0, 0], ['only']), { code: 'ERR_RINGPORT_CORRUPT' });
    assert.strictEqual(send([0xa1, 0, 0, 0, 0], ['only']), 'only');
  });

  it('numbers of shapes, ports and blocks mean nothing to deserialize()', () => {
    for (let i = 0; i < 20; i++) lane.send({ numbered: 1 });
    for (const hex of ['8b00000000', 'a200000000', 'a30000000000']) {
      assert.throws(() => codec.deserialize(Buffer.from(`b70100${hex}`, 'hex')), { code: 'ERR_RINGPORT_CORRUPT' });
    }
  });
});
