'use strict';

/*
 * reader-shapes.js - creates objects whose keys are known. A frequent shape gets a
 * generated reader, which consists of an object literal. Where code generation is
 * disabled, a reader copies a template. Both define the properties, so no setter runs.
 */

const { Buffer } = require('../loading/builtins');

const { corrupt } = require('./errors');
const { hooks } = require('./hooks');

/** Maximum number of keys of a shape with a generated reader. */
const MAX_COMPILED = 1024;
/**
 * For more keys than LITERAL, V8 makes a literal by its runtime: 15 us in Node 26. Up to
 * BUILT, a constructor takes a tenth of that.
 */
const LITERAL = 127;
const BUILT = 256;
/** Objects of a shape that are read before its reader is generated. */
const FREQUENT = 8;
/** Slots of the cache of shapes that came with messages. */
const SLOTS = 512;
/** Maximum bytes of a cached shape's keys. */
const MAX_TEXT = 16 * 1024;

const { latin1Slice } = Buffer.prototype;
const { parse, stringify } = JSON;
const { isArray } = Array;
const { defineProperty } = Object;
const objectPrototype = Object.prototype;
const makeFunction = Function;

let mayCompile = true;

/** Define an own property, even if `prototype` has a setter for the key. */
function define(object, key, value, prototype = objectPrototype) {
  if (key in prototype) {
    defineProperty(object, key,
      { __proto__: null, value, writable: true, enumerable: true, configurable: true });
  } else {
    object[key] = value;
  }
}

class Shape {
  /** As in a message: u32 hash, u32 length, keys. Null unless cached. */
  entry = null;
  uses = 0;
  template = null;

  constructor(keys) {
    this.keys = keys;
    this.read = readPlainly;
    this.readShared = readPlainly;
  }
}

/** Both readers of a shape until generated ones replace them. A method of Shape. */
function readPlainly(r, readValue) {
  const { keys } = this;
  if (++this.uses === FREQUENT && mayCompile && keys.length <= MAX_COMPILED) {
    compile(this);
    return r.objects === null ? this.read(r, readValue) : this.readShared(r, readValue);
  }
  if (keys.length > r.end - r.pos) throw corrupt('an object');
  const object = {};
  if (r.objects !== null) r.objects[r.objects.length] = object;
  for (let i = 0; i < keys.length; i++) define(object, keys[i], readValue());
  return object;
}

function readByTemplate(r, readValue) {
  const { keys } = this;
  const object = { ...this.template };
  if (r.objects !== null) r.objects[r.objects.length] = object;
  for (let i = 0; i < keys.length; i++) object[keys[i]] = readValue();
  return object;
}

function compile(shape) {
  const { keys } = shape;
  // In a literal, only a computed "__proto__" is an ordinary property.
  const names = keys.map((key) => (key === '__proto__' ? '["__proto__"]' : stringify(key)));
  const literal = names.map((name) => `${name}: readValue()`).join(', ');
  const blank = names.map((name) => `${name}: undefined`).join(', ');
  const fill = keys.map((key) => `o[${stringify(key)}] = readValue();`).join(' ');
  try {
    shape.read = makeFunction('r', 'readValue', `return { ${literal} };`);
    shape.readShared = makeFunction('r', 'readValue',
      `const o = { ${blank} }; r.objects[r.objects.length] = o; ${fill} return o;`);
    if (keys.length > LITERAL && keys.length <= BUILT) build(shape);
  } catch (error) {
    if (error instanceof EvalError) mayCompile = false; // else the stack is full
    shape.template = {};
    for (const key of keys) define(shape.template, key, undefined);
    shape.read = shape.readShared = readByTemplate;
  }
}

/**
 * Replace the readers by constructors with Object.prototype as their prototype. Those
 * assign, so the literals remain for keys that Object.prototype has, now or later.
 */
