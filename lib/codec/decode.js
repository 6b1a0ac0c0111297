'use strict';

/*
 * decode.js - reads one value.
 *
 * The bytes come from another thread, with deserialize() from anywhere. So every length,
 * count and number is checked before use or allocation, and no user code runs: properties
 * are defined, never set through a prototype.
 *
 * A read past the end of the message returns some op or `undefined`. It cannot loop,
 * because each op consumes at least one byte, and the result is discarded unless reading
 * stopped exactly at the end.
 */

const { Buffer } = require('../loading/builtins');

const core = require('./decode-core');
const op = require('./ops');
const { corrupt, RingportError } = require('./errors');
const { shapes, shapeOfId, readShapes } = require('./reader-shapes');
const strings = require('./strings');

const { isBuffer } = Buffer;
const { r } = core;

/* For decode-objects.js and decode-errors.js. */
core.readValue = readValue;
core.readU32 = readU32;
core.readCount = readCount;
core.readLength = readLength;
core.keep = keep;
core.readObject = readObject;
core.decode = decode;
module.exports = core;

/** decode-objects.js, loaded with the first value that needs it. */
let others = null;

function readOther(code) {
  others ??= require('./decode-objects');
  return others.readOther(code);
}

/**
 * Read the message u8[offset, offset + length).
 * @param {Uint8Array} u8
 * @param {number} offset
 * @param {number} length in bytes
 * @param {unknown[] | null} foreign values that came over the Node channel
 * @returns {unknown}
 * @throws {RingportError} ERR_RINGPORT_CORRUPT
 */
function decode(u8, offset, length, foreign) {
  if (u8 !== r.u8) {
    // Not a Buffer, because its slices would be Buffers.
    r.u8 = isBuffer(u8) ? new Uint8Array(u8.buffer, u8.byteOffset, u8.byteLength) : u8;
    r.view = new DataView(u8.buffer, u8.byteOffset, u8.byteLength);
  }
  r.pos = offset + 1;
  r.end = offset + length;
  r.promised = 0;
  r.reserved = 0;
  r.foreign = foreign;
  if (length < 2 || !(r.end <= u8.length)) throw corrupt('its length');
  const flags = u8[offset];
  try {
    if (flags !== 0) begin(flags, offset);
    const value = readValue();
    if (r.pos !== r.end) throw corrupt('its end');
    return value;
  } catch (error) {
    throw error instanceof RingportError ? error : corrupt(error?.message ?? 'unreadable', error);
  } finally {
    if (flags !== 0 || foreign !== null || u8.length > KEEP) finish();
  }
}

function begin(flags, offset) {
  if (flags > 3) throw corrupt('unknown flags');
  if (flags & op.FLAG_SHARED) r.objects = [];
  if (flags & op.FLAG_SHAPES) r.locals = readShapes(r, offset);
}

/** Larger memory is not referenced until the next message. */
const KEEP = 4 * 1024 * 1024;
const NOTHING = new Uint8Array(0);

function finish() {
  r.objects = null;
  r.locals = null;
  r.foreign = null;
  if (r.u8.length > KEEP) r.u8 = NOTHING;
}

function readU32() {
  const value = r.view.getUint32(r.pos, true);
  r.pos += 4;
  return value;
}

/** Read the number of items that take at least `size` bytes each. */
function readCount(size) {
  const count = readU32();
  if (count * size > r.end - r.pos) throw corrupt('a count');
  return count;
}

/** Read a non-negative integer that is written as a value. */
function readLength() {
  const value = readValue();
  if (!Number.isSafeInteger(value) || value < 0) throw corrupt('a length');
  return value;
}

/** Give the object the next identity number. */
function keep(object) {
  if (r.objects !== null) r.objects[r.objects.length] = object;
  return object;
}

function readValue() {
  const code = r.u8[r.pos++];
  if (code < op.SMALL_STRING) return code;
  if (code < op.FIRST_OP) {
    const length = code - op.SMALL_STRING;
    const { pos } = r;
    if (length > r.end - pos) throw corrupt('a string');
    r.pos = pos + length;
    return strings.latin1(r.u8, r.view, pos, length);
  }
  return readMore(code);
}

function readMore(code) {
  switch (code) {
    case op.OBJECT: return readObject();
    case op.DOUBLE: {
      const value = r.view.getFloat64(r.pos, true);
      r.pos += 8;
      return value;
    }
    case op.UINT8: return r.u8[r.pos++];
    case op.INT16: {
      const value = r.view.getInt16(r.pos, true);
      r.pos += 2;
      return value;
    }
    case op.INT32: {
      const value = r.view.getInt32(r.pos, true);
      r.pos += 4;
      return value;
    }
    case op.UNDEFINED: return undefined;
    case op.NULL: return null;
    case op.TRUE: return true;
    case op.FALSE: return false;
    case op.LATIN1: {
      const length = readCount(1);
      r.pos += length;
      return strings.longLatin1(r.u8, r.pos - length, length);
    }
    case op.UTF16: {
      const length = readCount(2);
      r.pos += length * 2;
      return strings.utf16(r.u8, r.view, r.pos - length * 2, length);
    }
    default: return readOther(code);
  }
}

function readObject() {
  const id = readU32();
  const shape = id >= op.LOCAL_SHAPE ? localShape(id - op.LOCAL_SHAPE) : numberedShape(id);
  return r.objects === null ? shape.read(r, readValue) : shape.readShared(r, readValue);
}

function localShape(index) {
  if (r.locals === null || index >= r.locals.length) throw corrupt('a shape');
  return r.locals[index];
}

function numberedShape(id) {
  if (r.alone) throw corrupt('a shape');
  return shapes[id] ?? shapeOfId(id);
}
