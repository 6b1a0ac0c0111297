'use strict';

/*
 * kinds.js - the values of values.js: at least one of each kind that structured clone
 * knows, and of each shape that is costly to somebody.
 *
 * make(i) returns variant i, of the same shape with other contents. A few dozen variants
 * are created beforehand and sent in turn.
 */

const vm = require('node:vm');

const list = (length, make) => Array.from({ length }, (_, i) => make(i));
const object = (length, entry) => Object.fromEntries(list(length, entry));
const random = () => Math.floor(Math.random() * 2 ** 32).toString(36);
const row = (i) => ({ id: i, name: `row ${i}`, score: i * 0.75 });
const flat = (text, length) => Array(length).fill(text).join('');

/** Some of the `of` optional fields, each with the chance `share`. */
function optional(of, share) {
  const some = {};

  for (let i = 0; i < of; i++) if (Math.random() < share) some[`field${i}`] = i;
  return some;
}

class Point {
  constructor(x) {
    this.x = x;
    this.y = x / 2;
    this.label = `point ${x}`;
  }
}
class Job extends EventTarget {
  constructor(i) {
    super();
    this.i = i;
  }
}
const Foreign = vm.runInNewContext(
  '(class Foreign { constructor(i) { this.i = i; this.s = `s${i}`; } })');

const shared = new SharedArrayBuffer(1024);
const nothing = (properties) => Object.assign(Object.create(null), properties);
const typed = (Type) => (i) => new Type(64).fill(Type.name.startsWith('Big') ? BigInt(i) : i % 100);

function error(i) {
  const made = new Error(`failure ${i}`);

  made.stack = `Error: failure ${i}\n    at read (/srv/app/lib/read.js:${i}:17)\n    at main (/srv/app/main.js:7:3)`;
  return made;
}

function tree(depth, i) {
  if (depth === 0) return { leaf: i };
  return { left: tree(depth - 1, i), right: tree(depth - 1, i + 1), depth };
}

function feature(i) {
  return {
    type: 'Feature',
    properties: { name: `region ${i}`, kind: 'area', population: i * 1000 },
    geometry: {
      type: 'Polygon',
      coordinates: [list(30, (n) => [i + n / 7, i - n / 9])],
    },
  };
}

function release(i) {
  return {
    name: 'left-pad', version: `1.${i}.0`, license: 'MIT', main: 'index.js', _id: `left-pad@1.${i}.0`,
    scripts: { test: 'node test', bench: 'node perf/perf.js' },
    keywords: ['leftpad', 'left', 'pad', 'padding', 'string'],
    devDependencies: { benchmark: '^2.1.0', tape: '*', [`dep-${i}`]: '1.0.0' },
    dist: { shasum: random() + random(), tarball: `https://registry.example.org/left-pad-1.${i}.0.tgz`, fileCount: 8 },
    maintainers: [{ name: 'someone', email: 'someone@example.org' }],
    _hasShrinkwrap: false, directories: {},
  };
}

function manifest() {
  return {
    _id: 'left-pad', name: 'left-pad', 'dist-tags': { latest: '1.29.0' },
    versions: object(30, (i) => [`1.${i}.0`, release(i)]),
    time: object(30, (i) => [`1.${i}.0`, `2016-03-${10 + i % 20}T12:00:00.000Z`]),
    readme: flat('left-pad pads on the left. ', 100),
  };
}

function database(i) {
  return {
    id: i, uuid: `${random()}-${random()}`, email: `user${i}@example.org`, balance: i / 7, active: i % 2 === 0,
    created: new Date(1.7e12 + i), updated: null, plan: 'basic', tags: ['a', 'b'], visits: i * 3,
  };
}

function sparse(length, step) {
  const array = [];

  for (let i = 0; i < length; i += step) array[i] = i;
  return array;
}

function linked(length) {
  let node = null;

  for (let i = 0; i < length; i++) node = { i, next: node };
  return node;
}

