'use strict';

/*
 * encode-arrays.js - arrays: dense, with extra keys, sparse; integers and doubles in
 * bulk.
 *
 * Few arrays have keys beyond their indices, but each must be asked, and asking is what
 * an array costs: there is no direct way, and listing all keys makes a string of each
 * index. So it is done in the way that is cheapest for the length: by listing the keys,
 * or by having Node look for them for another purpose.
 */

const { isDeepStrictEqual } = require('node:util');
const op = require('./ops');
const { w, reserve } = require('./scratch');
const core = require('./encode-core');

const { walk } = core;

const { keys: keysOf, values: valuesOf } = Object;
const hasOwn = Object.hasOwn;
const { getPrototypeOf, prototype: objectPrototype } = Object;
const { prototype: arrayPrototype } = Array;
/** A quarter of what a property descriptor costs. */
const { __lookupGetter__: lookupGetter } = objectPrototype;

/**
 * Lengths up to which listing the keys is the cheapest check: of any array, and of
 * numbers.
 */
const SOME = 64;
const SOME_NUMBERS = 32;
/**
 * From there up to here, listing the values is for integers. Accessors, if an array of
 * integers should have any, are called twice by it; elsewhere each is called once.
 */
const VALUES = 160;
/** Numbers are packed from this length on. */
const PACKED = 8;

/**
 * Whether all keys are indices. Not every array with holes that has no other keys is said
 * to be so.
 */
function hasOnlyElements(array, length) {
  if (length > SOME && mayBait() && hasValue(array, 0)) return takesBait(array, length);
  const keys = keysOf(array);
  // Indices come first: if the last of so many keys is the last index, all of them are
  // indices.
  return keys.length === length && (length === 0 || keys[length - 1] === `${length - 1}`);
}

/** Whether the element is the array's own, and reading it runs no getter. */
function hasValue(array, index) {
  return hasOwn(array, index) && lookupGetter.call(array, index) === undefined;
}

/*
 * Node looks for keys that are no indices when it compares arrays, natively and without a
 * string for each index. It goes on to the elements if there are none: so it gets to the
 * first element of `bait`, or it does not.
 */
const bait = [];
let taken = false;
/**
 * Whether this Node compares arrays like that; undefined until the first one is asked
 * for.
 */
let works;

Object.defineProperty(bait, 0, {
  __proto__: null,
  get() {
    taken = true;
    return works; // no object: the comparison ends here
  },
  enumerable: true,
});

/** @param {unknown[]} array whose first element is no accessor: it is read */
function takesBait(array, length) {
  // Its constructor would be asked for.
  if (getPrototypeOf(array) !== arrayPrototype) return false;
  taken = false;
  bait.length = length;
  isDeepStrictEqual(array, bait);
  return taken;
}

function mayBait() {
  if (works === undefined) {
    works = takesBait([1, 2], 2) && !takesBait(Object.assign([1, 2], { key: 3 }), 2);
  }
  return works;
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
  if (length >= PACKED && hasValue(array, 0)) {
    const first = array[0];
    if (typeof first === 'number') return writeNumbers(array, length, first);
  }
  if (hasOnlyElements(array, length)) writeElements(array, length, op.ARRAY);
  else writeUncommon(array, length);
}

/** An array that starts with a number: packed as long as numbers follow. */
function writeNumbers(array, length, first) {
  // The ends mostly tell how large integers are.
  let last = first;
  let isSimple;
  if (length <= SOME_NUMBERS) {
    isSimple = hasOnlyElements(array, length);
  } else if (length <= VALUES && isInteger(first)) {
    const values = valuesOf(array);
    last = values[length - 1];
    // A hole makes room for the value of another key, but see writeRest; so does a hidden
    // element, for the last one.
    isSimple = values.length === length && last === array[length - 1] &&
      getPrototypeOf(array) === arrayPrototype;
  } else {
    isSimple = mayBait() ? takesBait(array, length) : hasOnlyElements(array, length);
  }
  if (!isSimple) return writeUncommon(array, length);
  reserve(length * 8 + 8);
  const { view, pos } = w;
  // Taken beforehand: an accessor among the elements may encode another message.
  w.pos = pos + 5 + length * 8;
  if (!isInteger(first)) writeDoubles(array, length, pos, view, 0, first);
  else if (isByte(first) && isByte(last)) writeBytes(array, length, pos, view);
  else if (isShort(first) && isShort(last)) writeShorts(array, length, pos, view);
  else writeWords(array, length, pos, view, 0, first, 4);
}

