'use strict';

/*
 * encode-objects.js - writes objects that are neither plain nor arrays. Leaves values
 * that only Node can clone to the Node channel.
 */

const { Date } = require('../loading/builtins');
const { types } = require('node:util');
const loss = require('./loss');
const op = require('./ops');
const { kinds, kindBySlots, kindOf } = require('./kinds');
const { VIEW_TYPES, VIEW_INDEX } = require('./views');
const { w, reserve } = require('./scratch');
const { hooks } = require('./hooks');
const core = require('./encode-core');

const { walk } = core;

/** The getter `name` of a built-in prototype; undefined if this engine lacks it. */
function getter(prototype, name) {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
  return descriptor === undefined ? undefined : descriptor.get;
}

const typedArrayPrototype = Object.getPrototypeOf(Uint8Array.prototype);
const mapSize = getter(Map.prototype, 'size');
const setSize = getter(Set.prototype, 'size');
const { prototype: mapPrototype } = Map;
const { prototype: setPrototype } = Set;
const { prototype: datePrototype } = Date;
const mapForEach = Map.prototype.forEach;
const setForEach = Set.prototype.forEach;
const dateValue = Date.prototype.getTime;
const regexpSource = getter(RegExp.prototype, 'source');
const bufferLength = getter(ArrayBuffer.prototype, 'byteLength');
const bufferMax = getter(ArrayBuffer.prototype, 'maxByteLength');
const bufferResizable = getter(ArrayBuffer.prototype, 'resizable');
const typedTag = getter(typedArrayPrototype, Symbol.toStringTag);
const typedBuffer = getter(typedArrayPrototype, 'buffer');
const typedOffset = getter(typedArrayPrototype, 'byteOffset');
const typedLength = getter(typedArrayPrototype, 'byteLength');
const viewBuffer = getter(DataView.prototype, 'buffer');
const viewOffset = getter(DataView.prototype, 'byteOffset');
const viewLength = getter(DataView.prototype, 'byteLength');

/** node-clone.js, loaded with the first value that needs it. */
let nodes = null;

function loadNodes() {
  nodes ??= require('./node-clone');
  return nodes;
}

module.exports = {
  isPlainBySlots, writeOther, refuse, writeForeign, writeView, stageString, usesBlocks,
  clearStack,
};

const { writeError } = require('./encode-errors');
module.exports.writeBigInt = require('./encode-bigints').writeBigInt;
const { writeListed } = require('./encode-plain');

/** Write an object that is not an array, view or Proxy. */
function writeOther(object, prototype) {
  // The common classes first. Calling one of their methods checks the internal slot
  // without a native call.
  if (prototype === mapPrototype && isCallable(mapSize, object)) return writeMap(object);
  if (prototype === setPrototype && isCallable(setSize, object)) return writeSet(object);
  if (prototype === datePrototype && isCallable(dateValue, object)) return writeDate(object);
  switch (kindOf(object, prototype)) {
    case kinds.PLAIN: return writeListed(object, prototype);
    case kinds.MAP: return writeMap(object);
    case kinds.SET: return writeSet(object);
    case kinds.DATE: return writeDate(object);
    case kinds.REGEXP: return writeRegExp(object);
    case kinds.ERROR: return writeError(object);
    case kinds.BOXED: return writeBoxed(object);
    case kinds.BUFFER: return writeBuffer(object);
    case kinds.NEVER: return refuse(object);
    default: return writeForeign(object);
  }
}

/**
 * Whether an object is plain by its internal slots. Called for an object without keys
 * whose prototype is Object.prototype.
 */
function isPlainBySlots(object) {
  return kindBySlots(object, kinds.PLAIN) === kinds.PLAIN;
}

function isCallable(method, object) {
  try {
    method.call(object);
    return true;
  } catch {
    return false;
  }
}

function writeDate(date) {
  if (walk.map !== null) walk.loss += loss.DATE;
  w.u8[w.pos] = op.DATE;
  w.view.setFloat64(w.pos + 1, dateValue.call(date), true);
  w.pos += 9;
}

/*
 * The entries of a Map or Set are collected before the first one is written, as V8 does,
 * so getters cannot add or delete entries of the message. All collections in progress
 * share one stack, which avoids allocations.
 */
const stack = [];
let top = 0;

function collectEntry(value, key) {
  stack[top++] = key;
  stack[top++] = value;
}

