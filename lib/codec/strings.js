'use strict';

/*
 * strings.js - creates strings from bytes.
 *
 * A native call costs at least 50 ns, as much as a whole small message. Messages often
 * contain the same strings, so those of up to 16 characters are cached: in a table of
 * fixed size, indexed by a hash of the bytes.
 */

const { Buffer } = require('../loading/builtins');

const { latin1Slice, ucs2Slice } = Buffer.prototype;
const { fromCharCode } = String;

const SLOTS = 1024;
/** Maximum length of a cached string. */
const CACHED = 16;
/** Bounds of `lucks`. */
const LUCKY = 64;
const TRIAL = 32;
const PAUSE = -512;

/** For each slot: the length, and the words that latin1() compares. */
const table = new Int32Array(SLOTS * 8);
const values = new Array(SLOTS).fill('');

/**
 * For each length, how many misses remain until the cache is bypassed for -PAUSE strings;
 * if negative, how many of those remain. A miss doubles the cost of a string.
 */
const lucks = new Int16Array(CACHED + 1).fill(LUCKY);

/** Read a latin1 string of 0 to 63 characters at `pos`. */
function latin1(u8, view, pos, length) {
  if (length > CACHED) return make(u8, pos, length);
  if (length === 0) return '';
  const luck = lucks[length];
  if (luck < 0) {
    lucks[length] = luck === -1 ? TRIAL : luck + 1;
    return make(u8, pos, length);
  }
  let a;
  let b = 0;
  let c = 0;
  let d = 0;
  if (length >= 4) {
    // Words from the start, and the last four bytes: together they cover every byte.
    a = view.getInt32(pos, true);
    d = view.getInt32(pos + length - 4, true);
    if (length > 8) {
      b = view.getInt32(pos + 4, true);
      if (length > 12) c = view.getInt32(pos + 8, true);
    }
  } else {
    a = u8[pos];
    if (length > 1) {
      b = u8[pos + 1];
      if (length > 2) c = u8[pos + 2];
    }
  }
  let hash = Math.imul(a ^ length, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  hash ^= Math.imul(c, 0xc2b2ae35) ^ Math.imul(d, 0x27d4eb2f);
  hash ^= hash >>> 15;
  const slot = hash & (SLOTS - 1);
  const at = slot * 8;
  if (table[at] === length && table[at + 1] === a && table[at + 2] === b && table[at + 3] === c &&
      table[at + 4] === d) {
    if (luck < LUCKY) lucks[length] = luck + 1;
    return values[slot];
  }
  lucks[length] = luck === 0 ? PAUSE : luck - 1;
  const string = make(u8, pos, length);
  table[at] = length;
  table[at + 1] = a;
  table[at + 2] = b;
  table[at + 3] = c;
  table[at + 4] = d;
  values[slot] = string;
  return string;
}

/** Create a string. fromCharCode() is fast only with a fixed number of arguments. */
function make(u, p, length) {
  switch (length) {
    case 1: return fromCharCode(u[p]);
    case 2: return fromCharCode(u[p], u[p + 1]);
    case 3: return fromCharCode(u[p], u[p + 1], u[p + 2]);
    case 4: return fromCharCode(u[p], u[p + 1], u[p + 2], u[p + 3]);
    case 5: return fromCharCode(u[p], u[p + 1], u[p + 2], u[p + 3], u[p + 4]);
    case 6: return fromCharCode(u[p], u[p + 1], u[p + 2], u[p + 3], u[p + 4], u[p + 5]);
    case 7: return fromCharCode(u[p], u[p + 1], u[p + 2], u[p + 3], u[p + 4], u[p + 5], u[p + 6]);
    case 8: return fromCharCode(
      u[p], u[p + 1], u[p + 2], u[p + 3], u[p + 4], u[p + 5], u[p + 6], u[p + 7]);
    case 9: return fromCharCode(
      u[p], u[p + 1], u[p + 2], u[p + 3], u[p + 4], u[p + 5], u[p + 6], u[p + 7], u[p + 8]);
    case 10: return fromCharCode(
      u[p], u[p + 1], u[p + 2], u[p + 3], u[p + 4], u[p + 5], u[p + 6], u[p + 7], u[p + 8],
      u[p + 9]);
    case 11: return fromCharCode(
      u[p], u[p + 1], u[p + 2], u[p + 3], u[p + 4], u[p + 5], u[p + 6], u[p + 7], u[p + 8],
      u[p + 9], u[p + 10]);
    case 12: return fromCharCode(
      u[p], u[p + 1], u[p + 2], u[p + 3], u[p + 4], u[p + 5], u[p + 6], u[p + 7], u[p + 8],
      u[p + 9], u[p + 10], u[p + 11]);
    case 13: return fromCharCode(
      u[p], u[p + 1], u[p + 2], u[p + 3], u[p + 4], u[p + 5], u[p + 6], u[p + 7], u[p + 8],
      u[p + 9], u[p + 10], u[p + 11], u[p + 12]);
    case 14: return fromCharCode(
      u[p], u[p + 1], u[p + 2], u[p + 3], u[p + 4], u[p + 5], u[p + 6], u[p + 7], u[p + 8],
      u[p + 9], u[p + 10], u[p + 11], u[p + 12], u[p + 13]);
    case 15: return fromCharCode(
      u[p], u[p + 1], u[p + 2], u[p + 3], u[p + 4], u[p + 5], u[p + 6], u[p + 7], u[p + 8],
      u[p + 9], u[p + 10], u[p + 11], u[p + 12], u[p + 13], u[p + 14]);
    case 16: return fromCharCode(
      u[p], u[p + 1], u[p + 2], u[p + 3], u[p + 4], u[p + 5], u[p + 6], u[p + 7], u[p + 8],
      u[p + 9], u[p + 10], u[p + 11], u[p + 12], u[p + 13], u[p + 14], u[p + 15]);
    case 17: return fromCharCode(
      u[p], u[p + 1], u[p + 2], u[p + 3], u[p + 4], u[p + 5], u[p + 6], u[p + 7], u[p + 8],
      u[p + 9], u[p + 10], u[p + 11], u[p + 12], u[p + 13], u[p + 14], u[p + 15], u[p + 16]);
    case 18: return fromCharCode(
      u[p], u[p + 1], u[p + 2], u[p + 3], u[p + 4], u[p + 5], u[p + 6], u[p + 7], u[p + 8],
      u[p + 9], u[p + 10], u[p + 11], u[p + 12], u[p + 13], u[p + 14], u[p + 15], u[p + 16],
      u[p + 17]);
    case 19: return fromCharCode(
      u[p], u[p + 1], u[p + 2], u[p + 3], u[p + 4], u[p + 5], u[p + 6], u[p + 7], u[p + 8],
      u[p + 9], u[p + 10], u[p + 11], u[p + 12], u[p + 13], u[p + 14], u[p + 15], u[p + 16],
      u[p + 17], u[p + 18]);
    case 20: return fromCharCode(
      u[p], u[p + 1], u[p + 2], u[p + 3], u[p + 4], u[p + 5], u[p + 6], u[p + 7], u[p + 8],
      u[p + 9], u[p + 10], u[p + 11], u[p + 12], u[p + 13], u[p + 14], u[p + 15], u[p + 16],
      u[p + 17], u[p + 18], u[p + 19]);
    case 21: return fromCharCode(
      u[p], u[p + 1], u[p + 2], u[p + 3], u[p + 4], u[p + 5], u[p + 6], u[p + 7], u[p + 8],
      u[p + 9], u[p + 10], u[p + 11], u[p + 12], u[p + 13], u[p + 14], u[p + 15], u[p + 16],
      u[p + 17], u[p + 18], u[p + 19], u[p + 20]);
    case 22: return fromCharCode(
      u[p], u[p + 1], u[p + 2], u[p + 3], u[p + 4], u[p + 5], u[p + 6], u[p + 7], u[p + 8],
      u[p + 9], u[p + 10], u[p + 11], u[p + 12], u[p + 13], u[p + 14], u[p + 15], u[p + 16],
      u[p + 17], u[p + 18], u[p + 19], u[p + 20], u[p + 21]);
    case 23: return fromCharCode(
      u[p], u[p + 1], u[p + 2], u[p + 3], u[p + 4], u[p + 5], u[p + 6], u[p + 7], u[p + 8],
      u[p + 9], u[p + 10], u[p + 11], u[p + 12], u[p + 13], u[p + 14], u[p + 15], u[p + 16],
      u[p + 17], u[p + 18], u[p + 19], u[p + 20], u[p + 21], u[p + 22]);
    case 24: return fromCharCode(
      u[p], u[p + 1], u[p + 2], u[p + 3], u[p + 4], u[p + 5], u[p + 6], u[p + 7], u[p + 8],
      u[p + 9], u[p + 10], u[p + 11], u[p + 12], u[p + 13], u[p + 14], u[p + 15], u[p + 16],
      u[p + 17], u[p + 18], u[p + 19], u[p + 20], u[p + 21], u[p + 22], u[p + 23]);
    default: return latin1Slice.call(u, p, p + length);
  }
}

/** Read a latin1 string of any length. */
function longLatin1(u8, pos, length) {
  return latin1Slice.call(u8, pos, pos + length);
}

/** Read a UTF-16 string of `length` code units. */
function utf16(u8, view, pos, length) {
  if (length <= 8) {
    let string = '';
    for (let i = 0; i < length; i++) string += fromCharCode(view.getUint16(pos + i * 2, true));
    return string;
  }
  return ucs2Slice.call(u8, pos, pos + length * 2);
}

module.exports = { latin1, longLatin1, utf16 };
