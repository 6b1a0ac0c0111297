'use strict';

/*
 * encode.js - writes one value: primitives, plain objects, identity. The rarer kinds are in
 * encode-objects.js, arrays in encode-arrays.js.
 *
 * Objects are read as Node's serializer reads them: own enumerable string keys, fixed when
 * the object is met, each value read once and in order. User code (getters) may run at any such
 * read and may even encode another message, so nothing here keeps scratch state in locals across it.
 */

const { types } = require('node:util');
const op = require('./ops');
const shapes = require('./shapes');
const { hooks } = require('./hooks');
const { w, reserve } = require('./scratch');

const { getRoot, startOf, step } = shapes;
const { isProxy } = types;
const { getPrototypeOf, prototype: objectPrototype } = Object;
const hasOwnProperty = Object.prototype.hasOwnProperty;
const { latin1Write, ucs2Write } = Buffer.prototype;
const { isArray } = Array;
const { isView } = ArrayBuffer;

/** Up to here writing characters one by one beats one native call (which got cheap in Node 22). */
const LOOP = parseInt(process.versions.node, 10) >= 22 ? 16 : 40;
const WIDE = /[^\x00-\xff]/;
/** Identity: so many objects are looked up in a list, more in a Map. */
const LINEAR = 32;

/** What one encoding knows. Saved and restored when another one runs inside a getter. */
const walk = {
  /** Objects met so far, from `base` on; beyond LINEAR `map` holds all of them instead. */
  seen: new Array(LINEAR).fill(undefined),
  base: 0,
  count: 0,
  map: null,
  flags: 0,
  /** The key whose value is being written, a node of the tree; null at the top. */
  holder: null,
  /** Nodes whose entries travel with this message. */
  locals: [],
  localCount: 0,
  stamp: 1,
  context: null,
  foreign: null,
  /** No numbers of the registry, no blocks, nothing foreign. */
  alone: true,
};

/** Objects that structured clone must refuse: a WeakSet once there are any. */
const host = { marked: null };

const core = { walk, host, writeValue, writeString, writeNumber, writeU32, known };
module.exports = core;

const { writeArray } = require('./encode-arrays');
const { kinds, kindBySlots } = require('./kinds');
const {
  writeOther, refuse, writeForeign, writeView, writeBigInt, stageString, usesBlocks,
} = require('./encode-objects');

function writeU32(value) {
  w.view.setUint32(w.pos, value, true);
  w.pos += 4;
}

function writeNumber(value) {
  const i = value | 0;
  if (i === value && (i !== 0 || 1 / value > 0)) {
    if (i >= 0 && i < 64) {
      w.u8[w.pos++] = i;
    } else if (i >= 0 && i < 256) {
      const { u8, pos } = w;
      u8[pos] = op.UINT8;
      u8[pos + 1] = i;
      w.pos = pos + 2;
    } else if (i >= -32768 && i < 32768) {
      w.u8[w.pos] = op.INT16;
      w.view.setInt16(w.pos + 1, i, true);
      w.pos += 3;
    } else {
      w.u8[w.pos] = op.INT32;
      w.view.setInt32(w.pos + 1, i, true);
      w.pos += 5;
    }
    return;
  }
  w.u8[w.pos] = op.DOUBLE;
  w.view.setFloat64(w.pos + 1, value, true);
  w.pos += 9;
}

function writeString(string) {
  const { length } = string;
  if (length > LOOP) return writeLongString(string);
  const { u8 } = w;
  let pos = w.pos;
  u8[pos++] = op.SMALL_STRING + length;
  for (let i = 0; i < length; i++) {
    const c = string.charCodeAt(i);
    if (c > 255) return writeWide(string);
    u8[pos++] = c;
  }
  w.pos = pos;
}

function writeLongString(string) {
  const { length } = string;
  if (WIDE.test(string)) return writeWide(string);
  if (length < 64) {
    w.u8[w.pos++] = op.SMALL_STRING + length;
  } else {
    if (length >= core.blockLine && usesBlocks()) return stageString(string, true);
    reserve(length + 8);
    w.u8[w.pos++] = op.LATIN1;
    writeU32(length);
  }
  latin1Write.call(w.u8, string, w.pos, length);
  w.pos += length;
}

function writeWide(string) {
  const { length } = string;
  if (length * 2 >= core.blockLine && usesBlocks()) return stageString(string, false);
  reserve(length * 2 + 8);
  w.u8[w.pos++] = op.UTF16;
  writeU32(length);
  if (length <= 16) {
    const { view } = w;
    for (let i = 0; i < length; i++) view.setUint16(w.pos + i * 2, string.charCodeAt(i), true);
  } else {
    ucs2Write.call(w.u8, string, w.pos, length * 2);
  }
  w.pos += length * 2;
}