/** name: make, or [make, approximate bytes] of more than 4 KiB. */
const kinds = {
  'number': (i) => i,
  'double': (i) => i + 0.5,
  'boolean': (i) => i % 2 === 0,
  'undefined': () => undefined,
  'bigint, small': (i) => BigInt(i),
  'bigint, 64 bits': (i) => BigInt(i) * 12345678901234567n,
  'bigint, 4096 bits': (i) => 1n << BigInt(4090 - i),
  'string of 12': (i) => `message ${1000 + i}`,
  'string of 1 KiB': (i) => flat(String.fromCharCode(65 + i % 58), 1024),
  'string of 64 KiB': [(i) => flat(String.fromCharCode(65 + i % 58), 65536), 65536],
  'string of 1 MiB': [(i) => flat(String.fromCharCode(65 + i % 58), 1 << 20), 1 << 20],
  'wide string of 12': (i) => `\u4e00 ${1000000 + i} \u4e01`,
  'wide string of 1 KiB': (i) => flat(String.fromCharCode(0x416 + i % 58), 512),
  'wide string of 6 KiB': [(i) => flat(`\u4e00${i % 10}`, 1500), 6000],
  'wide string of 256 KiB': [(i) => flat(`\u4e00${i % 10}`, 65536), 262144],
  '2 fields': (i) => ({ action: 'pewpewpew', powerLevel: 9001 + i }),
  '5 fields': (i) => ({ id: i, name: `user ${i}`, email: `user${i}@example.org`, active: true, score: i / 8 }),
  '20 fields': (i) => object(20, (n) => [`field${n}`, n % 3 === 0 ? `value ${i}` : i + n]),
  '60 fields': (i) => object(60, (n) => [`field${n}`, i + n]),
  '130 fields': (i) => object(130, (n) => [`field${n}`, i + n]),
  '200 fields': [(i) => object(200, (n) => [`field${n}`, i + n]), 5000],
  '1000 fields': [(i) => object(1000, (n) => [`field${n}`, i + n]), 25000],
  '100 rows of 130 fields': [(i) => list(100, (n) => object(130, (k) => [`field${k}`, i + n + k])), 300000],
  'nested': (i) => ({
    id: i, user: { name: `user ${i}`, roles: ['reader', 'editor'] },
    items: list(3, (n) => ({ sku: `sku-${n}`, quantity: n, price: n * 2.5 + i })),
    meta: { created: 1.7e12 + i, flags: [true, false, null] },
  }),
  '20 rows': (i) => list(20, (n) => row(i + n)),
  '1000 rows': [(i) => list(1000, (n) => row(i + n)), 40000],
  '100 database rows': [(i) => list(100, (n) => database(i + n)), 20000],
  '10 objects, 6 of 12 optional fields': () => list(10, () => optional(12, 1 / 2)),
  '10 objects, 2 of 4 optional fields': () => list(10, () => optional(4, 1 / 2)),
  '100 objects, 10 of 20 optional fields': [() => list(100, () => optional(20, 1 / 2)), 6000],
  'dictionary of 10': () => object(10, (n) => [random(), n]),
  'dictionary of 100': () => object(100, (n) => [random(), n]),
  'dictionary of 100 objects': [() => object(100, (n) => [random(), { n }]), 5000],
  'dictionary of 10000': [() => object(10000, (n) => [random(), n]), 200000],
  '200 objects of their own keys': [() => list(200, (n) => ({ [random()]: n, [random()]: 1 })), 8000],
  '20 integer keys': (i) => object(20, (n) => [n * 3 + i, n]),
  '1000 integer keys': [(i) => object(1000, (n) => [n * 3 + i, n]), 10000],
  'class instance': (i) => new Point(i),
  '100 class instances': [(i) => list(100, (n) => new Point(i + n)), 5000],
  'instance of another context': (i) => new Foreign(i),
  '20 instances of another context': (i) => list(20, (n) => new Foreign(i + n)),
  'EventTarget subclass': (i) => new Job(i),
  'null prototype': (i) => nothing({ a: i, b: 'x' }),
  '100 null prototypes': [(i) => list(100, (n) => nothing({ a: i + n, b: 'x' })), 3000],
  'frozen': (i) => Object.freeze({ a: i, b: Object.freeze({ c: i }) }),
  'getters': (i) => ({ get a() { return i; }, b: i, get c() { return 'c'; } }),
  'same object twice': (i) => {
    const one = row(i);

    return { one, two: one };
  },
  'cycle': (i) => {
    const one = { i, self: null };

    one.self = one;
    return one;
  },
  'binary tree of 127': [(i) => tree(6, i), 5000],
  'list of 300': [(i) => ({ i, list: linked(300) }), 6000],
  '10 ints': (i) => list(10, (n) => i + n),
  '100 ints': (i) => list(100, (n) => i + n),
  '10000 ints': [(i) => list(10000, (n) => i + n), 40000],
  '1000 doubles': [(i) => list(1000, (n) => i + n / 7), 8000],
  'matrix of 100 x 100': [(i) => list(100, (n) => list(100, (m) => i + n / (m + 1))), 80000],
  '1000 pairs of ints': [(i) => list(1000, (n) => [n, n + i]), 20000],
  '100 strings': (i) => list(100, (n) => `text ${i + n}`),
  '1000 strings': [(i) => list(1000, (n) => `text number ${i + n}`), 20000],
  '100 strings of 100': [(i) => list(100, (n) => `${i + n} ${flat('words ', 16)}`), 10000],
  '100 wide strings': (i) => list(100, (n) => `\u4e00\u4e01\u4e02 ${i + n}`),
  'mixed array': (i) => [i, 'two', true, null, undefined, { n: i }, [1, 2], i / 7],
  'holey array of 20': (i) => sparse(20, 2 + i % 2),
  'sparse array of 1000': (i) => sparse(10000 + i, 10),
  'sparse array of 100 in 10000': (i) => sparse(10000 + i, 100),
  'array with keys': (i) => Object.assign(list(20, (n) => n), { index: i, input: 'text' }),
  'Date': (i) => new Date(1.7e12 + i),
  '100 Dates': (i) => list(100, (n) => new Date(1.7e12 + i + n)),
  'RegExp': (i) => new RegExp(`a${i}`, 'gi'),
  'boxed': (i) => [Object(i), Object(`text ${i}`), Object(true)],
  'Error': error,
  'Error with a cause': (i) => Object.assign(error(i), { cause: error(i + 1) }),
  '20 Errors': [(i) => list(20, (n) => error(i + n)), 5000],
  '100 bigints': [(i) => list(100, (n) => BigInt(i + n) * 12345678901234567890n), 3000],
  'Map of 1': (i) => new Map([['key', i]]),
  'Map of 10': (i) => new Map(list(10, (n) => [`key ${n}`, i + n])),
  'Map of 1000': [(i) => new Map(list(1000, (n) => [`key ${n}`, { n: i }])), 30000],
  'Map of 50000': [() => new Map(list(50000, (n) => [`key ${n}`, n])), 1 << 20],
  'Set of 10': (i) => new Set(list(10, (n) => `key ${i + n}`)),
  'Set of 50000': [() => new Set(list(50000, (n) => `key ${n}`)), 1 << 20],
  'ArrayBuffer of 256': (i) => new Uint8Array(256).fill(i).buffer,
  'bytes, 64': (i) => new Uint8Array(64).fill(i),
  'bytes, 1 KiB': (i) => new Uint8Array(1024).fill(i),
  'bytes, 16 KiB': [(i) => new Uint8Array(16384).fill(i), 16384],
  'bytes, 64 KiB': [(i) => new Uint8Array(65536).fill(i), 65536],
  'bytes, 256 KiB': [(i) => new Uint8Array(262144).fill(i), 262144],
  'bytes, 1 MiB': [(i) => new Uint8Array(1 << 20).fill(i), 1 << 20],
  ...Object.fromEntries([
    Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
    Float32Array, Float64Array, BigInt64Array, BigUint64Array,
  ].map((Type) => [Type.name, typed(Type)])),
  'DataView': (i) => new DataView(new Uint8Array(64).fill(i).buffer),
  'Buffer of the pool': (i) => Buffer.from(`text ${i}`),
  '20 Buffers of the pool': (i) => list(20, (n) => Buffer.from(`text ${i + n}`)),
  '100 views of one buffer': (i) => {
    const buffer = new ArrayBuffer(200);

    return list(100, (n) => new Uint8Array(buffer, n + i % 64, 1));
  },
  'resizable ArrayBuffer': (i) => new ArrayBuffer(64 + i, { maxByteLength: 256 }),
  'SharedArrayBuffer': () => shared,
  'SharedArrayBuffer and a number': (i) => ({ sab: shared, n: i }),
  'view of shared memory': (i) => ({ view: new Uint8Array(shared, i % 64, 8) }),
  '20 views of shared memory': (i) => list(20, (n) => new Uint8Array(shared, i % 64 + n, 8)),
  'GeoJSON': [(i) => ({ type: 'FeatureCollection', features: list(20, (n) => feature(i + n)) }), 20000],
  'metadata of a package': [manifest, 30000],
  'job with data': [(i) => ({ id: i, job: 'resize', data: new Uint8Array(4096).fill(i), options: { width: 100 } }), 4200],
  'log entry': (i) => ({ level: 30, time: 1.7e12 + i, pid: 1234, hostname: 'host', msg: `request ${i} completed`, responseTime: i / 3 }),
};

const MOST_VARIANTS = 64;
const VARIANT_BYTES = 4 * 1024 * 1024;

/** The approximate bytes of a kind; 1 for small ones. */
function bytesOf(name) {
  const [, bytes] = [kinds[name]].flat();

  return bytes ?? 1;
}

/** The variants of a kind: fewer of large ones. */
function variants(name) {
  const [make] = [kinds[name]].flat();
  const count = Math.max(4, Math.min(MOST_VARIANTS, Math.floor(VARIANT_BYTES / bytesOf(name))));

  return list(count, make);
}

module.exports = { names: Object.keys(kinds), variants, bytesOf };
