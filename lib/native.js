'use strict';

// The binding of this thread, and the memory that it shares with the wrapper.

const binding = require('./binding');

/** Words of `control`; the same table is in src/node/env.h. */
const START = 0;
const END = 1;
const FLAGS = 2;
const STATUS = 3;
const BYTES = 4;
const COUNT = 5;
const MAX = 6;
const STAGED = 7;
const SLOT = 8;
const WORDS = 16;

/** A value of the STATUS word; the table is in src/core/error.h. */
const SEALED = -5;

const control = new Int32Array(WORDS);

/** Of this process and this copy of the addon. */
const MARK = binding.mark().toString(36);

module.exports = {
  binding,
  control,
  START, END, FLAGS, STATUS, BYTES, COUNT, MAX, STAGED, SLOT,
  SEALED,
  /** What a message of the wrapper's own is known by, among those of users. */
  mark: (name) => `ringport.${name}.${MARK}`,
};
