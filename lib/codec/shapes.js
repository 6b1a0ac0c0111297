'use strict';

/*
 * shapes.js - what the writer knows about the keys of objects.
 *
 * A tree of keys in property order: walking an object's keys down from `root` ends at the
 * node that stands for its shape. Each node remembers the two children met last, so a
 * known shape costs one comparison a key. A shape that keeps coming back gets a number
 * that the whole process shares (`intern`); others travel at the end of the message that
 * needs them.
 *
 * The tree is bounded: when it is full it starts anew. Objects that do not fit it (many
 * keys, long keys, numeric keys) get a loose node of their own, which only collects the
 * keys.
 */

const { Buffer } = require('../loading/builtins');

const MAX_NODES = 8192;
const MAX_KEYS = 128;
const MAX_KEY_LENGTH = 128;
const MAX_WRITERS = 1000;
/** Objects of a shape met before it is worth a number. */
const FREQUENT = 8;

const { stringify } = JSON;
const NUMERIC = /^(?:0|[1-9]\d{0,9})$/;

/**
 * A node of the tree, as a literal: to define the fields of a class takes V8 100 us when
 * it is cold.
 * @typedef {ReturnType<typeof makeNode>} Node
 */
function makeNode(parent, name) {
  return {
    parent,
    name,
    depth: parent === null ? 0 : parent.depth + 1,
    /** The two children met last. */
    key: undefined,
    next: null,
    key2: undefined,
    next2: null,
    children: null,
    /** Number of the process-wide registry, -1 without, -2 when it has none to give. */
    id: -1,
    uses: 0,
    /** Entry in the message with this stamp. */
    stamp: 0,
    local: 0,
    /** What travels at the end of a message, made on first need. */
    entry: null,
    /** Keys of a loose node. */
    keys: null,
    /** Writes the values of an object of this shape: see encode-plain.js. */
    write: null,
    /** The same for objects that inherit of more than Object.prototype. */
    writeHeir: null,
    /**
     * Sends an object of this shape: see flat.js. null: none does; undefined: not asked
     * yet.
     */
    send: undefined,
    /** Where the walk of an object begins that is the value of this key: see startOf. */
    start: null,
  };
}

let root = makeNode(null, '');
let nodes = 0;
/** Writers compiled for shapes of this tree. */
let writers = 0;

/** @returns {Node} the node of an object without keys */
function getRoot() {
  if (nodes > MAX_NODES) {
    root = makeNode(null, '');
    nodes = 0;
    writers = 0;
  }
  return root;
}

/** @returns {boolean} whether another shape may have a writer of its own */
function countWriter() {
  return writers < MAX_WRITERS && ++writers > 0;
}

/**
 * Objects that are the value of the same key mostly have the same shape, while objects at
 * large begin with any key. So each key has a root of its own, which only remembers
 * children of the real one.
 * @param {Node|null} holder the key the object is the value of
 */
function startOf(holder) {
  if (holder === null) return getRoot();
  if (holder.start === null) holder.start = makeNode(null, '');
  return holder.start;
}

function keysOf(node) {
  if (node.keys !== null) return node.keys;
  const keys = new Array(node.depth);
  for (let n = node; n.parent !== null; n = n.parent) keys[n.depth - 1] = n.name;
  return keys;
}

function loose(node, key) {
  const other = makeNode(null, '');
  const keys = keysOf(node);
  keys[keys.length] = key;
  other.keys = keys;
  return other;
}

/**
 * The child of `node` for `key` when it is not the child met last.
 */
function step(node, key) {
  if (node.key2 === key) {
    const next = node.next2;
    node.key2 = node.key;
    node.next2 = node.next;
    node.key = key;
    node.next = next;
    return next;
  }
  if (node.keys !== null) {
    node.keys[node.keys.length] = key;
    return node;
  }
  const owner = node.depth === 0 ? root : node;
  let next = owner.children === null ? undefined : owner.children.get(key);
  if (next === undefined) {
    if (node.depth >= MAX_KEYS || key.length > MAX_KEY_LENGTH || nodes > MAX_NODES ||
        (node.depth === 0 && NUMERIC.test(key))) {
      return loose(node, key);
    }
    next = makeNode(owner, key);
    nodes++;
    if (owner.children === null) owner.children = new Map();
    owner.children.set(key, next);
  }
  node.key2 = node.key;
  node.next2 = node.next;
  node.key = key;
  node.next = next;
  return next;
}

const WIDE = /[^\x00-\xff]/g;
const escape = (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** The keys of a node as latin1 text. */
function textOf(node) {
  const keys = keysOf(node);
  let list = '';
  // Each by itself: an array may have a toJSON method.
  for (let i = 0; i < keys.length; i++) list += i === 0 ? stringify(keys[i]) : `,${stringify(keys[i])}`;
  const text = `[${list}]`;
  return WIDE.test(text) ? text.replace(WIDE, escape) : text;
}

/** FNV-1a; never 0. */
function hashOf(text) {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return (h >>> 0) || 1;
}

/** The entry of a node in the tree: u32 hash, u32 length, text. */
function entryOf(node) {
  if (node.entry === null) {
    const text = textOf(node);
    const entry = Buffer.allocUnsafeSlow(8 + text.length);
    entry.writeUInt32LE(hashOf(text), 0);
    entry.writeUInt32LE(text.length, 4);
    entry.latin1Write(text, 8);
    node.entry = new Uint8Array(entry.buffer);
  }
  return node.entry;
}

/** The nodes on the way to `node`, one for each key. */
function pathOf(node) {
  const path = new Array(node.depth);
  for (let n = node; n.parent !== null; n = n.parent) path[n.depth - 1] = n;
  return path;
}

/** Ask for a number when the shape has become frequent. */
function touch(node, hooks) {
  if (node.keys === null && node.uses >= FREQUENT) number(node, hooks.internShape);
}

/** Have a number for a node of the tree, if there is one to be had. */
function number(node, internShape) {
  const id = internShape(textOf(node));
  node.id = id < 0 ? -2 : id;
}

module.exports = {
  FREQUENT, getRoot, startOf, step, touch, number, countWriter, keysOf, pathOf, textOf, entryOf,
};
