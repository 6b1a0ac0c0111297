'use strict';

/*
 * encode-arrays.js - writes arrays: dense, sparse, with extra keys, and packed numbers.
 *
 * Few arrays have keys other than their indices, but every array must be checked, and
 * that check dominates the cost of an array: JavaScript has no direct way, and listing
 * the keys creates a string for each index. Which check is cheapest depends on the
 * length; see hasOnlyElements() and writeNumbers().
 */

const { isDeepStrictEqual } = require('node:util');
const loss = require('./loss');
const op = require('./ops');
const { w, reserve } = require('./scratch');
const core = require('./encode-core');

const { walk } = core;

const { keys: keysOf, values: valuesOf } = Object;
const hasOwn = Object.hasOwn;
const { getPrototypeOf, prototype: objectPrototype } = Object;
const { prototype: arrayPrototype } = Array;
/** Costs a quarter of getOwnPropertyDescriptor(). */
const { __lookupGetter__: lookupGetter } = objectPrototype;

/**
 * Maximum lengths for which listing the keys is the cheapest check: for any array, and
 * for one of numbers.
 */
const SOME = 64;
const SOME_NUMBERS = 32;
/**
 * Maximum length for which an array of integers is checked by listing its values. That
 * calls an accessor among its elements twice; all other checks call it once.
 */
const VALUES = 160;
/** Longer arrays of strings that are not short lose, and sparse ones of more keys. */
const LIST = 32;
/** Minimum length of a packed array. */
const PACKED = 8;

/** Whether all keys are indices. May be false for an array with holes. */
function hasOnlyElements(array, length) {
  if (length > SOME && mayBait() && hasValue(array, 0)) return takesBait(array, length);
  const keys = keysOf(array);
  // Indices come first: if there are `length` keys and the last one is the last index,
  // all of them are indices.
  return keys.length === length && (length === 0 || keys[length - 1] === `${length - 1}`);
}

/** Whether the array has the element itself, and not as an accessor. */
function hasValue(array, index) {
  return hasOwn(array, index) && lookupGetter.call(array, index) === undefined;
}

/*
 * isDeepStrictEqual() first compares the non-index keys of two arrays, natively and
 * without creating strings. It compares elements only if these keys agree. `bait` has
 * none, so its first element is read only if the other array has none either.
 */
const bait = [];
let taken = false;
/** Whether this Node compares arrays in that order; undefined until tested. */
let works;

Object.defineProperty(bait, 0, {
  __proto__: null,
  get() {
    taken = true;
    return works; // not an object, so the comparison ends here
  },
  enumerable: true,
});

/**
 * Whether the array has no keys but indices.
 * @param {unknown[]} array its first element must not be an accessor, because it is read
 */
function takesBait(array, length) {
  // Otherwise the comparison would read its constructor.
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

/** Elements that are sampled of an array longer than PROBED, to find holes. */
const PROBES = 64;
const PROBED = 4096;

/** Whether to write an array by its keys, because it seems to consist mostly of holes. */
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
    if (typeof first === 'string' && length > LIST && first.length > 4) {
      walk.loss += length * (loss.LISTED_STRING + first.length * loss.BYTE);
    }
  }
  if (hasOnlyElements(array, length)) writeElements(array, length, op.ARRAY);
  else writeUncommon(array, length);
}

/** Write an array that starts with a number; packed if it consists of numbers. */
function writeNumbers(array, length, first) {
  // The first and last element usually tell which width all integers need.
  let last = first;
  let isSimple;
  if (length <= SOME_NUMBERS) {
    isSimple = hasOnlyElements(array, length);
  } else if (length <= VALUES && isInteger(first)) {
    const values = valuesOf(array);
    last = values[length - 1];
    // The number of values is also right with a hole and an extra key, which writeRest()
    // handles, or with a non-enumerable element and one, which shift the last value.
    isSimple = values.length === length && last === array[length - 1] &&
      getPrototypeOf(array) === arrayPrototype;
  } else {
    isSimple = mayBait() ? takesBait(array, length) : hasOnlyElements(array, length);
  }
  if (!isSimple) return writeUncommon(array, length);
  reserve(length * 8 + 8);
  const { view, pos } = w;
  // Claim the space first: an accessor among the elements may encode another message.
  w.pos = pos + 5 + length * 8;
  if (!isInteger(first)) writeDoubles(array, length, pos, view, 0, first);
  else if (isByte(first) && isByte(last)) writeBytes(array, length, pos, view);
  else if (isShort(first) && isShort(last)) writeShorts(array, length, pos, view);
  else writeWords(array, length, pos, view, 0, first, 4);
}

