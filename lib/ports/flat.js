'use strict';

/*
 * flat.js - posts and learns flat objects: those with a few properties, all primitive. C
 * writes and reads them with a generated one-line function per shape. The codec produces
 * the same bytes, but is faster only once V8 has optimized it, after thousands of
 * messages.
 */

const shapes = require('../codec/shapes');
const { binding, define, local, thresholds, FOR_FLAT } = require('../loading/native');
const { FIELDS, isOrdinary } = require('./is-flat');

define(FOR_FLAT);

const { postFlat } = binding;
const {
  getOwnPropertyDescriptor, hasOwn, is, keys: keysOf, prototype: objectPrototype,
} = Object;
const { getRoot, step } = shapes;
const { parse, stringify } = JSON;
const makeFunction = Function;

/** Number this many shapes on first use; later ones once they are frequent. */
const AT_ONCE = 64;
/** Give a shape up after this many objects that were not flat. */
const MISSES = 3;

/** Count of objects to post before the codec takes over. */
let left = thresholds.COLD_FLATS;
let numbered = 0;

/**
 * Make the function that posts objects of a shape. Like Node, it reads each property
 * once, in the order of the keys.
 * @returns {{ post: (slot: number, object: object) => unknown[] | undefined, misses:
 *   number } | null} post returns undefined, or the values if it has sent nothing
 */
function makeSender(node) {
  const keys = shapes.keysOf(node);

  if (keys.length === 0) return null;
  /* If a getter deleted such a key, the read would find Object.prototype's. */
  if (keys.some((key) => key in objectPrototype)) return null;
  if (node.id === -1) {
    numbered++;
    shapes.number(node, binding.internShape);
  }
  if (node.id < 0 || !shapes.countWriter()) return null;

  const list = keys.map((key) => `o[${stringify(key)}]`).join(', ');

  try {
    return {
      post: makeFunction('postFlat', `return (s, o) => postFlat(s, ${node.id}, ${list});`)(postFlat),
      misses: 0,
    };
  } catch {
    return null; // code generation is disabled, or the stack is full
  }
}

function senderOf(node) {
  if (node.send !== undefined) return node.send;
  if (node.keys !== null) return null; // too many shapes: it is not a node of the tree
  if (node.id === -1 && numbered >= AT_ONCE && ++node.uses < shapes.FREQUENT) return null;
  node.send = makeSender(node);
  return node.send;
}

/**
 * Post an object if it is flat.
 * @returns {object | undefined} undefined: sent, or the port is closed (see STATUS). Else
 *   nothing was sent, and the caller must send this: the object, or a copy of it if its
 *   getters have run.
 */
function post(slot, object) {
  if (left === 0 || local.marksMade || !isOrdinary(object)) return object;

  const keys = keysOf(object);
  let node = getRoot();

  if (keys.length > FIELDS) return object;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];

    node = node.key === key ? node.next : step(node, key);
  }

  const sender = senderOf(node);

  if (sender === null) return object;

  const values = sender.post(slot, object);

  if (values === undefined) {
    left--;
    return undefined;
  }
  if (++sender.misses > MISSES) node.send = null;
  return keys.every((key, i) => isUnchanged(getOwnPropertyDescriptor(object, key), values[i]))
    ? object : copyOf(object, keys, values);
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

/** Teach C to read objects of a shape, if it can. @param {number} id of the shape */
function learn(id) {
  const text = binding.shapeText(id);
  const keys = text === undefined ? [] : parse(text);
  let make;

  if (keys.length > 0 && keys.length <= FIELDS && !keys.includes('__proto__')) {
    const names = keys.map((_, i) => `v${i}`);
    const fields = keys.map((key, i) => `${stringify(key)}: v${i}`);

    try {
      make = makeFunction(...names, `return { ${fields.join(', ')} };`);
    } catch {
      // Code generation is disabled: the codec reads it.
    }
  }
  binding.setShape(id, make, keys.length);
}

module.exports = { learn, post };
