'use strict';

/*
 * is-plain.js - recognizes plain values, which C can write: primitives, and small trees
 * of ordinary objects and arrays of those. Tells what code a message needs by ring. Works
 * without loading flat.js or the codec.
 */

const { local } = require('../loading/native');

const { getPrototypeOf, keys: keysOf, prototype: objectPrototype } = Object;
const { __lookupGetter__: lookupGetter } = objectPrototype;
const { isArray, prototype: arrayPrototype } = Array;

/**
 * Limits of plain values: properties of an object, elements of an array, arguments of
 * postTree() (see describe()), nesting, and code units of a string in an object or array.
 */
const { FIELDS, ELEMENTS, VALUES, DEPTH, CHARACTERS } = require('../constants').plain;

/** No number of a shape, nor of an array. */
const NO_SHAPE = -100;
/** Stands before a number that begins an object or array in a description. */
const NODE = Symbol('node');

let isProxy = (value) => {
  ({ isProxy } = require('node:util').types);
  return isProxy(value);
};

/** Whether an object's prototype is Object.prototype, and it is not a proxy. */
function isOrdinary(object) {
  return !isProxy(object) && getPrototypeOf(object) === objectPrototype;
}

/** Whether C can write a value other than an object in an object or array. */
function isLeaf(value) {
  switch (typeof value) {
    case 'string': return value.length <= CHARACTERS;
    case 'number': case 'boolean': case 'undefined': return true;
    default: return value === null;
  }
}

/** Whether an array has all its elements and no other properties. */
function isDense({ length }, keys) {
  return keys.length === length && (length === 0 || keys[length - 1] === `${length - 1}`);
}

/**
 * Describe an object or array whose class and keys have been looked at, by its `number`
 * and its values. The other parameters are those of describe().
 */
function describeValues(value, keys, number, list, seen, depth, shapeOf) {
  if (number === NO_SHAPE) return false;
  seen.push(value);
  list.push(NODE, number);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];

    if (lookupGetter.call(value, key) !== undefined) return false;
    if (!describe(value[key], list, seen, depth + 1, shapeOf)) return false;
  }
  return list.length <= VALUES;
}

/**
 * Describe a tree of plain values: a leaf is itself; an object is NODE, its shape, its
 * values; an array is NODE, -1 - length, its elements. Runs no getter and no proxy.
 * @param {unknown[]} list receives the description; the first is for the slot
 * @param {object[]} seen receives the objects; a description cannot hold one twice
 * @param {number} depth DEPTH - 1: of leaves only; 0: of objects and arrays, too
 * @param {(keys: string[]) => number} shapeOf the number of a shape, or NO_SHAPE
 * @returns {boolean} false: C cannot write this value
 */
function describe(value, list, seen, depth, shapeOf) {
  if (typeof value !== 'object' || value === null) {
    list.push(value);
    return isLeaf(value) && list.length <= VALUES;
  }
  if (depth === DEPTH || seen.includes(value) || isProxy(value)) return false;

  const isList = isArray(value);

  if (getPrototypeOf(value) !== (isList ? arrayPrototype : objectPrototype)) return false;
  if (isList && value.length > ELEMENTS) return false;

  const keys = keysOf(value);

  if (isList ? !isDense(value, keys) : keys.length > FIELDS) return false;

  return describeValues(
    value, keys, isList ? -1 - keys.length : shapeOf(keys), list, seen, depth, shapeOf);
}

const anyShape = () => 0;

/** Whether C can write an object whose values are all leaves. */
function isFlat(object) {
  return !local.marksMade && describe(object, [0], [], DEPTH - 1, anyShape);
}

/** Whether C can write an object. */
function isPlain(object) {
  return !local.marksMade && describe(object, [0], [], 0, anyShape);
}

/** What a message needs to be loaded: nothing but C, flat.js, or the codec. */
const [FOR_PRIMITIVES, FOR_PLAIN, FOR_OBJECTS] = [0, 1, 2];

/**
 * @returns {number} what a value needs by ring: FOR_PRIMITIVES, FOR_PLAIN, FOR_OBJECTS
 */
function needOf(value) {
  if (typeof value !== 'object' || value === null) return FOR_PRIMITIVES;
  return isPlain(value) ? FOR_PLAIN : FOR_OBJECTS;
}

module.exports = {
  FIELDS, NO_SHAPE, FOR_PRIMITIVES, FOR_PLAIN, FOR_OBJECTS,
  describe, describeValues, isFlat, isOrdinary, isPlain, needOf,
};
