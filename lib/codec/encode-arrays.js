'use strict';

/*
 * encode-arrays.js - arrays: dense, with extra keys, sparse; integers and doubles in bulk.
 *
 * Few arrays have keys beyond their indices, but each must be asked, and asking is what an
 * array costs: there is no direct way, and listing all keys makes a string of each index.
 * `plainLength` picks the cheapest of three ways by length.
 */

const { inspect } = require('node:util');
const op = require('./ops');
const { w, reserve } = require('./scratch');
const core = require('./encode');

const { walk } = core;

const { keys: keysOf, values: valuesOf } = Object;
const hasOwn = Object.hasOwn;
const arrayPrototype = Array.prototype;
const { getPrototypeOf, getOwnPropertyDescriptor } = Object;
const { includes } = Array.prototype;

/** Lengths up to which listing the keys is the cheapest check. */
const SOME = 64;
/** Numbers are packed from this length on. */
const PACKED = 8;
/**
 * Between these lengths listing the values beats both other ways for integers. It runs accessors, if
 * an array of numbers should have any: they are called several times. Elsewhere each is called once.
 */
const VALUES_FROM = 33;
const VALUES_TO = 128;

/** Prints the extra keys of an array and none of its elements, without running any getter. */
const inspectExtras = { maxArrayLength: 0, customInspect: false, depth: 0, compact: true };
const AROUND = '[ ...  more items ]'.length;

function hasOnlyElements(array, length) {
  if (length > SOME && getPrototypeOf(array) === arrayPrototype) {
    try {
      // `[ ... 100 more items ]`; anything else makes it longer.
      return inspect(array, inspectExtras).length === AROUND + digitsOf(length);
    } catch {
      // It trips over odd errors among the extra keys.
      return false;
    }
  }
  const keys = keysOf(array);
  // Indices come first: if the last of so many keys is the last index, all of them are indices.
  return keys.length === length && (length === 0 || keys[length - 1] === `${length - 1}`);
}

function digitsOf(number) {
  let digits = 1;
  for (let n = number; n >= 10; n /= 10) digits++;
  return digits;
}

/** Long arrays are asked at this many places whether they are mostly holes. */
const PROBES = 64;
const PROBED = 4096;

/** Arrays of holes cost what their elements cost, not what their length says. */
function isMostlyHoles(array, length) {
  let holes = 0;
  for (let i = 0; i < PROBES; i++) {
    if (!hasOwn(array, Math.floor((length - 1) * i / PROBES))) holes++;
  }
  return holes > PROBES / 2;
}

function writeArray(array) {
  const { length } = array;
  if (length > PROBED && isMostlyHoles(array, length)) return writeUncommon(array, length);
  if (length >= PACKED) {
    const first = getOwnPropertyDescriptor(array, 0);
    if (first !== undefined && typeof first.value === 'number') {
      return writeNumbers(array, length, first.value);
    }
  }
  if (hasOnlyElements(array, length)) writeElements(array, length, op.ARRAY);
  else writeUncommon(array, length);
}

/** An array that starts with a number: packed as long as numbers follow. */
function writeNumbers(array, length, first) {
  const isInt = (first | 0) === first;
  if (isInt && length >= VALUES_FROM && length <= VALUES_TO) {
    if (valuesOf(array).length === length && writeSmallIntegers(array, length)) return;
  }
  if (!hasOnlyElements(array, length)) return writeUncommon(array, length);
  reserve(length * 8 + 8);
  if (isInt) writePacked(array, length);
  else startDoubles(array, length, first);
}

/**
 * Write an array with as many values as it is long, if all of its elements are integers of up to 16
 * bits and none is a hole: were one of the values that of an extra key, there would be a hole.
 */
function writeSmallIntegers(array, length) {
  reserve(length * 2 + 8);
  const { u8, pos } = w;
  // Taken beforehand: an accessor among the elements may encode another message.
  w.pos = pos + 5 + length * 2;
  const bits = copySmallIntegers(array, length, u8, pos + 5);
  const good = bits >= 0 && !includes.call(array, undefined);
  if (good && bits > 127) copyTwoBytes(array, length, u8, pos + 5);
  if (!good || w.u8 !== u8) {
    w.pos = pos;
    return false;
  }
  u8[pos] = bits > 127 ? op.INT16S : op.INT8S;
  w.view.setUint32(pos + 1, length, true);
  if (bits < 128) w.pos -= length;
  return true;
}

function copyTwoBytes(array, length, u8, pos) {
  for (let i = 0, at = pos; i < length; i++) {
    const int = array[i];
    u8[at++] = int;
    u8[at++] = int >> 8;
  }
}

/**
 * Write the elements as bytes.
 * @returns {number} the bits that are in any of their magnitudes, -1: not all are such integers
 */
function copySmallIntegers(array, length, u8, pos) {
  let bits = 0;
  for (let i = 0; i < length; i++) {
    const value = array[i];
    if (typeof value !== 'number') return -1;
    const int = value | 0;
    if (int !== value || (int === 0 && 1 / value < 0)) return -1;
    bits |= int ^ (int >> 31);
    u8[pos + i] = int;
  }
  return bits > 32767 ? -1 : bits;
}

/**
 * Each element is read once. It starts as int32; the first other number widens what has been
 * written to doubles, and anything that is no number turns it into an ordinary array.
 */