/** Whether `value` is a 32-bit integer other than -0. */
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
 * These functions read each element once. They begin with the narrowest integers that fit
 * the first and last element. A number that does not fit widens what has been written; a
 * value other than a number turns it into an ordinary array.
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
 * Continue with 32-bit integers.
 * @param {number} start index of the element just read, whose value is `value`
 * @param {number} size bytes of each element written before it
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
 * Continue with doubles. The elements before `start` are 32-bit integers, and the element
 * just read is `value`.
 */
function writeDoubles(array, length, pos, view, start, value) {
  const at = pos + 5;
  for (let i = start - 1; i >= 0; i--) {
    view.setFloat64(at + i * 8, view.getInt32(at + i * 4, true), true);
  }
  if (typeof value !== 'number') return writeRest(array, length, pos, view, start, value);
  view.setFloat64(at + start * 8, value, true);
  // A separate variable, so that the engine need not box each number.
  for (let i = start + 1; i < length; i++) {
    const number = array[i];
    if (typeof number !== 'number') return writeRest(array, length, pos, view, i, number);
    view.setFloat64(at + i * 8, number, true);
  }
  finish(view, pos, op.DOUBLES, length, 8);
}

/** Write the op and length. Copies the elements if the scratch has been replaced. */
function finish(view, pos, code, length, size) {
  const end = pos + 5 + length * size;
  view.setUint8(pos, code);
  view.setUint32(pos + 1, length, true);
  if (view !== w.view) w.u8.set(new Uint8Array(view.buffer, pos, end - pos), pos);
  w.pos = end;
}

/**
 * Continue as an ordinary array. The elements before `start` are doubles in `view`, and
 * the element just read is `value`.
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

/** Write each element as it is when reached: getters of earlier ones may change it. */
function writeElements(array, length, code) {
  const { holder } = walk;
  writeHeader(length, code);
  for (let i = 0; i < length; i++) {
    walk.holder = holder;
    writeElement(array, i, i < array.length ? array[i] : undefined);
  }
}

/** Write an array with holes or with keys other than indices. */
function writeUncommon(array, length) {
  const keys = keysOf(array);
  if (hasAllIndices(keys, length)) {
    writeElements(array, length, op.ARRAY_KEYS);
    const then = keysOf(array);
    writeKeys(array, then, indicesAmong(then, length));
    return;
  }
  if (keys.length > LIST) walk.loss += keys.length * loss.SPARSE_KEY;
  w.u8[w.pos++] = op.ARRAY_SPARSE;
  core.writeU32(length);
  writeKeys(array, keys, 0);
}

const INDEX = /^(?:0|[1-9]\d{0,9})$/;

/** Whether the keys 0 to length - 1 are among the keys. Indices come first, in order. */
function hasAllIndices(keys, length) {
  return keys.length >= length && (length === 0 || keys[length - 1] === `${length - 1}`);
}

/** Count the indices among the keys, of which there were `length`. */
function indicesAmong(keys, length) {
  let count = hasAllIndices(keys, length) ? length : 0;
  while (count < keys.length && INDEX.test(keys[count]) && keys[count] < 0xffffffff) count++;
  return count;
}

/**
 * Write the properties `keys`, from index `start` on: their number, then key and value of
 * each. Leaves out those that a getter has deleted.
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

module.exports = { writeArray };
