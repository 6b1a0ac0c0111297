'use strict';

/*
 * large-memory.js - allocates memory for large ArrayBuffers without faulting in fresh
 * pages for each.
 *
 * V8 frees ArrayBuffers in groups after a garbage collection. glibc then returns the free
 * top of its heap to the system, and the next messages touch fresh pages, which takes
 * longer than the copy. One ArrayBuffer kept above the others pins the top of the heap.
 * It is never touched, so it takes no memory itself. It is released when no more large
 * messages come.
 */

const { Buffer, FinalizationRegistry, process } = require('../loading/builtins');

const { binding, define, FOR_PORTS } = require('../loading/native');

define(FOR_PORTS);

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

/**
 * @param {number} length in bytes
 * @returns {Buffer} of an ArrayBuffer of its own, its bytes are not set
 */
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