function writePacked(array, length) {
  const { view, pos } = w;
  const at = pos + 5;
  // Taken beforehand: an accessor among the elements may encode another message.
  w.pos = at + length * 8;
  let bits = 0;
  for (let i = 0; i < length; i++) {
    const value = array[i];
    const int = typeof value === 'number' ? value | 0 : 0;
    if (int !== value || (int === 0 && 1 / value < 0)) {
      return writePackedDoubles(array, length, pos, view, i, value);
    }
    bits |= int ^ (int >> 31);
    view.setInt32(at + i * 4, int, true);
  }
  const size = bits < 128 ? 1 : bits < 32768 ? 2 : 4;
  if (size === 1) narrow8(view, at, length);
  else if (size === 2) narrow16(view, at, length);
  finish(view, pos, size === 1 ? op.INT8S : size === 2 ? op.INT16S : op.INT32S, length, size);
}

function narrow8(view, at, length) {
  for (let i = 0; i < length; i++) view.setInt8(at + i, view.getInt32(at + i * 4, true));
}

function narrow16(view, at, length) {
  for (let i = 0; i < length; i++) {
    view.setInt16(at + i * 2, view.getInt32(at + i * 4, true), true);
  }
}

function startDoubles(array, length, first) {
  const { view, pos } = w;
  w.pos = pos + 5 + length * 8;
  writePackedDoubles(array, length, pos, view, 0, first);
}

/** Go on from the element `start`, which has just been read as `value`. */
function writePackedDoubles(array, length, pos, view, start, value) {
  const at = pos + 5;
  for (let i = start - 1; i >= 0; i--) {
    view.setFloat64(at + i * 8, view.getInt32(at + i * 4, true), true);
  }
  if (typeof value !== 'number') return writeRest(array, length, pos, view, start, value);
  view.setFloat64(at + start * 8, value, true);
  // A variable of its own, so that the engine need not box each number.
  for (let i = start + 1; i < length; i++) {
    const number = array[i];
    if (typeof number !== 'number') return writeRest(array, length, pos, view, i, number);
    view.setFloat64(at + i * 8, number, true);
  }
  finish(view, pos, op.DOUBLES, length, 8);
}

/** The elements are in `view`, which is no longer the scratch if that has grown meanwhile. */
function finish(view, pos, code, length, size) {
  const end = pos + 5 + length * size;
  view.setUint8(pos, code);
  view.setUint32(pos + 1, length, true);
  if (view !== w.view) w.u8.set(new Uint8Array(view.buffer, pos, end - pos), pos);
  w.pos = end;
}

/** The elements before `start` are doubles in the scratch, `value` is the one at `start`. */
function writeRest(array, length, pos, view, start, value) {
  const numbers = new Array(start);
  for (let i = 0; i < start; i++) numbers[i] = view.getFloat64(pos + 5 + i * 8, true);
  w.pos = pos;
  writeHeader(length, op.ARRAY);
  for (let i = 0; i < start; i++) {
    if (w.pos > w.limit) reserve(0);
    core.writeNumber(numbers[i]);
  }
  writeElement(array, start, value);
  for (let i = start + 1; i < length; i++) {
    writeElement(array, i, i < array.length ? array[i] : undefined);
  }
}

function writeHeader(length, code) {
  if (code === op.ARRAY && length < 16) {
    w.u8[w.pos++] = op.SMALL_ARRAY + length;
  } else {
    w.u8[w.pos++] = code;
    core.writeU32(length);
  }
}

function writeElement(array, index, value) {
  if (w.pos > w.limit) reserve(0);
  if (value !== undefined || hasOwn(array, index)) core.writeValue(value);
  else w.u8[w.pos++] = op.HOLE;
}

/** The elements as they are when they are met: getters of earlier ones may have changed them. */
function writeElements(array, length, code) {
  const { holder } = walk;
  writeHeader(length, code);
  for (let i = 0; i < length; i++) {
    walk.holder = holder;
    writeElement(array, i, i < array.length ? array[i] : undefined);
  }
}

/**
 * Arrays with holes or with keys that are no indices.
 */
function writeUncommon(array, length) {
  const keys = keysOf(array);
  let elements = 0;
  while (elements < length && keys[elements] === String(elements)) elements++;
  if (elements === length) {
    writeElements(array, length, op.ARRAY_KEYS);
    const then = keysOf(array);
    writeKeys(array, then, indicesAmong(then));
    return;
  }
  w.u8[w.pos++] = op.ARRAY_SPARSE;
  core.writeU32(length);
  writeKeys(array, keys, 0);
}

const INDEX = /^(?:0|[1-9]\d{0,9})$/;

/** How many of the keys are indices: those come first. The elements may have changed meanwhile. */
function indicesAmong(keys) {
  let count = 0;
  while (count < keys.length && INDEX.test(keys[count]) && keys[count] < 0xffffffff) count++;
  return count;
}

/** Count, keys and values of the properties `keys` (from `start` on) that are still there. */
function writeKeys(object, keys, start) {
  reserve(0);
  const at = w.pos;
  w.pos += 4;
  let count = 0;
  for (let i = start; i < keys.length; i++) {
    const key = keys[i];
    if (!hasOwn(object, key)) continue;
    if (w.pos > w.limit) reserve(0);
    core.writeString(key);
    core.writeValue(object[key]);
    count++;
  }
  w.view.setUint32(at, count, true);
}

module.exports = { writeArray, writeKeys };
