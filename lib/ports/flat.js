'use strict';

/*
 * flat.js - objects with a few properties that are all primitive, as most messages of
 * programs are: C writes and reads them, with no more than a function of one line for
 * each shape. The codec is quicker once V8 has compiled it, which takes it thousands of
 * messages. The bytes are the same.
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

/** So many shapes get their number at once, more when they have been met often. */
const AT_ONCE = 64;
/** Objects of one shape that were not flat, after which no more of it are looked at. */
const MISSES = 3;

/** Objects more that are to go this way. */
let left = thresholds.COLD_FLATS;
let numbered = 0;

/**
 * What posts objects of a shape: reads the properties in the order of their keys, each
 * once, as Node does.
 * @returns {{ post: (slot: number, object: object) => unknown[] | undefined, misses:
 *   number } | null} post: undefined, or nothing is sent and these are the values
 */
function makeSender(node) {
  const keys = shapes.keysOf(node);

  if (keys.length === 0) return null;
  /* Once a getter has deleted one of these, another would be read. */
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
  if (node.keys !== null) return null; // one of many: it is no node of the tree
  if (node.id === -1 && numbered >= AT_ONCE && ++node.uses < shapes.FREQUENT) return null;
  node.send = makeSender(node);
  return node.send;
}

/**
 * Post an object by a port, if it is flat.
 * @returns {object | undefined} undefined: it is sent, or the port is closed, as STATUS
 *   says. Else nothing is sent, and this is to be sent: the object, or if its getters
 *   have run, a copy of it.
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

/**
 * Whether a property is as it has been read: no getter has made it, or changed it since.
 */
function isUnchanged(property, value) {
  return property !== undefined && property.enumerable && hasOwn(property, 'value') &&
    is(property.value, value);
}

/**
 * What has been read of an object. A property that a getter has deleted is not there any
 * more.
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

/** A message of this shape has come: have C read it, if it can. @param {number} id */
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
      // the codec reads it
    }
  }
  binding.setShape(id, make, keys.length);
}

module.exports = { learn, post };
