'use strict';

/*
 * encode.js - writes one value: primitives and references. Plain objects are in
 * encode-plain.js, arrays in encode-arrays.js, everything else in encode-objects.js.
 *
 * Objects are read as Node's serializer reads them: the own enumerable string keys as
 * they are when the object is reached, then each value once, in order. Each read may run
 * a getter, which may encode another message, so no function keeps scratch state in local
 * variables across one.
 */

const { Buffer, process } = require('../loading/builtins');
const { types } = require('node:util');
const loss = require('./loss');
const op = require('./ops');
const core = require('./encode-core');
const { w, reserve } = require('./scratch');

const { isProxy } = types;
const { getPrototypeOf, prototype: objectPrototype } = Object;
const { latin1Write, ucs2Write } = Buffer.prototype;
const { isArray } = Array;
const { isView } = ArrayBuffer;
const { LINEAR, walk, host } = core;

/**
 * Up to this many characters, a loop beats a native call, which became cheaper in Node
 * 22.
 */
const LOOP = parseInt(process.versions.node, 10) >= 22 ? 16 : 40;
/** Above this, characters are written four at a time. */
const FEW = 8;
const WIDE = /[^\x00-\xff]/;

/* Assigned before encode-arrays.js and encode-plain.js are loaded, which read them. */
core.writeValue = writeValue;
core.writeObject = writeObject;
core.writeCopy = writeCopy;
core.writeString = writeString;
core.writeNumber = writeNumber;
core.putNumber = putNumber;
core.putString = putString;
core.writeU32 = writeU32;
core.known = known;
core.loadOthers = loadOthers;
core.clearOthers = clearOthers;
/** Byte length from which binary data and strings are sent as blocks. */
core.blockLine = 32 * 1024;
/** Byte length from which a buffer is copied once and Node transfers the copy. */
core.copyLine = 256 * 1024;
module.exports = core;

const { writeArray } = require('./encode-arrays');
const { writePlain } = require('./encode-plain');

/** encode-objects.js, loaded with the first value that needs it. */
let others = null;

function loadOthers() {
  others ??= require('./encode-objects');
  return others;
}

/** Called after an encoding: drop what a failed one may have left. */
function clearOthers() {
  if (others !== null) others.clearStack();
}

function writeU32(value) {
  w.view.setUint32(w.pos, value, true);
  w.pos += 4;
}

function writeNumber(value) {
  w.pos = putNumber(value, w.pos);
}

function writeString(string) {
  w.pos = putString(string, w.pos);
}

/*
 * putNumber() and putString() take the position and return the next one, because
 * generated writers keep it in a local variable instead of w.pos.
 */

function putNumber(value, pos) {
  const i = value | 0;
  if (i === value && (i !== 0 || 1 / value > 0)) {
    if (i >= 0 && i < 64) {
      w.u8[pos] = i;
      return pos + 1;
    }
    if (i >= 0 && i < 256) {
      const { u8 } = w;
      u8[pos] = op.UINT8;
      u8[pos + 1] = i;
      return pos + 2;
    }
    if (i >= -32768 && i < 32768) {
      w.u8[pos] = op.INT16;
      w.view.setInt16(pos + 1, i, true);
      return pos + 3;
    }
    w.u8[pos] = op.INT32;
    w.view.setInt32(pos + 1, i, true);
    return pos + 5;
  }
  w.u8[pos] = op.DOUBLE;
  w.view.setFloat64(pos + 1, value, true);
  return pos + 9;
}

function putString(string, pos) {
  const { length } = string;
  if (length > FEW) {
    return length > LOOP ? putBy(writeLongString, string, pos) : putFours(string, pos, length);
  }
  const { u8 } = w;
  let at = pos;
  let all = 0;
  u8[at++] = op.SMALL_STRING + length;
  for (let i = 0; i < length; i++) {
    const c = string.charCodeAt(i);
    all |= c;
    u8[at++] = c;
  }
  return all > 255 ? putBy(writeWide, string, pos) : at;
}

