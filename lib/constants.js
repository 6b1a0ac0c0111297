'use strict';

/*
 * constants.js - the numbers that JavaScript shares with the addon. Generated from the
 * lists in C by scripts/constants.js; do not edit.
 *
 * scripts/bundle.js replaces each use by the number, so no thread loads this file.
 *
 *   error    results: src/core/error.h
 *   control  words of `control`, and their values: src/node/env.h
 *   ring     words of a ring's `words`: src/node/ring_wakeups.h
 *   layout   the memory of a ring, in bytes: src/core/ring/shared_memory.h
 *   counter  indices in a block of a ring's counters: the same
 *   record   records in an inbox: src/core/record.h, src/core/port/message.h
 *   plain    limits of plain values: src/node/flat.h, tree.h, primitives.h
 */

module.exports = {
  error: {
    OK: 0,
    EMPTY: -1,
    FULL: -2,
    ETOOBIG: -3,
    ENOMEM: -4,
    CLOSED: -5,
    ECORRUPT: -6,
    ENOENT: -7,
    ECLOSED: -8,
    EBUSY: -9,
    EFORMAT: -10,
    ECLAIM: -11,
    ERANDOM: -12,
    EDEADLOCK: -13,
  },
  control: {
    START: 0,
    END: 1,
    FLAGS: 2,
    STATUS: 3,
    BYTES: 4,
    COUNT: 5,
    MAX: 6,
    STAGED: 7,
    SLOT: 8,
    FLOW: 9,
    CALL: 10,
    ID: 11,
    WORDS: 16,
    OTHER: 1,
    SHAPE: 2,
    WHOLE: 3,
    ALL: 2147483647,
  },
  ring: {
    STATUS: 0,
    OFFSET: 1,
    LENGTH: 2,
    COUNT: 3,
    RECORDS: 8,
    TAKE_MAX: 64,
    WORDS: 136,
  },
  layout: {
    MAGIC: 1112690770,
    VERSION: 1,
    STATE: 128,
    DATA_WANTED: 132,
    ROOM_WANTED: 136,
    TAIL: 256,
    HEAD: 384,
    COUNTERS: 512,
    BLOCK: 64,
    BLOCKS: 16,
    DATA: 2560,
    CLOSED: 1,
  },
  counter: {
    RECORDS: 0,
    BYTES: 1,
    WAKE_UPS: 2,
    STALLS: 3,
    HIGH_WATER: 4,
    ABORTED: 5,
  },
  record: {
    HEADER: 8,
    LARGE: 256,
    TABLE: 512,
    BLOCK: 16,
  },
  plain: {
    FIELDS: 16,
    ELEMENTS: 15,
    VALUES: 64,
    DEPTH: 8,
    CHARACTERS: 128,
    NESTED: 11,
  },
};
