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

const { keys: keysOf, values: valuesOf } = Object;
const hasOwn = Object.hasOwn;
const arrayPrototype = Array.prototype;
const { getPrototypeOf, getOwnPropertyDescriptor } = Object;

/** Lengths up to which listing the keys is the cheapest check. */
const FEW = 8;
const SOME = 64;
/** Lengths of integers up to which listing the values beats `inspect`. */
const MANY = 128;
/** Packed numbers are worth it from here on. */
const BULK = 8;

/** Prints the extra keys of an array and none of its elements, without running getters. */
const inspectExtras = {
  maxArrayLength: 0, depth: 0, customInspect: false, showHidden: false, colors: false, compact: true,
  breakLength: Infinity, showProxy: false, getters: false, sorted: false, maxStringLength: 16,
};

function hasOnlyElements(array, length) {
  if (length > SOME && getPrototypeOf(array) === arrayPrototype) {
    return inspect(array, inspectExtras) === `[ ... ${length} more items ]`;
  }
  return keysOf(array).length === length && (length === 0 || hasOwn(array, length - 1));
}

function writeArray(array) {
  const { length } = array;
  if (length >= BULK) {
    const first = getOwnPropertyDescriptor(array, 0);
    if (first !== undefined && typeof first.value === 'number') return writeNumbers(array, length);
  }
  if (hasOnlyElements(array, length)) writeElements(array, length, op.ARRAY);
  else writeUncommon(array, length);
}

/** An array that starts with a number: packed as long as numbers follow. */
function writeNumbers(array, length) {
  const first = array[0];
  if (length > FEW && length <= MANY && (first | 0) === first) {
    const values = valuesOf(array);
    if (values.length === length && isPacked(values, array)) return writePacked(values, length);
  }
  if (hasOnlyElements(array, length)) writePacked(array, length);
  else writeUncommon(array, length);
}

/** Whether `values` are the elements: all small integers and none of them that of an extra key. */
function isPacked(values, array) {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if ((value | 0) !== value || value !== array[i]) return false;
  }
  return true;
}

/**
 * Each element is read once. It starts as int32; the first other number widens what has been
 * written to doubles, and anything that is no number turns it into an ordinary array.
 */
function writePacked(array, length) {
  reserve(length * 8 + 8);
  const at = w.pos + 5;
  const { view } = w;
  let i = 0;
  let low = 0;
  let high = 0;
  for (; i < length; i++) {
    const value = array[i];
    const int = value | 0;
    if (int !== value || (int === 0 && 1 / value < 0)) return writePackedDoubles(array, length, at, i, value);
    if (int < low) low = int;
    else if (int > high) high = int;
    view.setInt32(at + i * 4, int, true);
  }
  let size = 4;
  if (low >= -128 && high < 128) {
    size = 1;
    for (i = 0; i < length; i++) view.setInt8(at + i, view.getInt32(at + i * 4, true));
  } else if (low >= -32768 && high < 32768) {
    size = 2;
    for (i = 0; i < length; i++) view.setInt16(at + i * 2, view.getInt32(at + i * 4, true), true);
  }
  w.u8[w.pos] = size === 1 ? op.INT8S : size === 2 ? op.INT16S : op.INT32S;
  view.setUint32(w.pos + 1, length, true);
  w.pos = at + length * size;
}

/** Go on from the element `start`, which has just been read as `value`. */
function writePackedDoubles(array, length, at, start, value) {
  const { view } = w;
  for (let i = start - 1; i >= 0; i--) view.setFloat64(at + i * 8, view.getInt32(at + i * 4, true), true);
  let i = start;
  for (;;) {
    if (typeof value !== 'number') return writeRest(array, length, at, i, value);
    view.setFloat64(at + i * 8, value, true);
    if (++i === length) break;
    value = array[i];
  }
  w.u8[w.pos] = op.DOUBLES;
  view.setUint32(w.pos + 1, length, true);
  w.pos = at + length * 8;
}

/** The elements before `start` are doubles in the scratch, `value` is the one at `start`. */
function writeRest(array, length, at, start, value) {
  const numbers = new Array(start);
  for (let i = 0; i < start; i++) numbers[i] = w.view.getFloat64(at + i * 8, true);
  writeHeader(length, op.ARRAY);
  for (let i = 0; i < start; i++) {
    if (w.pos > w.limit) reserve(0);
    core.writeNumber(numbers[i]);
  }
  writeElement(array, start, value);
  for (let i = start + 1; i < length; i++) writeElement(array, i, i < array.length ? array[i] : undefined);
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
  writeHeader(length, code);
  for (let i = 0; i < length; i++) writeElement(array, i, i < array.length ? array[i] : undefined);
}

/**
 * Arrays with holes or with keys that are no indices.
 */
function writeUncommon(array, length) {
  const keys = keysOf(array);
  let elements = 0;
  while (elements < length && elements < keys.length && keys[elements] === String(elements)) elements++;
  if (elements === length) {
    writeElements(array, length, op.ARRAY_KEYS);
    writeKeys(array, keysOf(array), length);
    return;
  }
  w.u8[w.pos++] = op.ARRAY_SPARSE;
  core.writeU32(length);
  writeKeys(array, keys, 0);
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
