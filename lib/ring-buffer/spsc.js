'use strict';

/*
 * spsc.js - constants of the JavaScript implementation of a ring with one producer and
 * one consumer; spsc-writer.js and spsc-reader.js.
 *
 * They do the same as src/core/ring/spsc.c, because a record costs less than a call into
 * C. This is safe although terminate() can end the thread between any two steps: a record
 * exists once the tail has moved past it, and has been read once the reader's position
 * has. Each word that another thread can write is read once and checked before use.
 *
 * Positions are 32 bits and wrap around, so they are compared by difference.
 */

const { HEADER } = require('../constants').record;
const { layout } = require('./native');

/** Indices of 32-bit words in the memory, except DATA, an offset in bytes. */
const words = {
  STATE: layout.STATE >> 2,
  DATA_WANTED: layout.DATA_WANTED >> 2,
  ROOM_WANTED: layout.ROOM_WANTED >> 2,
  TAIL: layout.TAIL >> 2,
  HEAD: layout.HEAD >> 2,
  DATA: layout.DATA,
  HEADER,
  /** Types in a record's header. */
  TYPE_BYTES: 1,
  PADDING: -1,
  /** Up to this many bytes, a loop beats Uint8Array.prototype.set(). */
  FEW: 12,
  sizeOf,
};

/** The bytes that a record of `length` bytes occupies. */
function sizeOf(length) {
  return HEADER + ((length + 7) & ~7);
}

module.exports = words;
