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
const WORDS = 16;

/** A value of the STATUS word; the table is in src/core/error.h. */
const SEALED = -5;

/** A batch of received records: as much as the largest record, and cheap to keep in the cache. */
const INBOX_BYTES = 64 * 1024;
const RESERVED_BYTES = 256 * 1024;

const control = new Int32Array(WORDS);
/* So much memory comes from the system as it is needed; less would be carved out of what has been used. */
const inbox = new Uint8Array(new ArrayBuffer(RESERVED_BYTES), 0, INBOX_BYTES);

binding.setInbox(inbox);

/** Of this process and this copy of the addon. */
const MARK = binding.mark().toString(36);

module.exports = {
  binding,
  control,
  inbox,
  /** Lengths and types of the records in the inbox. */
  inbox32: new Uint32Array(inbox.buffer),
  START, END, FLAGS, STATUS, BYTES, COUNT, MAX, STAGED,
  SEALED,
  /** What a message of the wrapper's own is known by, among those of users. */
  mark: (name) => `ringport.${name}.${MARK}`,
};
