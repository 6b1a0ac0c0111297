'use strict';

/*
 * flat.js - posts plain values that are objects or arrays (see is-plain.js). C writes
 * flat objects, whose values are all leaves, by a generated one-line function per shape,
 * and other plain values by a list that describes them. It reads each object by a
 * generated function (see learn.js). The codec produces the same bytes, but is faster
 * only once V8 has optimized it, after thousands of messages.
 */

const shapes = require('../codec/shapes');
const { binding, define, local, thresholds, FOR_FLAT } = require('../loading/native');
const { FIELDS, NO_SHAPE, describe, describeValues, isOrdinary } = require('./is-plain');

/** What a nested object or array counts for towards COLD_FLATS: C is slower at it. */
const { NESTED } = require('../constants').plain;

define(FOR_FLAT);

const { postCall: postCallTree, postFlat, postTree } = binding;
const {
  getOwnPropertyDescriptor, hasOwn, is, keys: keysOf, prototype: objectPrototype,
} = Object;
const { getRoot, step } = shapes;
const { stringify } = JSON;
const { apply } = Reflect;
const { isArray } = Array;
const makeFunction = Function;

/** Number this many shapes on first use; later ones once they are frequent. */
const AT_ONCE = 64;
/** Give a way up, for a shape or for arrays, after this many that it could not post. */
const MISSES = 3;

/** Count of objects and arrays to post before the codec takes over. */
let left = thresholds.COLD_FLATS;
let numbered = 0;
let arrayMisses = 0;
/**
 * After an object of more than MANY keys, do not look at so many: listing the keys of a
 * dictionary takes a third of the time that Node needs for the message.
 */
const MANY = 256;
const UNSEEN = 16;
let unseen = 0;

/**
 * Make the function that posts flat objects of a shape. Like Node, it reads each property
 * once, in the order of the keys.
 * @returns {((slot: number, object: object) => unknown[] | undefined) | null} a function
 *   that returns undefined, or the values if it has sent nothing
 */
function makePost(node) {
  const keys = shapes.keysOf(node);

  /* If a getter deleted such a key, the read would find Object.prototype's. */
  if (keys.length === 0 || keys.some((key) => key in objectPrototype)) return null;
  if (!shapes.countWriter()) return null;

  const list = keys.map((key) => `o[${stringify(key)}]`).join(', ');

  try {
    return makeFunction('postFlat', `return (s, o) => postFlat(s, ${node.id}, ${list});`)(postFlat);
  } catch {
    return null; // code generation is disabled, or the stack is full
  }
}

/** Have a number for a shape. @returns {boolean} false: it has none (yet) */
function isNumbered(node) {
  if (node.id !== -1) return node.id >= 0;
  if (node.keys !== null) return false; // too many shapes: it is not a node of the tree
  if (numbered >= AT_ONCE && ++node.uses < shapes.FREQUENT) return false;
  numbered++;
  shapes.number(node, binding.internShape);
  return node.id >= 0;
}

/** @returns {object | null} how objects of a shape are sent; null: not by C (yet) */
function senderOf(node) {
  if (node.send === undefined && isNumbered(node)) {
    node.send = { post: makePost(node), flatMisses: 0, misses: 0 };
  }
  return node.send ?? null;
}

/** Walk from the root of the tree of shapes to the node for these keys. */
function nodeOf(keys) {
  let node = getRoot();

  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];

    node = node.key === key ? node.next : step(node, key);
  }
  return node;
}

/** @returns {number} the number of the shape with these keys, or NO_SHAPE (yet) */
function shapeOf(keys) {
  const node = nodeOf(keys);

  return isNumbered(node) ? node.id : NO_SHAPE;
}

/** Count objects that C has written. */
function spend(count) {
  left -= count;
  /* The codec is to be loaded at once, and not after so many by Node. */
  if (left <= 0) local.objectsPosted = thresholds.COLD_OBJECTS;
}

/**
 * Post what describe() has described, if it could.
 * @returns {boolean} false: C cannot write it, nothing was sent
 */
function postDescribed(isPlain, list, objects) {
  if (!isPlain || !apply(postTree, undefined, list)) return false;
  spend(1 + (objects.length - 1) * NESTED);
  return true;
}

/** Post an array if it is plain. @returns {object | undefined} as post() */
function postArray(slot, array) {
  if (arrayMisses > MISSES || !isArray(array)) return array;

  const list = [slot];
  const objects = [];

  if (postDescribed(describe(array, list, objects, 0, shapeOf), list, objects)) return undefined;
  arrayMisses++;
  return array;
}

/**
 * Post an object or array if it is plain.
 * @returns {object | undefined} undefined: sent, or the port is closed (see STATUS). Else
 *   nothing was sent, and the caller must send this: the object, or a copy of it if its
 *   getters have run.
 */
function post(slot, object) {
  if (left <= 0 || local.marksMade) return object;
  if (unseen > 0) {
    unseen--;
    return object;
  }
  if (!isOrdinary(object)) return postArray(slot, object);

  const keys = keysOf(object);

  if (keys.length > FIELDS) {
    if (keys.length > MANY) unseen = UNSEEN;
    return object;
  }

  const node = nodeOf(keys);
  const sender = senderOf(node);

  if (sender === null) return object;
  if (sender.post !== null) {
    const values = sender.post(slot, object);

    if (values === undefined) {
      spend(1);
      return undefined;
    }
    if (++sender.flatMisses > MISSES) sender.post = null;
    if (!keys.every((key, i) => isUnchanged(getOwnPropertyDescriptor(object, key), values[i]))) {
      return copyOf(object, keys, values);
    }
  }

  const list = [slot];
  const objects = [];
  const isPlain = describeValues(object, keys, node.id, list, objects, 0, shapeOf);

  if (postDescribed(isPlain, list, objects)) return undefined;
  if (++sender.misses > MISSES) node.send = null;
  return object;
}

/**
 * Send a part of a request if its value is plain: a primitive, an object or an array.
 * @param {number} kind and `id`: its words; see request/calls.js
 * @returns {boolean} false: C cannot write it, nothing was sent. Else see STATUS
 */
function postCall(slot, kind, id, value) {
  if (left <= 0 || local.marksMade) return false;

  const list = [slot, kind, id];
  const objects = [];

  if (!describe(value, list, objects, 0, shapeOf)) return false;
  if (!apply(postCallTree, undefined, list)) return false;
  if (objects.length > 0) spend(1 + (objects.length - 1) * NESTED);
  return true;
}

/** Whether a property is a data property that still has the value that was read. */
function isUnchanged(property, value) {
  return property !== undefined && property.enumerable && hasOwn(property, 'value') &&
    is(property.value, value);
}

/**
 * Copy an object from the values that were read. Omits properties that a getter deleted.
 */
function copyOf(object, keys, values) {
  const copy = {};

  keys.forEach((key, i) => {
    const value = values[i];

    if (value === undefined && !hasOwn(object, key)) return;
    Object.defineProperty(copy, key,
      { __proto__: null, value, writable: true, enumerable: true, configurable: true });
  });
  return copy;
}

module.exports = { post, postCall };
