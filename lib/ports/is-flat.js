'use strict';

/*
 * is-flat.js - recognizes flat objects, which C can write, and tells what code a message
 * needs by ring. Works without loading flat.js or the codec.
 */

const { local } = require('../loading/native');

const { getPrototypeOf, keys: keysOf, prototype: objectPrototype } = Object;
const { __lookupGetter__: lookupGetter } = objectPrototype;

/** Limit of properties of a flat object (RP_FLAT_MAX). */
const FIELDS = 16;

let isProxy = (value) => {
  ({ isProxy } = require('node:util').types);
  return isProxy(value);
};

/** Whether an object's prototype is Object.prototype, and it is not a proxy. */
function isOrdinary(object) {
  return !isProxy(object) && getPrototypeOf(object) === objectPrototype;
}

/**
 * Whether C can write it. Not undefined: the property may have been deleted meanwhile.
 */
function isField(value) {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ||
    value === null;
}

/** Whether an object is flat. Runs no getter and no proxy. */
function isFlat(object) {
  if (local.marksMade || !isOrdinary(object)) return false;

  const keys = keysOf(object);

  if (keys.length === 0 || keys.length > FIELDS) return false;
  for (let i = 0; i < keys.length; i++) {
    if (lookupGetter.call(object, keys[i]) !== undefined || !isField(object[keys[i]])) return false;
  }
  return true;
}

/** What a message needs to be loaded: nothing but C, flat.js, or the codec. */
const [FOR_PRIMITIVES, FOR_FLATS, FOR_OBJECTS] = [0, 1, 2];

/**
 * @returns {number} what a value needs by ring: FOR_PRIMITIVES, FOR_FLATS, FOR_OBJECTS
 */
function needOf(value) {
  if (typeof value !== 'object' || value === null) return FOR_PRIMITIVES;
  return isFlat(value) ? FOR_FLATS : FOR_OBJECTS;
}

module.exports = { FIELDS, FOR_PRIMITIVES, FOR_FLATS, FOR_OBJECTS, isFlat, isOrdinary, needOf };
