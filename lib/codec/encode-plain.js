'use strict';

/*
 * encode-plain.js - writes plain objects in two passes: the keys, which determine the
 * shape, then the values.
 *
 * For-in over an object with a hidden class costs one comparison per key, however many
 * shapes the loop has seen. The values of a frequent shape are read by a function
 * generated for it, whose property loads stay monomorphic. Where code generation is
 * disabled, a loop reads them.
 */

const { types } = require('node:util');
const op = require('./ops');
const loss = require('./loss');
const shapes = require('./shapes');
const { hooks } = require('./hooks');
const { w, reserve } = require('./scratch');
const core = require('./encode-core');

const { walk, putNumber, putString } = core;
const { STALE, counts, getRoot, startOf, step, countWriter, keysOf, pathOf } = shapes;
const { hasOwn, keys: listKeys, prototype: objectPrototype } = Object;
const { stringify } = JSON;
const makeFunction = Function;

/** Objects of a shape that are written before its writer is generated. */
const FREQUENT = 32;

/** Keys that a generated function writes. */
const PART = 128;

/** Keys above which the reader has no quick constructor; see reader-shapes.js. */
const WIDE = 256;

let mayCompile = true;

module.exports = { writePlain, writeListed };

/** Write an object whose prototype is Object.prototype. */
function writePlain(object) {
  if (walk.inherits) return writeListed(object, objectPrototype);
  const start = startOf(walk.holder);
  let node = start;
  for (const key in object) {
    if (node.key === key) {
      node = node.next;
    } else {
      if (node === start && isArguments(object, key)) return core.loadOthers().refuse(object);
      node = step(node, key);
    }
  }
  if (node === start) {
    const others = core.loadOthers();

    if (!others.isPlainBySlots(object)) return others.writeOther(object, objectPrototype);
    node = getRoot();
  }
  writeShape(object, node, null);
}

/** Write an object that may inherit properties, also enumerable ones. */
function writeListed(object, prototype) {
  const keys = listKeys(object);
  const start = startOf(walk.holder);
  let node = start;
  if (keys.length === 0) node = getRoot();
  else if (isArguments(object, keys[0])) return core.loadOthers().refuse(object);
  for (let i = 0; i < keys.length; i++) {
    node = node.key === keys[i] ? node.next : step(node, keys[i]);
  }
  writeShape(object, node, prototype);
}

/** An arguments object looks like a plain object with the keys 0, 1, ... */
function isArguments(object, key) {
  return key === '0' && types.isArgumentsObject(object);
}

/**
 * Write an object as the shape `node`.
 * @param {object | null} prototype null: the object inherits only from Object.prototype
 */
function writeShape(object, node, prototype) {
  const { u8, pos: at } = w;
  node.uses++;
  const written = (counts.keys + node.depth) | 0;
  counts.keys = written;
  if (((written - node.last) | 0) > STALE) noteStale(node);
  node.last = written;
  if (node.depth > WIDE) walk.loss += node.depth * loss.WIDE_KEY;
  if (node.id === -1 && !walk.alone && hooks.internShape !== null) shapes.touch(node, hooks);
  const id = node.id >= 0 && !walk.alone ? node.id : localShape(node);
  u8[at] = op.OBJECT;
  w.view.setInt32(at + 1, id, true);
  w.pos = at + 5;
  const read = prototype === null ? (node.write ?? writerOf(node, false))(object) :
      (node.writeHeir ?? writerOf(node, true))(object, prototype);
  if (read >= 0) writeRest(object, node, read, at);
}

/** Its nodes and functions are no longer in the processor's caches. */
function noteStale(node) {
  if (node.uses > 1) walk.loss += loss.STALE_SHAPE + node.depth * loss.STALE_KEY;
}

/** Send the shape's keys with the message. @returns {number} how OBJECT refers to them */
function localShape(node) {
  if (node.stamp !== walk.stamp) {
    node.stamp = walk.stamp;
    node.local = walk.localCount++;
    walk.locals[node.local] = node;
    walk.flags |= op.FLAG_SHAPES;
    walk.loss += node.keys === null ? loss.SHAPE : node.keys.length * loss.LOOSE_KEY;
  }
  return op.LOCAL_SHAPE | node.local;
}

