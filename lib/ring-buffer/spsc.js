'use strict';

/*
 * spsc.js - a ring with one producer and one consumer, in JavaScript, on the words in its
 * memory.
 *
 * What src/core/ring/spsc.c does: a record costs less here than a call into C. It can be
 * so because a thread that is ended between any two steps leaves nothing half done: a
 * record exists once the tail has moved past it, and has been read once the side's own
 * position has. All that another thread can write is read once, checked, then used.
 *
 * Positions are 32 bits and come round, so they are compared by difference.
 */

const { layout } = require('./native');

const HEADER = 8;

/** Words of the memory, and what records are made of. */
const words = {
  STATE: layout.STATE >> 2,
  DATA_WANTED: layout.DATA_WANTED >> 2,
  ROOM_WANTED: layout.ROOM_WANTED >> 2,
  TAIL: layout.TAIL >> 2,
  HEAD: layout.HEAD >> 2,
  DATA: layout.DATA,
  HEADER,
  TYPE_BYTES: 1,
  PADDING: -1,
  /** Up to here copying bytes one by one beats Uint8Array.prototype.set. */
  FEW: 12,
  sizeOf,
};

/** Bytes that a record takes. */
function sizeOf(length) {
  return HEADER + ((length + 7) & ~7);
}

module.exports = words;
