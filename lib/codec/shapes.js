'use strict';

/*
 * shapes.js - the shapes that this thread has written.
 *
 * They form a tree of keys in property order: following an object's keys from `root` ends
 * at the node of its shape. Each node caches the two children visited last, so a known
 * shape costs one comparison per key. A frequent shape gets an id from a registry of the
 * process (src/core/process/shapes.c); the keys of others are sent at the end of each
 * message.
 *
 * The tree is bounded; when it is full, it starts over. An object that does not fit it
 * (many keys, long keys, numeric keys) gets a loose node, which only collects the keys.
 */

const { Buffer } = require('../loading/builtins');

const MAX_NODES = 8192;
const MAX_KEYS = 1024;
/**
 * Objects of more keys than this may be dictionaries, which would fill the tree. So its
 * deeper nodes are only made for a key after this one that has come more often.
 */
const FEW_KEYS = 128;
const OFTEN = 1;
const MAX_KEY_LENGTH = 128;
const MAX_WRITERS = 1000;
/** Objects of a shape that are written before it gets an id. */
const FREQUENT = 8;

const { stringify } = JSON;
const NUMERIC = /^(?:0|[1-9]\d{0,9})$/;

/**
 * Create a node. Not a class, because V8 takes 100 us to define the fields of a class the
 * first time.
 * @typedef {ReturnType<typeof makeNode>} Node
 */
function makeNode(parent, name) {
  return {
    parent,
    name,
    depth: parent === null ? 0 : parent.depth + 1,
    /** The two children visited last. */
    key: undefined,
    next: null,
    key2: undefined,
    next2: null,
    children: null,
    /** Id in the process-wide registry. -1: none yet; -2: the registry is full. */
    id: -1,
    /** Number of objects written. */
    uses: 0,
    /** counts.keys after the last object. */
    last: 0,
    /** The last message that included this shape's keys, and their index there. */
    stamp: 0,
    local: 0,
    /** The keys as sent at the end of a message, created on first use. */
    entry: null,
    /** Keys of a loose node. */
    keys: null,
    /** Writes the values of an object of this shape; see encode-plain.js. */
    write: null,
    /** The same for an object that inherits from more than Object.prototype. */
    writeHeir: null,
    /**
     * Sends a flat object of this shape; see ports/flat.js. Null: impossible; undefined:
     * not known yet.
     */
    send: undefined,
    /** The root for objects that are the value of this key; see startOf(). */
    start: null,
  };
}

let root = makeNode(null, '');
/** A shape is stale once so many keys of others have been written. */
const STALE = 2048;
const counts = {
  /** Nodes made so far, of all trees. */
  nodes: 0,
  /** Keys of objects that have been written, of 32 bits. */
  keys: 0,
};
/** Number of nodes in the tree. */
let nodes = 0;
/** Number of writers generated for shapes of this tree. */
let writers = 0;

/** @returns {Node} the root; of a new tree if the old one is full */
function getRoot() {
  if (nodes > MAX_NODES) {
    root = makeNode(null, '');
    nodes = 0;
    writers = 0;
  }
  return root;
}

/** Count a generated writer. @returns {boolean} false: there are too many already */
function countWriter() {
  return writers < MAX_WRITERS && ++writers > 0;
}

/**
 * The node from which to follow an object's keys. Objects that are values of the same key
 * usually have the same shape. So each key has a root of its own, which only caches
 * children of the real root.
 * @param {Node | null} holder the key whose value the object is
 */
function startOf(holder) {
  if (holder === null) return getRoot();
  if (holder.start === null) holder.start = makeNode(null, '');
  return holder.start;
}

/** @returns {string[]} */
function keysOf(node) {
  if (node.keys !== null) return node.keys;
  const keys = new Array(node.depth);
  for (let n = node; n.parent !== null; n = n.parent) keys[n.depth - 1] = n.name;
  return keys;
}

/** Create a loose node for the keys of `node` and another one. */
function loose(node, key) {
  const other = makeNode(null, '');
  const keys = keysOf(node);
  keys[keys.length] = key;
  other.keys = keys;
  return other;
}

/** Key after FEW_KEYS others -> how often it has come there. */
const wides = new Map();

/** Whether an object with these keys is worth more nodes. */
function isWideShape(node, key) {
  if (node.depth > FEW_KEYS) return node.depth < MAX_KEYS;
  const times = (wides.get(key) ?? 0) + 1;
  if (wides.size > 256) wides.clear();
  wides.set(key, times);
  return times > OFTEN;
}

/** The child of `node` for `key`, if that is not node.key. */
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
    if ((node.depth >= FEW_KEYS && !isWideShape(node, key)) ||
        key.length > MAX_KEY_LENGTH || nodes > MAX_NODES ||
        (node.depth === 0 && NUMERIC.test(key))) {
      return loose(node, key);
    }
    next = makeNode(owner, key);
    nodes++;
    counts.nodes++;
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

/** The keys of a node as JSON in latin1. */
function textOf(node) {
  const keys = keysOf(node);
  let list = '';
  // Not stringify(keys): Array.prototype may have a toJSON method.
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

/** The keys of a node in the tree as sent with messages: u32 hash, u32 length, text. */
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

/** The nodes from the root to `node`, one for each key. */
function pathOf(node) {
  const path = new Array(node.depth);
  for (let n = node; n.parent !== null; n = n.parent) path[n.depth - 1] = n;
  return path;
}

/** Get an id for the shape if it is frequent by now. */
function touch(node, hooks) {
  if (node.keys === null && node.uses >= FREQUENT) number(node, hooks.internShape);
}

/** Get an id for the shape of a node in the tree. */
function number(node, internShape) {
  const id = internShape(textOf(node));
  node.id = id < 0 ? -2 : id;
}

module.exports = {
  STALE, counts, FREQUENT, getRoot, startOf, step, touch, number, countWriter, keysOf, pathOf,
  textOf, entryOf,
};
