'use strict';

/*
 * is-flat.js - which objects C writes, and so what a message needs by ring. flat.js and
 * the codec need not be loaded to know.
 */

const { local } = require('../loading/native');

const { getPrototypeOf, keys: keysOf, prototype: objectPrototype } = Object;
const { __lookupGetter__: lookupGetter } = objectPrototype;

/** Properties of one object at most (RP_FLAT_MAX). */
const FIELDS = 16;

let isProxy = (value) => {
  ({ isProxy } = require('node:util').types);
  return isProxy(value);
};

/** Whether an object inherits of Object.prototype alone, and is no proxy. */
function isOrdinary(object) {
  return !isProxy(object) && getPrototypeOf(object) === objectPrototype;
}

/** Whether C writes it; undefined it leaves: there may be no such property any more. */
function isField(value) {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ||
    value === null;
}

/** Whether an object has a few properties, all primitive; nothing of it is run. */
function isFlat(object) {
  if (local.marksMade || !isOrdinary(object)) return false;

  const keys = keysOf(object);

  if (keys.length === 0 || keys.length > FIELDS) return false;
  for (let i = 0; i < keys.length; i++) {
    if (lookupGetter.call(object, keys[i]) !== undefined || !isField(object[keys[i]])) return false;
  }
  return true;
}

/** What needOf() answers: C alone, flat.js, the codec. */
const [FOR_PRIMITIVES, FOR_FLATS, FOR_OBJECTS] = [0, 1, 2];

/** What a value needs by ring. */
function needOf(value) {
  if (typeof value !== 'object' || value === null) return FOR_PRIMITIVES;
  return isFlat(value) ? FOR_FLATS : FOR_OBJECTS;
}

module.exports = { FIELDS, FOR_PRIMITIVES, FOR_FLATS, FOR_OBJECTS, isFlat, isOrdinary, needOf };
