'use strict';

/*
 * index.js - the codec: JavaScript values to bytes and back, with the semantics of
 * structured clone.
 *
 * Each thread has one instance, which knows nothing of ports. It passes objects of
 * unknown types to the hooks, and leaves foreign values in `foreign` for the Node
 * channel.
 */

const { Buffer } = require('../loading/builtins');
const { types } = require('node:util');
const op = require('./ops');
const encoder = require('./encode');
const { r, decode } = require('./decode');
const { w, reserve, settle } = require('./scratch');
const { entryOf, textOf, counts } = require('./shapes');
const loss = require('./loss');
const { RingportError, corrupt, withCode } = require('./errors');

const { hooks } = require('./hooks');

const { walk, host } = encoder;
const { prototype: objectPrototype } = Object;
const { allocUnsafe } = Buffer;
const { latin1Write } = Buffer.prototype;

/** The header of the self-contained form: two bytes, followed by a message. */
const MAGIC = 0xb7;
const VERSION = 1;
const HEADER = 2;

const COPY_LINE = encoder.copyLine;

let stamps = 1;

function nextStamp() {
  return ++stamps;
}

const codec = {
  /** The bytes of the last encode() are scratch[start, end). */
  scratch: w.u8,
  end: 0,
  /** Node's serializer would have written the last encode()'s value at less cost. */
  hasLost: false,
  /** The foreign values of the last encode(), until release(): an array, or null. */
  foreign: null,
  /** The object that the next encode()'s value is a copy of, or null. */
  original: null,

  /** The functions of the port layer: assign members, or use attach(). */
  hooks,
  attach,

  encode,
  encodeAlone,
  release,
  decode,
  noteMemory: (bytes) => require('./decode-objects').noteMemory(bytes),
  serialize,
  deserialize,
  markUncloneable,
  RingportError,
};

/**
 * Once a message has this many bytes, smaller parts become blocks, too. So the scratch
 * grows more slowly, and a message of many parts does not exceed its maximum.
 */
const CROWDED = 256 * 1024 * 1024;
const CROWDED_LINE = 1024;
/** The block line before it was lowered; 0: it was not. */
let usualLine = 0;

function noteCrowd(is) {
  if (is && usualLine === 0 && encoder.blockLine !== Infinity) {
    usualLine = encoder.blockLine;
    encoder.blockLine = Math.min(usualLine, CROWDED_LINE);
  } else if (!is && usualLine !== 0) {
    encoder.blockLine = usualLine;
    usualLine = 0;
  }
}

w.onReplace = (u8) => {
  noteCrowd(u8.length > CROWDED);
  codec.scratch = u8;
  hooks.setScratch(u8);
};

/* Defined apart: an accessor in the literal would make the whole object a slow
 * dictionary. */
/** Whether this is called within an encoding, by a getter. */
Object.defineProperty(codec, 'encoding', { __proto__: null, get: () => w.depth !== 0 });

Object.defineProperty(codec, 'BLOCK_LINE', {
  __proto__: null,
  /** Byte length from which binary data and strings travel as blocks. */
  get: () => encoder.blockLine,
  set(bytes) {
    encoder.blockLine = bytes;
    encoder.copyLine = Math.max(bytes, COPY_LINE);
  },
});

/** Attach the port layer; see hooks.js for its functions. */
function attach(provided) {
  Object.assign(hooks, provided);
  hooks.setScratch(w.u8);
}

/** Reject `object` from now on (markAsUncloneable). */
function markUncloneable(object) {
  if (host.marked === null) host.marked = new WeakSet();
  host.marked.add(object);
}

/**
 * Write `value` to the scratch.
 *
 * @param {unknown} value
 * @param {{transfer: Set<object>|null}|null} context null without a transfer list
 * @returns {number} offset of the first byte; pass it to release() after copying the
 * bytes
 * @throws {DOMException} Node's DataCloneError; {unknown} an error of a getter
 */
function encode(value, context) {
  if (w.depth !== 0) return encodeInside(value, context, false);
  w.depth = 1;
  w.pos = 1;
  walk.context = context;
  walk.alone = false;
  run(value, 0);
  return 0;
}

/** Write one message at `start`; w.pos is after its flags. */
function run(value, start) {
  const { depth } = w;
  const { original } = codec;

  codec.original = null;
  codec.foreign = null;
  walk.level = depth;
  walk.holder = null;
  walk.loss = 0;
  // Primitives inherit nothing that is sent.
  walk.inherits = typeof value === 'object' && hasEnumerable(objectPrototype);
  let done = false;
  try {
    if (original === null) encoder.writeValue(value);
    else encoder.writeCopy(value, original);
    // One in a getter at the very end of the stack could not clean up after itself.
    if (w.depth !== depth || walk.level !== depth) throw new RangeError('Maximum call stack size exceeded');
    codec.hasLost = walk.loss > 0 && hasLost(w.pos - start);
    if (walk.flags & op.FLAG_SHAPES) writeShapes(start);
    reserve(0); // room for the caller's trailer
    done = true;
  } catch (error) {
    locate(error, value);
    throw error;
  } finally {
    w.u8[start] = walk.flags;
    codec.end = w.pos;
    walk.context = null;
    if (walk.count !== walk.base || walk.flags !== 0) forget();
    if (walk.foreign !== null) {
      if (done) codec.foreign = walk.foreign;
      walk.foreign = null;
    }
    if (!done) {
      w.depth = depth;
      if (depth === 1) reset();
      release();
      // An encoding inside a getter knows which blocks belong to the outer one.
      if (depth === 1) hooks.unstage();
    }
  }
}

/** Nodes of the tree of shapes when this was last looked at. */
let madeBefore = 0;