/** Write four characters per step: each step of a loop checks for interrupts. */
function putFours(string, pos, length) {
  const { u8, view } = w;
  let at = pos;
  let all = 0;
  let i = 0;
  u8[at++] = op.SMALL_STRING + length;
  for (; i + 3 < length; i += 4) {
    const a = string.charCodeAt(i);
    const b = string.charCodeAt(i + 1);
    const c = string.charCodeAt(i + 2);
    const d = string.charCodeAt(i + 3);
    all |= a | b | c | d;
    view.setInt32(at, a | b << 8 | c << 16 | d << 24, true);
    at += 4;
  }
  for (; i < length; i++) {
    const c = string.charCodeAt(i);
    all |= c;
    u8[at++] = c;
  }
  return all > 255 ? putBy(writeWide, string, pos) : at;
}

function putBy(write, string, pos) {
  w.pos = pos;
  write(string);
  return w.pos;
}

function writeLongString(string) {
  const { length } = string;
  if (WIDE.test(string)) return writeWide(string);
  if (length < 64) {
    w.u8[w.pos++] = op.SMALL_STRING + length;
  } else {
    if (length >= core.blockLine && loadOthers().usesBlocks()) {
      return others.stageString(string, true);
    }
    walk.loss += loss.STRING + length * loss.BYTE;
    reserve(length + 8);
    w.u8[w.pos++] = op.LATIN1;
    writeU32(length);
  }
  latin1Write.call(w.u8, string, w.pos, length);
  w.pos += length;
}

function writeWide(string) {
  const { length } = string;
  if (length * 2 >= core.blockLine && loadOthers().usesBlocks()) {
    return others.stageString(string, false);
  }
  walk.loss += loss.WIDE_STRING + length * 2 * loss.BYTE;
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
  // Comparisons of `typeof` are free; a switch would create its string.
  if (typeof value === 'number') writeNumber(value);
  else if (typeof value === 'string') writeString(value);
  else if (value === null) w.u8[w.pos++] = op.NULL;
  else if (typeof value === 'object') writeObject(value);
  else if (typeof value === 'boolean') w.u8[w.pos++] = value ? op.TRUE : op.FALSE;
  else if (value === undefined) w.u8[w.pos++] = op.UNDEFINED;
  else if (typeof value === 'bigint') loadOthers().writeBigInt(value);
  else loadOthers().writeForeign(value);
}

/**
 * Write a reference if the object has already been written, otherwise give it the next
 * identity number.
 * @returns {boolean} whether it wrote a reference
 */
function known(object) {
  let index = -1;
  if (walk.map === null) {
    const { seen, base, count } = walk;
    // Four per step, because each step of a loop checks for interrupts. The object is on
    // the left, the side whose type the engine checks.
    for (let i = base; i < count; i += 4) {
      if (object === seen[i] || object === seen[i + 1] ||
          object === seen[i + 2] || object === seen[i + 3]) {
        index = i - base;
        while (object !== seen[base + index]) index++;
        // Beyond the last one: left by an encoding that overflowed the stack.
        if (base + index >= count) index = -1;
        break;
      }
    }
    if (index < 0) {
      if (count - base < LINEAR) {
        while (seen.length < count + 4) seen[seen.length] = undefined;
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

/** Write a copy of a plain object under the identity of the original. */
function writeCopy(copy, original) {
  if (!known(original)) writePlain(copy);
}

function writeObject(object) {
  if (known(object)) return;
  if (isProxy(object) || (host.marked !== null && host.marked.has(object))) {
    loadOthers().writeForeign(object);
  } else if (isArray(object)) {
    writeArray(object);
  } else if (isView(object)) {
    loadOthers().writeView(object);
  } else {
    const prototype = getPrototypeOf(object);
    if (prototype === objectPrototype) writePlain(object);
    else loadOthers().writeOther(object, prototype);
  }
}
