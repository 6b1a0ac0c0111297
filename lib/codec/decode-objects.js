'use strict';

/*
 * decode-objects.js - reads arrays, bigints, objects that are not plain, and values that
 * did not travel in the message itself: blocks, ports, foreign values.
 */

const { Buffer, Date, process } = require('../loading/builtins');

const op = require('./ops');
const { corrupt } = require('./errors');
const { hooks } = require('./hooks');
const { define } = require('./reader-shapes');
const { VIEW_TYPES } = require('./views');
const core = require('./decode-core');

const { r, readValue, readU32, readCount, readLength, keep } = core;
const { prototype: arrayPrototype } = Array;
const mapSet = Map.prototype.set;
const setAdd = Set.prototype.add;
const { hexSlice } = Buffer.prototype;
const { slice: copyBytes } = Uint8Array.prototype;
const { types } = require('node:util');

module.exports = { readOther, noteMemory };

/** decode-errors.js, loaded with the first error. */
let errors = null;

function readError() {
  errors ??= require('./decode-errors');
  return errors.readError();
}

function readOther(code) {
  if (code >= op.SMALL_ARRAY && code < op.SMALL_ARRAY + 16) {
    return readElements(code - op.SMALL_ARRAY);
  }
  switch (code) {
    case op.ARRAY: return readElements(readCount(1));
    case op.ARRAY_KEYS: {
      const array = readElements(readCount(1));
      readKeys(array, readCount(2));
      return array;
    }
    case op.ARRAY_SPARSE: return readSparse();
    case op.INT8S: case op.INT16S: case op.INT32S: case op.DOUBLES: return readNumbers(code);
    case op.BIGINT: return readBigInt();
    case op.DATE: {
      const date = keep(new Date(r.view.getFloat64(r.pos, true)));
      r.pos += 8;
      return date;
    }
    case op.REGEXP: return readRegExp();
    case op.MAP: return readMap();
    case op.SET: return readSet();
    case op.ERROR: return readError();
    case op.BOXED: return readBoxed();
    case op.BUFFER: case op.BUFFER_RESIZABLE: return readBuffer(code);
    case op.VIEW: return readView();
    case op.VIEW_WHOLE: return readWholeView();
    case op.REF: return readReference();
    case op.FOREIGN: return readForeign();
    case op.PORT: return readPort();
    case op.BLOCK_BUFFER: return readBlock();
    case op.BLOCK_STRING: return readBlockString();
    default: throw corrupt('an unknown value');
  }
}

/**
 * Longer arrays are allocated at once, so check that the message is long enough for all
 * elements still missing, of the enclosing arrays too.
 */
const PROMISED = 64;

function readElements(length) {
  if (length > PROMISED) return readManyElements(length);
  if (length > r.end - r.pos) throw corrupt('an array');
  const array = keep(new Array(length));
  for (let i = 0; i < length; i++) {
    if (r.u8[r.pos] === op.HOLE) r.pos++;
    else array[i] = readValue();
  }
  return array;
}

function readManyElements(length) {
  const outer = r.promised;
  if (length > r.end - r.pos - outer) throw corrupt('an array');
  const array = keep(new Array(length));
  for (let i = 0; i < length; i++) {
    r.promised = outer + length - i - 1;
    if (r.u8[r.pos] === op.HOLE) r.pos++;
    else array[i] = readValue();
  }
  return array;
}

/** Read an array of any length; its memory depends only on the number of its keys. */
function readSparse() {
  const array = keep([]);
  const length = readU32();
  const count = readCount(2);
  if (count * 2 > r.end - r.pos - r.promised) throw corrupt('a count');
  // V8 keeps an array as a hash table once it has had the maximum length.
  if (length > 64 + count * 16) array.length = 0xffffffff;
  array.length = length;
  readKeys(array, count);
  return array;
}

function readKeys(array, count) {
  const outer = r.promised;
  for (let i = 0; i < count; i++) {
    r.promised = outer + (count - i - 1) * 2;
    const key = readValue();
    if (typeof key !== 'string' || key === 'length') throw corrupt('a key');
    define(array, key, readValue(), arrayPrototype);
  }
}