/** Whether a message of `bytes` without its shapes has lost against Node. */
function hasLost(bytes) {
  const keys = counts.nodes - madeBefore;

  madeBefore = counts.nodes;
  return walk.loss + keys * loss.NEW_KEY > bytes * loss.BYTE + loss.BY_NODE;
}

/** Add the path of the rejected value to the error. */
function locate(error, root) {
  const { refused } = host;
  if (refused === null) return;
  host.refused = null;
  require('./path').locate(error, root, refused.value);
}

function hasEnumerable(object) {
  for (const key in object) return key !== null;
  return false;
}

/**
 * After a failure: what encodings inside this one may have left when the stack was full.
 */
function reset() {
  walk.seen.fill(undefined);
  walk.base = 0;
  walk.count = 0;
  encoder.clearOthers();
}

/** Drop all references to objects of the message. */
function forget() {
  const { seen, base, count } = walk;
  for (let i = base; i < count; i++) seen[i] = undefined;
  if (base === 0) encoder.clearOthers();
  walk.count = base;
  walk.map = null;
  if (walk.flags & op.FLAG_SHAPES) {
    walk.localCount = 0;
    walk.stamp = nextStamp();
    if (walk.locals.length > 64) walk.locals = [];
    else for (let i = 0; i < walk.locals.length; i++) walk.locals[i] = null;
  }
  walk.flags = 0;
}

/** By depth: the position at which the outer encoding continues. */
const outerPositions = [0, 0];

/** Encode within another encoding, after the bytes that it has written. */
function encodeInside(value, context, alone) {
  const outer = { ...walk };
  const { pos } = w;
  const start = Math.ceil(pos / 8) * 8;
  w.depth++;
  outerPositions[w.depth] = pos;
  w.pos = start + 1;
  walk.base = walk.count;
  walk.map = null;
  walk.flags = 0;
  walk.locals = [];
  walk.localCount = 0;
  walk.stamp = nextStamp();
  walk.context = context;
  walk.foreign = null;
  walk.alone = alone;
  try {
    run(value, start);
  } finally {
    Object.assign(walk, outer);
  }
  return start;
}

/**
 * Release the bytes of the encode() that returned `start`, and up to 32 bytes after them.
 */
function release() {
  const depth = w.depth--;
  if (codec.foreign !== null) codec.foreign = null;
  if (depth === 1) settle();
  else w.pos = outerPositions[depth];
}

/** Write the shapes that travel with the message, after its value. */
function writeShapes(start) {
  const first = w.pos - start;
  const { locals, localCount } = walk;
  for (let i = 0; i < localCount; i++) writeEntry(locals[i]);
  encoder.writeU32(localCount);
  encoder.writeU32(first);
}

function writeEntry(node) {
  if (node.keys === null) {
    const entry = entryOf(node);
    reserve(entry.length + 8);
    w.u8.set(entry, w.pos);
    w.pos += entry.length;
  } else {
    const text = textOf(node);
    reserve(text.length + 16);
    encoder.writeU32(0);
    encoder.writeU32(text.length);
    latin1Write.call(w.u8, text, w.pos, text.length);
    w.pos += text.length;
  }
}

/**
 * Encode `value` in the self-contained form. Later versions of the same major can read
 * it.
 *
 * @param {unknown} value
 * @returns {Buffer}
 * @throws {DOMException} DataCloneError: functions, shared memory, Node's own objects
 */
function serialize(value) {
  let start = HEADER;
  if (w.depth !== 0) start = encodeInside(value, null, true);
  else encodeAlone(value);
  try {
    return copyOut(start, codec.end - start);
  } finally {
    release();
  }
}

/**
 * Write the self-contained form to scratch[0, end), valid until release(). Requires that
 * `encoding` is false.
 */
function encodeAlone(value) {
  w.depth = 1;
  w.pos = HEADER + 1;
  walk.context = null;
  walk.alone = true;
  run(value, HEADER);
  w.u8[0] = MAGIC;
  w.u8[1] = VERSION;
}

function copyOut(start, length) {
  const bytes = allocUnsafe(HEADER + length);
  bytes[0] = MAGIC;
  bytes[1] = VERSION;
  const { u8 } = w;
  if (length > 16) bytes.set(u8.subarray(start, start + length), HEADER);
  else for (let i = 0; i < length; i++) bytes[HEADER + i] = u8[start + i];
  return bytes;
}

/** Buffer for small inputs: a copy is faster than a new DataView. */
const inbox = new Uint8Array(4096);

/**
 * Decode the self-contained form.
 * @param {Uint8Array} bytes the result of serialize()
 * @returns {unknown}
 * @throws {RingportError} ERR_RINGPORT_CORRUPT, ERR_RINGPORT_VERSION
 */
function deserialize(bytes) {
  if (!types.isUint8Array(bytes)) {
    throw withCode(
      new TypeError('The "bytes" argument must be an instance of Buffer or Uint8Array'),
      'ERR_INVALID_ARG_TYPE');
  }
  const { length } = bytes;
  if (length < HEADER + 2 || bytes[0] !== MAGIC) throw corrupt('not made by serialize()');
  if (bytes[1] !== VERSION) {
    throw new RingportError('ERR_RINGPORT_VERSION',
      `Serialized by a newer version of ringport (format ${bytes[1]})`);
  }
  r.alone = true;
  try {
    if (length <= inbox.length) {
      inbox.set(bytes);
      return decode(inbox, HEADER, length - HEADER, null);
    }
    const whole = new Uint8Array(bytes.buffer, bytes.byteOffset, length);
    return decode(whole, HEADER, length - HEADER, null);
  } finally {
    r.alone = false;
  }
}

module.exports = codec;
