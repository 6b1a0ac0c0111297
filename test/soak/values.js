'use strict';

/* values.js - random values of all kinds, and a checksum that is equal for a clone. */

const { MessagePort } = require('node:worker_threads');

const below = (next, n) => Math.floor(next() * n);
const pick = (next, list) => list[below(next, list.length)];

function bytes(next, length) {
  const view = new Uint8Array(length);

  for (let i = 0, seed = below(next, 256); i < length; i++) view[i] = seed + i * 7 + (i >> 8);
  return view;
}

const list = (next, depth) => Array.from({ length: below(next, 5) }, () => value(next, depth + 1));

const LEAVES = [
  (next) => below(next, 100),
  (next) => (next() - 0.5) * 2 ** below(next, 60),
  (next) => pick(next, [undefined, null, true, false, NaN, -0, Infinity, '']),
  (next) => 'text '.repeat(below(next, 40)),
  (next) => '\u03bb\ud800 x'.repeat(below(next, 40)),
  (next) => BigInt(below(next, 2 ** 30)) ** BigInt(below(next, 6)) * -1n,
  (next) => new Date(below(next, 2 ** 40)),
  (next) => new RegExp(`a{${below(next, 9)}}`, 'gi'),
  (next) => bytes(next, below(next, 300)),
  (next) => new Float64Array([next(), next()]),
  (next) => new DataView(bytes(next, 16).buffer, 4, 8),
  (next) => new RangeError(`error ${below(next, 9)}`),
  (next) => bytes(next, below(next, 100)).buffer,
  () => new SharedArrayBuffer(8),
];
const BRANCHES = [
  list,
  (next, depth) => ({ id: below(next, 100), name: `name ${below(next, 9)}`, list: list(next, depth) }),
  (next, depth) => Object.fromEntries(list(next, depth).map((one, i) => [`key${below(next, 9)}${i}`, one])),
  (next, depth) => new Map(list(next, depth).map((one, i) => [i, one])),
  (next, depth) => new Set(list(next, depth)),
  (next, depth) => { const one = { v: value(next, depth + 1) }; one.self = one; return [one, one]; },
];

/**
 * A size, usually small; one in 60 is too large for a record, one in 600 for a segment.
 */
function value(next, depth = 0) {
  if (depth === 0 && next() < 1 / 60) return bytes(next, 20000 + below(next, 300000));
  if (depth === 0 && next() < 1 / 600) return [bytes(next, 2 ** 21), 'x'.repeat(2 ** 20)];
  if (depth < 4 && next() < 0.4) return pick(next, BRANCHES)(next, depth);
  return pick(next, LEAVES)(next);
}

const mix = (sum, n) => Math.imul(sum ^ n, 0x01000193) ^ (sum >>> 13);

function text(sum, string) {
  for (let i = 0; i < string.length; i++) sum = mix(sum, string.charCodeAt(i));
  return mix(sum, string.length);
}

/**
 * @param {unknown} whole
 * @param {object[]} [found] receives every object that contains a port
 * @returns {number} a checksum of types, contents, order and identity
 */
function digest(whole, found = []) {
  const seen = new Map();
  let sum = 0x811c9dc5 | 0;

  const walk = (one) => {
    if (typeof one !== 'object' || one === null) {
      sum = text(sum, `${typeof one} ${Object.is(one, -0) ? '-0' : String(one)}`);
      return;
    }
    if (seen.has(one)) {
      sum = mix(sum, seen.get(one));
      return;
    }
    seen.set(one, seen.size + 1);
    if (one instanceof MessagePort) sum = mix(sum, 1);
    else if (one instanceof Date || one instanceof RegExp) sum = text(sum, `${Number(one)} ${one}`);
    else if (one instanceof Error) sum = text(sum, `${one.name} ${one.message}`);
    else if (one instanceof Map || one instanceof Set) {
      sum = text(sum, one.constructor.name);
      for (const item of one) walk(item);
    } else if (ArrayBuffer.isView(one) || one instanceof ArrayBuffer || one instanceof SharedArrayBuffer) {
      const { buffer = one, byteOffset = 0, byteLength } = one;
      const view = new Uint8Array(buffer, byteOffset, byteLength);

      sum = text(sum, `${one.constructor.name} ${byteLength}`);
      for (let i = 0; i < byteLength; i++) sum = mix(sum, view[i]);
    } else {
      sum = text(sum, Array.isArray(one) ? `array ${one.length}` : 'object');
      if (one.port instanceof MessagePort) found.push(one);
      for (const key of Object.keys(one)) {
        sum = text(sum, key);
        walk(one[key]);
      }
    }
  };

  walk(whole);
  return sum;
}

module.exports = { below, pick, bytes, value, digest };