/** Get a writer for a shape that has none yet. */
function writerOf(node, inherits) {
  if (node.keys !== null) return looped(node.keys, () => node);
  const path = pathOf(node);
  if (node.uses < FREQUENT) return loopedOver(path);
  const write = compile(path, inherits);
  if (inherits) node.writeHeir = write;
  else node.write = write;
  return write;
}

/**
 * Generate a writer, which writes the values in the order of the keys. If `inherits`, it
 * takes the object's prototype.
 * @returns {(object: object, prototype?: object) => number} returns -1, or the index of
 *   the first key that a getter has deleted
 */
function compile(path, inherits) {
  if (mayCompile && countWriter()) {
    const source = path.map(({ name }, i) => sourceOf(name, i, inherits));
    try {
      if (path.length <= PART) return compilePart(path, source);
      const parts = [];
      for (let i = 0; i < path.length; i += PART) {
        parts.push(compilePart(path, source.slice(i, i + PART)));
      }
      return inTurn(parts);
    } catch (error) {
      if (error instanceof EvalError) mayCompile = false; // else the stack is full
    }
  }
  return loopedOver(path);
}

function compilePart(path, source) {
  return makeFunction('path', 'w', 'reserve', 'putNumber', 'putString', 'writeField',
    'hasOwn', `return (o, p) => { let v; let { pos } = w; ${source.join('\n')} return -1; };`)(
    path, w, reserve, putNumber, putString, writeField, hasOwn);
}

/** A writer of several parts: V8 does not optimize functions that are very long. */
function inTurn(parts) {
  return (object, prototype) => {
    for (let i = 0; i < parts.length; i++) {
      const read = parts[i](object, prototype);
      if (read >= 0) return read;
    }
    return -1;
  };
}

function sourceOf(name, i, inherits) {
  const key = stringify(name);
  // If the property was deleted, reading it would return an inherited value.
  const check = name in objectPrototype ? `if (!hasOwn(o, ${key})) return ${i};` :
    inherits ? `if (${key} in p && !hasOwn(o, ${key})) return ${i};` : '';
  return `${check}
    v = o[${key}];
    if (pos > w.limit) reserve(0);
    if (typeof v === 'number') w.pos = pos = putNumber(v, pos);
    else if (typeof v === 'string') w.pos = pos = putString(v, pos);
    else if (typeof v === 'boolean') {
      w.u8[pos] = v ? ${op.TRUE} : ${op.FALSE};
      w.pos = ++pos;
    } else if (writeField(o, v, path[${i}])) pos = w.pos;
    else return ${i};`;
}

/** A writer without code generation, for the nodes of a path. */
function loopedOver(path) {
  return looped(path.map(({ name }) => name), (i) => path[i]);
}

/** A writer without code generation. `holderOf(i)` is the node of key i. */
function looped(keys, holderOf) {
  return (object) => {
    for (let i = 0; i < keys.length; i++) {
      if (!hasOwn(object, keys[i])) return i;
      writeHeld(object[keys[i]], holderOf(i));
    }
    return -1;
  };
}

/** @returns {boolean} false: the property has been deleted */
function writeField(object, value, holder) {
  if (value === undefined && !hasOwn(object, holder.name)) return false;
  writeHeld(value, holder);
  return true;
}

function writeHeld(value, holder) {
  walk.holder = holder;
  core.writeValue(value);
}

/**
 * Write the values after key `from`, which has been deleted. Leaves out deleted keys and
 * replaces the shape written at `at`.
 */
function writeRest(object, node, from, at) {
  const keys = keysOf(node).slice();
  let shape = getRoot();
  for (let i = 0; i < keys.length; i++) {
    if (i >= from && (i === from || !hasOwn(object, keys[i]))) continue;
    shape = step(shape, keys[i]);
    if (i > from) writeHeld(object[keys[i]], shape);
  }
  w.view.setInt32(at + 1, localShape(shape), true);
}