/** Whether `value` is an integer of 32 bits, and not -0. */
function isInteger(value) {
  return typeof value === 'number' && (value | 0) === value && (value !== 0 || 1 / value > 0);
}

function isByte(value) {
  return typeof value === 'number' && value << 24 >> 24 === value && (value !== 0 || 1 / value > 0);
}

function isShort(value) {
  return typeof value === 'number' && value << 16 >> 16 === value && (value !== 0 || 1 / value > 0);
}

/*
 * Each element is read once. They start as the integers that the first one makes likely;
 * one that does not fit widens what has been written, and anything that is no number
 * turns it into an ordinary array.
 */

function writeBytes(array, length, pos, view) {
  for (let i = 0; i < length; i++) {
    const value = array[i];
    if (!isByte(value)) {
      return writeWords(array, length, pos, view, i, value, 1);
    }
    view.setInt8(pos + 5 + i, value);
  }
  finish(view, pos, op.INT8S, length, 1);
}

function writeShorts(array, length, pos, view) {
  for (let i = 0; i < length; i++) {
    const value = array[i];
    if (!isShort(value)) {
      return writeWords(array, length, pos, view, i, value, 2);
    }
    view.setInt16(pos + 5 + i * 2, value, true);
  }
  finish(view, pos, op.INT16S, length, 2);
}

/**
 * Go on from the element `start`, which has just been read as `value`, behind those of
 * `size` bytes.
 */
function writeWords(array, length, pos, view, start, value, size) {
  const at = pos + 5;
  for (let i = start - 1; i >= 0 && size < 4; i--) {
    const int = size === 1 ? view.getInt8(at + i) : view.getInt16(at + i * 2, true);
    view.setInt32(at + i * 4, int, true);
  }
  if (!isInteger(value)) return writeDoubles(array, length, pos, view, start, value);
  view.setInt32(at + start * 4, value, true);
  for (let i = start + 1; i < length; i++) {
    const int = array[i];
    if (!isInteger(int)) return writeDoubles(array, length, pos, view, i, int);
    view.setInt32(at + i * 4, int, true);
  }
  finish(view, pos, op.INT32S, length, 4);
}

/**
 * Go on from the element `start`, which has just been read as `value`, behind those of 4
 * bytes.
 */
function writeDoubles(array, length, pos, view, start, value) {
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

/**
 * The elements are in `view`, which is no longer the scratch if that has grown meanwhile.
 */
function finish(view, pos, code, length, size) {
  const end = pos + 5 + length * size;
  view.setUint8(pos, code);
  view.setUint32(pos + 1, length, true);
  if (view !== w.view) w.u8.set(new Uint8Array(view.buffer, pos, end - pos), pos);
  w.pos = end;
}

/**
 * The elements before `start` are doubles in the scratch, `value` is the one at `start`.
 */
function writeRest(array, length, pos, view, start, value) {
  if (length > SOME_NUMBERS && length <= VALUES && !hasOnlyElements(array, length)) {
    w.pos = pos;
    return writeUncommon(array, length);
  }
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

/**
 * The elements as they are when they are met: getters of earlier ones may have changed
 * them.
 */
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

/**
 * How many of the keys are indices: those come first. The elements may have changed
 * meanwhile.
 */
function indicesAmong(keys) {
  let count = 0;
  while (count < keys.length && INDEX.test(keys[count]) && keys[count] < 0xffffffff) count++;
  return count;
}

/**
 * Count, keys and values of the properties `keys` (from `start` on) that are still there.
 */
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
