'use strict';

/*
 * large-memory.js - memory for large ArrayBuffers, without paying for its pages again and again.
 *
 * V8 frees ArrayBuffers by dozens, after a collection; and glibc gives what is free at the top of its heap
 * back to the system, so that each message touches fresh pages, for longer than it takes to copy it.
 * A buffer that stays, above those that come and go, keeps the heap as it is: it is never touched
 * and takes no memory itself. It stays as long as large messages come.
 */

const { Buffer, FinalizationRegistry, process } = require('../loading/builtins');

const { binding, define } = require('../loading/native');

define(1);

/** Larger ones are not all of the heap, and a buffer of that size should not stay. */
const MOST = 4 * 1024 * 1024;
/** What may be above it. */
const MARGIN = 1024 * 1024;
/** After so many buffers it is made anew: the heap may have another top by then. */
const TERM = 512;

const isNeeded = process.platform === 'linux';
const { allocUnsafeSlow } = Buffer;

let top = null;
let topAddress = 0;
/** Buffers made since then. */
let count = 0;
/** One has been made since the last full collection. */
let used = false;

/* Told of a full collection. */
const collections = new FinalizationRegistry(() => {
  if (used) awaitCollection();
  else top = null;
});

function awaitCollection() {
  used = false;
  collections.register({});
}

/** One more, which may be missing: null without memory for it. */
function allocateSpare(length) {
  try {
    return allocUnsafeSlow(length);
  } catch {
    return null;
  }
}

/** @param {number} length in bytes @returns {Buffer} of an ArrayBuffer of its own, its bytes are not set */
function allocate(length) {
  const bytes = allocUnsafeSlow(length);

  if (!isNeeded || length > MOST) return bytes;
  used = true;

  const address = binding.address(bytes);

  if (++count < TERM && address < topAddress + MARGIN && top !== null) return bytes;

  const other = allocateSpare(length);

  if (other === null) return bytes;
  if (top === null) awaitCollection();

  const otherAddress = binding.address(other);

  count = 0;
  topAddress = Math.max(address, otherAddress);
  top = otherAddress > address ? other : bytes;
  return otherAddress > address ? bytes : other;
}

module.exports = { allocate };