function build(shape) {
  const { keys, read, readShared } = shape;
  const names = keys.map((key) => stringify(key));
  const fill = names.map((name) => `this[${name}] = readValue();`).join(' ');
  const inherited = names.map((name) => `${name} in p`).join(' || ');
  const construct = (number) => makeFunction('p', 'read', `
    function Object(r, readValue) {
      ${number} ${fill}
    }
    Object.prototype = p;
    return (r, readValue) => (${inherited} ? read(r, readValue) : new Object(r, readValue));`);

  shape.read = construct('')(objectPrototype, read);
  shape.readShared =
    construct('r.objects[r.objects.length] = this;')(objectPrototype, readShared);
}

/** @param {string} text the keys as JSON @throws {RingportError} ERR_RINGPORT_CORRUPT */
function parseShape(text) {
  let keys;
  try {
    keys = parse(text);
  } catch {
    throw corrupt('the keys of a shape');
  }
  if (!isArray(keys)) throw corrupt('the keys of a shape');
  for (let i = 0; i < keys.length; i++) {
    if (typeof keys[i] !== 'string') throw corrupt('the keys of a shape');
  }
  return new Shape(keys);
}

/** Shapes by their id in the process-wide registry. */
const shapes = [];

function shapeOfId(id) {
  const text = hooks.shapeKeys === null ? undefined : hooks.shapeKeys(id);
  if (typeof text !== 'string') throw corrupt('a shape');
  const shape = parseShape(text);
  while (shapes.length <= id) shapes.push(undefined);
  shapes[id] = shape;
  return shape;
}

/** The cache of shapes that came with messages, by hash. */
const remembered = new Array(SLOTS).fill(null);

/**
 * Read the shapes at the end of the message, and move r.end before them.
 * @param {number} offset of the message
 * @returns {Shape[]}
 * @throws {RingportError} ERR_RINGPORT_CORRUPT
 */
function readShapes(r, offset) {
  const { u8, view } = r;
  const last = r.end - 8;
  if (last < offset + 2) throw corrupt('its shapes');
  const count = view.getUint32(last, true);
  let pos = offset + view.getUint32(last + 4, true);
  if (pos < offset + 2 || pos > last || count * 8 > last - pos) throw corrupt('its shapes');
  r.end = pos;
  const locals = new Array(count);
  for (let i = 0; i < count; i++) {
    if (pos + 8 > last) throw corrupt('its shapes');
    const hash = view.getUint32(pos, true);
    const length = view.getUint32(pos + 4, true);
    if (length > last - pos - 8) throw corrupt('its shapes');
    locals[i] = hash === 0 || length > MAX_TEXT ?
        parseShape(latin1Slice.call(u8, pos + 8, pos + 8 + length)) :
        shapeOfEntry(u8, view, hash, pos, length + 8);
    pos += length + 8;
  }
  if (pos !== last) throw corrupt('its shapes');
  return locals;
}

/** Get the shape of an entry from the cache, or parse it and cache it. */
function shapeOfEntry(u8, view, hash, pos, size) {
  const slot = hash & (SLOTS - 1);
  const known = remembered[slot];
  if (known !== null && isSame(known.entry, view, pos, size)) return known;
  const shape = parseShape(latin1Slice.call(u8, pos + 8, pos + size));
  const copy = new Uint8Array(size);
  for (let i = 0; i < size; i++) copy[i] = u8[pos + i];
  shape.entry = new DataView(copy.buffer);
  remembered[slot] = shape;
  return shape;
}

/** Compare an entry by 32-bit words; the last one overlaps. */
function isSame(entry, view, pos, size) {
  if (entry.byteLength !== size) return false;
  const last = size - 4;
  for (let i = 0; i < last; i += 4) {
    if (entry.getInt32(i) !== view.getInt32(pos + i)) return false;
  }
  return entry.getInt32(last) === view.getInt32(pos + last);
}

module.exports = { shapes, shapeOfId, readShapes, define };