function collectValue(value) {
  stack[top++] = value;
}

function unwind(start) {
  while (top > start) stack[--top] = undefined;
  if (stack.length > 4096 && start === 0) stack.length = 0;
}

/** Drop what an encoding that overflowed the stack has left. */
function clearStack() {
  if (top !== 0) unwind(0);
}

function writeMap(map) {
  w.u8[w.pos++] = op.MAP;
  core.writeU32(mapSize.call(map));
  const start = top;
  try {
    mapForEach.call(map, collectEntry);
    const end = top;
    for (let i = start; i < end; i++) core.writeValue(stack[i]);
  } finally {
    unwind(start);
  }
}

function writeSet(set) {
  w.u8[w.pos++] = op.SET;
  core.writeU32(setSize.call(set));
  const start = top;
  try {
    setForEach.call(set, collectValue);
    const end = top;
    for (let i = start; i < end; i++) core.writeValue(stack[i]);
  } finally {
    unwind(start);
  }
}

const FLAG_LETTERS = Object.entries({
  hasIndices: 'd', global: 'g', ignoreCase: 'i', multiline: 'm', dotAll: 's', unicode: 'u',
  unicodeSets: 'v', sticky: 'y',
}).map(([name, letter]) => [getter(RegExp.prototype, name), letter])
  .filter(([get]) => get !== undefined);

function writeRegExp(regexp) {
  w.u8[w.pos++] = op.REGEXP;
  core.writeValue(regexpSource.call(regexp));
  let flags = '';
  for (const [get, letter] of FLAG_LETTERS) if (get.call(regexp)) flags += letter;
  core.writeValue(flags);
}

const { valueOf: booleanValue } = Boolean.prototype;
const { valueOf: numberValue } = Number.prototype;
const { valueOf: stringValue } = String.prototype;
const { valueOf: bigintValue } = BigInt.prototype;

function writeBoxed(object) {
  if (types.isSymbolObject(object)) return refuse(object);
  w.u8[w.pos++] = op.BOXED;
  if (types.isBooleanObject(object)) core.writeValue(booleanValue.call(object));
  else if (types.isNumberObject(object)) core.writeValue(numberValue.call(object));
  else if (types.isStringObject(object)) core.writeValue(stringValue.call(object));
  else core.writeValue(bigintValue.call(object));
}

/** Write an ArrayBuffer. @throws Node's DataCloneError if it is detached */
function writeBuffer(buffer) {
  const { context } = walk;
  if (context !== null && context.transfer !== null && context.transfer.has(buffer)) {
    return writeForeign(buffer);
  }
  const length = bufferLength.call(buffer);
  const resizable = bufferResizable !== undefined && bufferResizable.call(buffer);
  if (length === 0 && isDetached(buffer)) return refuse(buffer);
  if (!resizable && length >= core.copyLine && usesBlocks() && !hooks.views()) {
    return writeCopy(buffer, length);
  }
  if (!resizable && length >= core.blockLine && usesBlocks()) {
    const index = hooks.stageBytes(buffer, 0, length);
    w.u8[w.pos++] = op.BLOCK_BUFFER;
    core.writeU32(index);
    core.writeNumber(length);
    return;
  }
  reserve(length + 32);
  w.u8[w.pos++] = resizable ? op.BUFFER_RESIZABLE : op.BUFFER;
  core.writeNumber(length);
  if (resizable) {
    walk.loss += loss.RESIZABLE;
    core.writeNumber(bufferMax.call(buffer));
  }
  w.u8.set(new Uint8Array(buffer, 0, length), w.pos);
  w.pos += length;
}

/** Copy a very large buffer; Node transfers the copy to the receiver. */
function writeCopy(buffer, length) {
  const copy = hooks.allocate(length);

  copy.set(new Uint8Array(buffer, 0, length));
  hooks.copied(copy.buffer);
  putForeign(copy.buffer);
}

function isDetached(buffer) {
  try {
    return new Uint8Array(buffer).length !== 0;
  } catch {
    return true;
  }
}

function isShared(buffer) {
  return types.isSharedArrayBuffer(buffer);
}

