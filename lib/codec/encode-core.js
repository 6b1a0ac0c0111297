'use strict';

/*
 * encode-core.js - what the encode-*.js files share: the state of an encoding, and the
 * functions that encode.js adds. A file that writes one kind of object calls them to
 * write the values in it.
 */

/** Identity: so many objects are looked up in a list, more in a Map. */
const LINEAR = 32;

/** What one encoding knows. Saved and restored when another one runs inside a getter. */
const walk = {
  /**
   * Objects met so far, from `base` on; beyond LINEAR `map` holds all of them instead.
   */
  seen: Array.from({ length: LINEAR + 4 }),
  base: 0,
  count: 0,
  map: null,
  flags: 0,
  /** The depth of the encoding whose state this is. */
  level: 0,
  /** The key whose value is being written, a node of the tree; null at the top. */
  holder: null,
  /** Nodes whose entries travel with this message. */
  locals: [],
  localCount: 0,
  stamp: 1,
  context: null,
  foreign: null,
  /** Object.prototype has enumerable properties. */
  inherits: false,
  /** No numbers of the registry, no blocks, nothing foreign. */
  alone: true,
};

const host = {
  /** Objects that structured clone must refuse: a WeakSet once there are any. */
  marked: null,
  /** @type {{ value: unknown } | null} what an encoding is about to fail with */
  refused: null,
};

module.exports = { LINEAR, walk, host };