function readNumbers(code) {
  const size = code === op.INT8S ? 1 : code === op.INT16S ? 2 : code === op.INT32S ? 4 : 8;
  const length = readCount(size);
  const { view, pos } = r;
  const array = keep(new Array(length));
  r.pos = pos + length * size;
  // One loop per size: V8 optimizes each on its own.
  if (size === 1) {
    for (let i = 0; i < length; i++) array[i] = view.getInt8(pos + i);
  } else if (size === 2) {
    for (let i = 0; i < length; i++) array[i] = view.getInt16(pos + i * 2, true);
  } else if (size === 4) {
    for (let i = 0; i < length; i++) array[i] = view.getInt32(pos + i * 4, true);
  } else {
    for (let i = 0; i < length; i++) array[i] = view.getFloat64(pos + i * 8, true);
  }
  return array;
}

function readBigInt() {
  const negative = r.u8[r.pos++];
  const length = readCount(1);
  if (length === 0 || negative > 1) throw corrupt('a bigint');
  if (length === 8) {
    const value = r.view.getBigUint64(r.pos);
    r.pos += 8;
    return negative === 1 ? -value : value;
  }
  const value = BigInt(`0x${hexSlice.call(r.u8, r.pos, r.pos + length)}`);
  r.pos += length;
  return negative === 1 ? -value : value;
}

function readRegExp() {
  const source = readValue();
  const flags = readValue();
  if (typeof source !== 'string' || typeof flags !== 'string') throw corrupt('a RegExp');
  return keep(new RegExp(source, flags));
}

function readMap() {
  const size = readCount(2);
  const map = keep(new Map());
  for (let i = 0; i < size; i++) {
    const key = readValue();
    mapSet.call(map, key, readValue());
  }
  return map;
}

function readSet() {
  const size = readCount(1);
  const set = keep(new Set());
  for (let i = 0; i < size; i++) setAdd.call(set, readValue());
  return set;
}

function readBoxed() {
  const value = readValue();
  if (value === null || value === undefined || typeof value === 'object') throw corrupt('a boxed value');
  return keep(Object(value));
}

/** Copy the next `length` bytes into `buffer`. @returns buffer */
function takeBytes(buffer, length) {
  const { pos } = r;
  if (length > r.end - pos) throw corrupt('binary data');
  if (length > 0) new Uint8Array(buffer).set(r.u8.subarray(pos, pos + length));
  noteYoung(length);
  r.pos = pos + length;
  return buffer;
}

/**
 * Limit of `reserved` in deserialize(): a resizable buffer reserves address space for its
 * maximum length at once.
 */
const RESERVED = 64 * 1024 ** 3;

function readBuffer(code) {
  const length = readLength();
  const resizable = code === op.BUFFER_RESIZABLE;
  const max = resizable ? readLength() : 0;
  if (length > r.end - r.pos || (resizable && max < length)) throw corrupt('an ArrayBuffer');
  if (r.alone && (r.reserved += max) > RESERVED) throw corrupt('the lengths of its ArrayBuffers');
  const buffer = resizable ?
      new ArrayBuffer(length, { maxByteLength: max }) : new ArrayBuffer(length);
  return keep(takeBytes(buffer, length));
}

function readWholeView() {
  const type = r.u8[r.pos++];
  const length = readLength();
  if (type >= VIEW_TYPES.length || length > r.end - r.pos) throw corrupt('a view');
  const at = r.objects === null ? -1 : r.objects.push(undefined) - 1;
  if (type === 2 && at < 0) {
    const { u8, pos } = r;
    r.pos = pos + length;
    noteYoung(length);
    return copyBytes.call(u8, pos, pos + length);
  }
  const buffer = keep(takeBytes(new ArrayBuffer(length), length));
  return makeView(at, type, buffer, 0, length, false);
}

function readView() {
  const type = r.u8[r.pos++];
  const tracks = r.u8[r.pos++];
  const at = r.objects === null ? -1 : r.objects.push(undefined) - 1;
  const offset = readLength();
  const length = readLength();
  const buffer = readValue();
  if (type >= VIEW_TYPES.length || tracks > 1 || !types.isAnyArrayBuffer(buffer)) throw corrupt('a view');
  return makeView(at, type, buffer, offset, length, tracks === 1);
}