function writeView(view) {
  const tag = typedTag.call(view);
  const type = tag === undefined ? 0 : VIEW_INDEX.get(tag);
  const buffer = tag === undefined ? viewBuffer.call(view) : typedBuffer.call(view);
  if (type === undefined || isShared(buffer)) return writeForeign(view);
  const length = checkedLength(view, type);
  if (length < 0) return refuse(view);
  const offset = type === 0 ? viewOffset.call(view) : typedOffset.call(view);
  const size = bufferLength.call(buffer);
  const resizable = bufferResizable !== undefined && bufferResizable.call(buffer);
  let tracks = 0;
  if (resizable && offset + length + (VIEW_TYPES[type].BYTES_PER_ELEMENT ?? 1) > size) {
    tracks = tracksLength(view, length) ? 1 : 0;
  }

  const at = w.pos;
  w.u8[w.pos++] = op.VIEW;
  w.u8[w.pos++] = type;
  w.u8[w.pos++] = tracks;
  core.writeNumber(offset);
  core.writeNumber(length);
  if (core.known(buffer)) return;
  if (length !== size || resizable || walk.context !== null ||
      (length >= core.blockLine && usesBlocks())) {
    return writeBuffer(buffer);
  }
  w.pos = at;
  w.u8[w.pos++] = op.VIEW_WHOLE;
  w.u8[w.pos++] = type;
  core.writeNumber(length);
  reserve(length);
  w.u8.set(type === 2 ? view : new Uint8Array(buffer, 0, length), w.pos);
  w.pos += length;
}

const typedKeys = typedArrayPrototype.keys;

/** The byte length; -1 if the buffer is detached or the view is out of its bounds. */
function checkedLength(view, type) {
  try {
    if (type === 0) return viewLength.call(view);
    const length = typedLength.call(view);
    if (length === 0) typedKeys.call(view);
    return length;
  } catch {
    return -1;
  }
}

/**
 * Whether a view tracks the length of its resizable buffer. JavaScript cannot query that,
 * so resize a copy.
 */
function tracksLength(view, length) {
  const copy = loadNodes().nodeClone(view);
  const { buffer } = copy;
  const to = buffer.maxByteLength > buffer.byteLength ? buffer.maxByteLength : copy.byteOffset;
  buffer.resize(to);
  try {
    return copy.byteLength !== length && typedOrDataInBounds(copy);
  } catch {
    return false;
  }
}

function typedOrDataInBounds(view) {
  if (types.isTypedArray(view)) typedKeys.call(view);
  return true;
}

/** Send a large string as a block. */
function stageString(string, oneByte) {
  const index = hooks.stageString(string, oneByte);
  w.u8[w.pos++] = op.BLOCK_STRING;
  core.writeU32(index);
  w.u8[w.pos++] = oneByte ? 1 : 0;
  core.writeNumber(string.length);
}

/**
 * Reject a value that cannot be cloned.
 * @throws Node's own error; if Node can clone the value, it is left to Node instead
 */
function refuse(value) {
  tryNode(value);
  leaveToNode(value);
}

/** @throws Node's own error if it cannot clone the value either */
function tryNode(value) {
  core.host.refused = { value };
  loadNodes().nodeClone(value);
  core.host.refused = null;
}

function writeForeign(value) {
  if (typeof value !== 'object' || types.isProxy(value)) return refuse(value);
  if (!walk.alone && hooks.port !== null) {
    core.host.refused = { value };
    const index = hooks.port(value, walk.context); // throws for a port that is not listed
    core.host.refused = null;
    if (index >= 0) {
      w.u8[w.pos++] = op.PORT;
      core.writeU32(index);
      return;
    }
  }
  leaveToNode(value);
}

function leaveToNode(value) {
  if (walk.alone) {
    tryNode(value);
    core.host.refused = { value };
    const name = inheritsProxy(value) ? 'An object' : Object.prototype.toString.call(value);
    throw loadNodes().dataCloneError(`${name} could not be cloned.`);
  }
  walk.loss += loss.FOREIGN;
  putForeign(value);
}

function putForeign(value) {
  if (walk.foreign === null) walk.foreign = [];
  const index = walk.foreign.length;
  walk.foreign[index] = value;
  w.u8[w.pos++] = op.FOREIGN;
  core.writeU32(index);
}

/** Whether reading a property could run a Proxy's trap. */
function inheritsProxy(object) {
  let p = object;
  while (p !== null && !types.isProxy(p)) p = Object.getPrototypeOf(p);
  return p !== null;
}

/** Whether large binary data and strings are sent as blocks. */
function usesBlocks() {
  return hooks.stageBytes !== null && !walk.alone;
}
