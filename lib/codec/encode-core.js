'use strict';

/*
 * encode-core.js - what the encode-*.js files share: the state of an encoding, and the
 * functions that encode.js adds to this module. The other files call them to write nested
 * values.
 */

/** Up to this many objects, identity is looked up in a list; above, in a Map. */
const LINEAR = 32;

/** The state of an encoding. Saved and restored when a getter starts another one. */
const walk = {
  /**
   * The objects written so far, seen[base] to seen[base + count - 1] if up to LINEAR;
   * otherwise `map` holds all of them.
   */
  seen: Array.from({ length: LINEAR + 4 }),
  base: 0,
  count: 0,
  map: null,
  flags: 0,
  /** Nesting depth of this encoding. */
  level: 0,
  /** The key whose value is being written: a node of the shape tree, or null. */
  holder: null,
  /** Shape nodes whose keys are sent with this message. */
  locals: [],
  localCount: 0,
  stamp: 1,
  context: null,
  foreign: null,
  /** What has been lost against Node's serializer; see loss.js. */
  loss: 0,
  /** Object.prototype has enumerable properties. */
  inherits: false,
  /** Self-contained, for serialize(): no registered shapes, blocks or foreign values. */
  alone: true,
};

const host = {
  /** @type {WeakSet | null} objects marked as uncloneable, once there are any */
  marked: null,
  /** @type {{ value: unknown } | null} the value that an encoding is about to reject */
  refused: null,
};

module.exports = { LINEAR, walk, host };