function writeValue(value) {
  if (w.pos > w.limit) reserve(0);
  switch (typeof value) {
    case 'number': return writeNumber(value);
    case 'string': return writeString(value);
    case 'object':
      if (value === null) w.u8[w.pos++] = op.NULL;
      else writeObject(value);
      return;
    case 'boolean':
      w.u8[w.pos++] = value ? op.TRUE : op.FALSE;
      return;
    case 'undefined':
      w.u8[w.pos++] = op.UNDEFINED;
      return;
    case 'bigint': return writeBigInt(value);
    default: return writeForeign(value);
  }
}

/** Write a reference if `object` has been met, else give it the next identity number. */
function known(object) {
  let index = -1;
  if (walk.map === null) {
    const { seen, base, count } = walk;
    for (let i = base; i < count; i++) {
      if (seen[i] === object) { index = i - base; break; }
    }
    if (index < 0) {
      if (count - base < LINEAR) {
        seen[count] = object;
        walk.count = count + 1;
        return false;
      }
      walk.map = new Map();
      for (let i = base; i < count; i++) walk.map.set(seen[i], i - base);
      walk.map.set(object, walk.map.size);
      return false;
    }
  } else {
    const at = walk.map.get(object);
    if (at === undefined) {
      walk.map.set(object, walk.map.size);
      return false;
    }
    index = at;
  }
  walk.flags |= op.FLAG_SHARED;
  w.u8[w.pos++] = op.REF;
  writeU32(index);
  return true;
}

function writeObject(object) {
  if (known(object)) return;
  if (isProxy(object) || (host.marked !== null && host.marked.has(object))) {
    writeForeign(object);
  } else if (isArray(object)) {
    writeArray(object);
  } else if (isView(object)) {
    writeView(object);
  } else if (getPrototypeOf(object) === objectPrototype) {
    writePlain(object);
  } else {
    writeOther(object);
  }
}

/**
 * The own enumerable string-keyed properties. hasOwnProperty costs nothing here: the engine
 * folds it into the check that for-in makes anyway. It drops what is inherited, and what a getter
 * has deleted since the walk began.
 */
function writePlain(object) {
  const at = w.pos;
  w.pos = at + 5;
  const start = startOf(walk.holder);
  let node = start;
  for (const key in object) {
    if (!hasOwnProperty.call(object, key)) continue;
    if (node.key === key) {
      node = node.next;
    } else {
      if (node === start && isArguments(object, key)) return refuse(object);
      node = step(node, key);
    }
    const value = object[key];
    if (w.pos > w.limit) reserve(0);
    if (typeof value === 'string') {
      writeString(value);
    } else if (typeof value === 'number') {
      writeNumber(value);
    } else if (typeof value === 'object') {
      walk.holder = node;
      if (value === null) w.u8[w.pos++] = op.NULL;
      else writeObject(value);
    } else {
      writeValue(value);
    }
  }
  if (node === start) {
    if (isDisguised(object)) {
      w.pos = at;
      return writeOther(object);
    }
    node = getRoot();
  }
  if (node.id === -1 && !walk.alone && hooks.internShape !== null) shapes.touch(node, hooks);
  const id = node.id >= 0 && !walk.alone ? node.id : localShape(node);
  w.u8[at] = op.OBJECT;
  w.view.setUint32(at + 1, id, true);
}

/** The arguments of a function look like an object with keys 0, 1, ... */
function isArguments(object, key) {
  return key === '0' && types.isArgumentsObject(object);
}

/** An object without keys may be a Map or the like that has been given another prototype. */
function isDisguised(object) {
  return getPrototypeOf(object) === objectPrototype &&
    kindBySlots(object, kinds.PLAIN) !== kinds.PLAIN;
}

/** Put the shape among those that travel with the message. */
function localShape(node) {
  if (node.stamp !== walk.stamp) {
    node.stamp = walk.stamp;
    node.local = walk.localCount++;
    walk.locals[node.local] = node;
    walk.flags |= op.FLAG_SHAPES;
  }
  return (op.LOCAL_SHAPE + node.local) >>> 0;
}

core.writePlain = writePlain;
core.blockLine = 32 * 1024;
/** Byte length from which a buffer is copied once, and the copy moved by Node. */
core.copyLine = 256 * 1024;
