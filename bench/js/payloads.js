'use strict';

/*
 * payloads.js - the messages. make(i) returns variant i: of the same shape, with other
 * values, so that caching earlier values does not help. Senders cycle through variants
 * that were created beforehand, so creating them is not part of a message's cost.
 */

/* Thousands of small variants, more than a cache of strings holds; few large ones, so
 * that they stay in the processor's caches like newly created ones. Powers of two. */
const MOST_VARIANTS = 4096;
const FEWEST_VARIANTS = 64;
const VARIANT_BYTES = 4 * 1024 * 1024;

/** A flat string (not a rope): `length` times `text`. */
function flat(text, length) {
  return Array(length).fill(text).join('');
}

function bytes(length, i) {
  return new Uint8Array(length).fill(i + 1);
}

/** `count` ArrayBuffers of 1 KiB, to be transferred. */
function buffers(count, i) {
  return Array.from({ length: count }, () => bytes(1024, i).buffer);
}

function row(i) {
  return { id: i, name: `row ${i}`, score: i * 0.75 };
}

/** Objects as created by literals, JSON.parse and database drivers. */
function twentyFields(i) {
  return {
    count0: i, ratio0: i / 8, label0: `value ${i}`, flag0: (i & 1) === 0,
    count4: i + 4, ratio4: (i + 4) / 8, label4: `value ${i}`, flag4: (i & 4) === 0,
    count8: i + 8, ratio8: (i + 8) / 8, label8: `value ${i}`, flag8: (i & 8) === 0,
    count12: i + 12, ratio12: (i + 12) / 8, label12: `value ${i}`, flag12: (i & 12) === 0,
    count16: i + 16, ratio16: (i + 16) / 8, label16: `value ${i}`, flag16: (i & 16) === 0,
  };
}

/** The same, created key by key: V8 stores such objects as hash tables. */
function twentyKeys(i) {
  const object = {};
  for (const [key, value] of Object.entries(twentyFields(i))) object[key] = value;
  return object;
}

/* size: the approximate bytes of a message, which limit the messages in flight. */
const payloads = {
  'number': { size: 8, make: (i) => i },
  'string 12': { size: 12, make: (i) => `message ${1000 + i}` },
  '{action, powerLevel}': {
    size: 40, make: (i) => ({ action: 'pewpewpew', powerLevel: 9001 + i }),
  },
  '5 fields': {
    size: 100,
    make: (i) => ({
      id: i, name: `user ${i}`, email: `user${i}@example.org`, active: i % 3 === 0,
      score: i / 8,
    }),
  },
  '1 KiB bytes': { size: 1024, make: (i) => bytes(1024, i) },
  '64 KiB bytes': { size: 65536, make: (i) => bytes(65536, i) },
  '1 MiB bytes': { size: 1048576, make: (i) => bytes(1048576, i) },
  '1 KiB string': { size: 1024, make: (i) => flat(String.fromCharCode(65 + i % 58), 1024) },
  '128 UTF-16': { size: 256, make: (i) => flat(String.fromCharCode(0x416 + i % 58), 128) },
  '1 KiB UTF-16': { size: 1024, make: (i) => flat(String.fromCharCode(0x416 + i % 58), 512) },
  '20 fields': { size: 400, make: twentyFields },
  'nested': {
    size: 300,
    make: (i) => ({
      id: i,
      user: { name: `user ${i}`, roles: ['reader', 'editor'] },
      items: [1, 2, 3].map((n) => ({ sku: `sku-${n}`, quantity: n, price: n * 2.5 + i })),
      meta: { created: 1.7e12 + i, flags: [true, false, null] },
    }),
  },
  '20 computed keys': { size: 400, make: twentyKeys },
  '20 rows': { size: 1000, make: (i) => Array.from({ length: 20 }, (_, n) => row(i + n)) },
  '100 ints': { size: 200, make: (i) => Array.from({ length: 100 }, (_, n) => i + n) },
  '100 large ints': { size: 500, make: (i) => Array.from({ length: 100 }, (_, n) => i * n * 100) },
  'Map': { size: 60, make: (i) => new Map([['first', i], ['second', `value ${i}`]]) },
  'Map of 10': {
    size: 200, make: (i) => new Map(Array.from({ length: 10 }, (_, n) => [`key ${n}`, i + n])),
  },
  'Date': { size: 16, make: (i) => new Date(1.7e12 + i) },
  'transfer 1': { size: 1024, make: (i) => buffers(1, i), transfer: true },
  'transfer 16': { size: 16384, make: (i) => buffers(16, i), transfer: true },
  'transfer 64': { size: 65536, make: (i) => buffers(64, i), transfer: true },
};

/** The names of all payloads, in the order of the tables. */
const names = Object.keys(payloads);

/** The payloads of --quick. */
const fewNames = names.slice(0, 6);

/** The variants of payload `name`; their number is a power of two. */
function variants(name) {
  const { size, make } = payloads[name];
  let count = MOST_VARIANTS;
  while (count > FEWEST_VARIANTS && count * size > VARIANT_BYTES) {
    count /= 2;
  }
  return Array.from({ length: count }, (_, i) => make(i));
}

module.exports = { payloads, names, fewNames, variants };