function makeView(at, type, buffer, offset, length, tracks) {
  const View = VIEW_TYPES[type];
  const size = type === 0 ? 1 : View.BYTES_PER_ELEMENT;
  // The buffer may have been resized after the view was written. A view that tracks its
  // length is valid all the same.
  const end = tracks ? offset : offset + length;
  if (offset % size !== 0 || length % size !== 0 || end > buffer.byteLength) throw corrupt('a view');
  const view = tracks ? trackingView(View, buffer, offset, size) :
      new View(buffer, offset, length / size);
  if (at >= 0) r.objects[at] = view;
  return view;
}

/**
 * Create a view that tracks the length of its buffer. Older versions of V8 require the
 * buffer's length to be a multiple of the element size meanwhile.
 */
function trackingView(View, buffer, offset, size) {
  const length = buffer.byteLength;
  const rest = (length - offset) % size;
  if (rest === 0 || !buffer.resizable) return new View(buffer, offset);
  const tail = new Uint8Array(buffer.slice(length - rest));
  buffer.resize(length - rest);
  const view = new View(buffer, offset);
  buffer.resize(length);
  new Uint8Array(buffer).set(tail, length - rest);
  return view;
}

function readReference() {
  const index = readU32();
  const object = r.objects === null ? undefined : r.objects[index];
  if (object === undefined) throw corrupt('a reference');
  return object;
}

const { get: bufferLength } = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength');
const NOTED = 1024 * 1024;
let noted = 0;

/**
 * Called for an ArrayBuffer that Node has transferred here. V8 checks only when it
 * allocates an ArrayBuffer's memory itself whether the young ones justify a quick
 * collection. Otherwise it runs full ones, which take longer than the messages. So
 * allocate one byte for each MiB received.
 */
function noteMemory(bytes) {
  noteYoung(bytes);
  noted += bytes;
  if (noted < NOTED) return;
  noted = 0;
  new ArrayBuffer(1);
}

/** From Node 24 on, V8 runs a full collection for each 64 MiB of ArrayBuffers. */
const COLLECTS_FULLY = parseInt(process.versions.node, 10) >= 24;
const YOUNG = 16 * 1024 * 1024;
/** Arrays that fill a young generation of its usual size, 1 MiB, twice. */
const FILL = 300;
const FILL_LENGTH = 1024;
let young = 0;
const fill = [null];

/**
 * Called for ArrayBuffers made here. Where V8 collects fully for them, which takes as
 * long as the messages, allocate so much in between that it collects the young
 * generation, and with it the ArrayBuffers that the application has dropped: 0.5 ms
 * instead of 10.
 */
function noteYoung(bytes) {
  young += bytes;
  if (young < YOUNG) return;
  young = 0;
  if (!COLLECTS_FULLY) return;
  for (let i = 0; i < FILL; i++) fill[0] = new Array(FILL_LENGTH);
  fill[0] = null;
}

function readForeign() {
  const index = readU32();
  if (r.foreign === null || index >= r.foreign.length) throw corrupt('a foreign value');
  const value = r.foreign[index];
  if (types.isArrayBuffer(value)) noteMemory(bufferLength.call(value));
  return keep(value);
}

function readPort() {
  const index = readU32();
  const port = r.alone || hooks.takePort === null ? undefined : hooks.takePort(index);
  if (port === undefined) throw corrupt('a port');
  return keep(port);
}

function readBlock() {
  const index = readU32();
  const length = readLength();
  const block = r.alone || hooks.takeBlock === null ? undefined : hooks.takeBlock(index);
  if (!types.isArrayBuffer(block) || block.byteLength !== length) throw corrupt('a block');
  noteYoung(length);
  return keep(block);
}

function readBlockString() {
  const index = readU32();
  const oneByte = r.u8[r.pos++] === 1;
  const length = readLength();
  const string = r.alone || hooks.takeString === null ?
    undefined : hooks.takeString(index, oneByte);
  if (typeof string !== 'string' || string.length !== length) throw corrupt('a block');
  return string;
}
