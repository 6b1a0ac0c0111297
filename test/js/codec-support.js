'use strict';

/*
 * codec-support.js - the codec with hooks in JavaScript, and a strict comparison.
 */

const { MessageChannel, receiveMessageOnPort } = require('node:worker_threads');
const path = require('node:path');
const { types } = require('node:util');

/** A separate instance of the codec: its shape ids must not mix with those of ports. */
const codec = loadAlone(path.join(__dirname, '../../lib/codec'));

function loadAlone(folder) {
  const isPart = (file) => file.startsWith(folder);
  const shared = Object.entries(require.cache).filter(([file]) => isPart(file));
  const forget = () => Object.keys(require.cache).filter(isPart).forEach((file) => { delete require.cache[file]; });
  forget();
  try {
    const alone = require(folder);

    /* Files that it loads lazily. */
    alone.deserialize(alone.serialize([new Date(0), new Error('here')]));
    return alone;
  } finally {
    forget();
    Object.assign(require.cache, Object.fromEntries(shared));
  }
}

const NODE = parseInt(process.versions.node, 10);

const texts = [];

/**
 * lib/ports in JavaScript: a registry of shapes, blocks, a channel for foreign values.
 */
class Lane {
  /** Shared by the process, because an id is never used twice. */
  texts = texts;
  blocks = [];
  ports = new Map();
  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.near = port1;
    this.far = port2;
    port1.unref();
    port2.unref();
  }

  attach({ shapes = true, blocks = true } = {}) {
    codec.attach({
      internShape: shapes ? (text) => this.intern(text) : null,
      shapeKeys: (id) => this.texts[id],
      port: (object) => (this.ports.has(object) ? this.ports.get(object) : -1),
      takePort: (index) => [...this.ports.keys()][index],
      stageBytes: blocks ? (buffer, start, length) => this.stage(buffer.slice(start, start + length)) : null,
      stageString: blocks ? (string) => this.stage(string) : null,
      takeBlock: (index) => this.blocks[index],
      takeString: (index) => this.blocks[index],
      unstage: () => { this.blocks.length = 0; },
    });
    return this;
  }

  stage(block) {
    return this.blocks.push(block) - 1;
  }

  intern(text) {
    const index = this.texts.indexOf(text);
    if (index >= 0) return index;
    return this.texts.length < 2000 ? this.texts.push(text) - 1 : -1;
  }

  /** Encode and decode a value, as a port does. */
  send(value, transferList) {
    const context = transferList === undefined ? null : { transfer: new Set(transferList), ports: [] };
    this.blocks.length = 0;
    const start = codec.encode(value, context);
    let bytes;
    try {
      bytes = codec.scratch.slice(start, codec.end);
      if (codec.foreign !== null || context !== null) {
        this.near.postMessage(codec.foreign, transferList);
      }
    } finally {
      codec.release(start);
    }
    const came = receiveMessageOnPort(this.far);
    return codec.decode(bytes, 0, bytes.length, came === undefined ? null : came.message);
  }

  close() {
    this.near.close();
  }
}

/** Send a value over a MessageChannel of Node's and receive it. */
function nodeChannel() {
  const { port1, port2 } = new MessageChannel();
  port1.unref();
  port2.unref();
  return (value) => {
    port1.postMessage(value);
    return receiveMessageOnPort(port2).message;
  };
}

/** Serialize and deserialize a value. */
function roundTrip(value) {
  return codec.deserialize(codec.serialize(value));
}

/**
 * Find the first difference between two values: in types, prototypes, keys and their
 * order, attributes, contents, and identity. Returns undefined if there is none.
 */
function difference(a, b, path = 'value', pairs = [new Map(), new Map()]) {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) {
    return Object.is(a, b) ? undefined : `${path}: ${String(a)} and ${String(b)}`;
  }
  const [left, right] = pairs;
  if (left.has(a) || right.has(b)) return left.get(a) === b && right.get(b) === a ? undefined : `${path}: identity`;
  left.set(a, b);
  right.set(b, a);
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return `${path}: prototype`;
  return slots(a, b, path, pairs) ?? properties(a, b, path, pairs);
}

function properties(a, b, path, pairs) {
  if (types.isTypedArray(a)) return undefined;
  const keys = Reflect.ownKeys(a);
  const others = Reflect.ownKeys(b);
  if (keys.length !== others.length || keys.some((key, i) => key !== others[i])) {
    return `${path}: keys ${keys.map(String)} and ${others.map(String)}`;
  }
  for (const key of keys) {
    const one = Object.getOwnPropertyDescriptor(a, key);
    const other = Object.getOwnPropertyDescriptor(b, key);
    for (const attribute of ['enumerable', 'configurable', 'writable', 'get', 'set']) {
      if (one[attribute] !== other[attribute]) return `${path}.${String(key)}: ${attribute}`;
    }
    const found = difference(a[key], b[key], `${path}.${String(key)}`, pairs);
    if (found !== undefined) return found;
  }
  return undefined;
}

function slots(a, b, path, pairs) {
  const tag = Object.prototype.toString.call(a);
  if (tag !== Object.prototype.toString.call(b)) return `${path}: kind`;
  if (types.isMap(a)) return difference([...a.entries()].flat(), [...b.entries()].flat(), `${path}<map>`, pairs);
  if (types.isSet(a)) return difference([...a], [...b], `${path}<set>`, pairs);
  if (types.isDate(a)) return difference(a.getTime(), b.getTime(), path, pairs);
  if (types.isRegExp(a)) return difference(`${a.source}/${a.flags}`, `${b.source}/${b.flags}`, path, pairs);
  if (types.isBoxedPrimitive(a)) return difference(a.valueOf(), b.valueOf(), path, pairs);
  if (types.isAnyArrayBuffer(a)) {
    if (a.resizable !== b.resizable || a.maxByteLength !== b.maxByteLength) return `${path}: size`;
    return Buffer.from(a).equals(Buffer.from(b)) ? undefined : `${path}: bytes`;
  }
  if (ArrayBuffer.isView(a)) {
    if (a.byteOffset !== b.byteOffset || a.byteLength !== b.byteLength) return `${path}: bounds`;
    return difference(a.buffer, b.buffer, `${path}.buffer`, pairs);
  }
  return undefined;
}

/** Call fn, and return its result or error in a form that can be compared. */
function outcome(fn) {
  try {
    return { value: fn() };
  } catch (error) {
    return { error: { name: error?.name, code: error?.code, message: error?.message ?? error } };
  }
}

module.exports = { codec, Lane, nodeChannel, roundTrip, difference, outcome, NODE };
