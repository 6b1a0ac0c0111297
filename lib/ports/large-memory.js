'use strict';

/*
 * large-memory.js - allocates memory for large ArrayBuffers without faulting in fresh
 * pages for each.
 *
 * V8 frees ArrayBuffers in groups after a garbage collection. glibc then returns the free
 * top of its heap to the system, and the next messages fault in fresh pages, which takes
 * longer than the copy. So one ArrayBuffer is kept above the others, which pins the
 * heap's top. It is never written, so it uses no physical memory. It is released once
 * large messages stop.
 */

const { Buffer, FinalizationRegistry, process } = require('../loading/builtins');

const { binding, define, FOR_PORTS } = require('../loading/native');

define(FOR_PORTS);

/**
 * Maximum size, in bytes. glibc may map larger buffers, and they are too large to keep.
 */
const MOST = 4 * 1024 * 1024;
/** Tolerated distance of a buffer above the pinning one, in bytes. */
const MARGIN = 1024 * 1024;
/** Replace the pinning buffer after this many allocations: the top may have moved. */
const TERM = 512;

const isNeeded = process.platform === 'linux';
const { allocUnsafeSlow } = Buffer;

let top = null;
let topAddress = 0;
/** Allocations since `top` was chosen. */
let count = 0;
/** Whether there was an allocation since the last full collection. */
let used = false;

/* Notified of full collections. */
const collections = new FinalizationRegistry(() => {
  if (used) awaitCollection();
  else top = null;
});

function awaitCollection() {
  used = false;
  collections.register({});
}

/** Allocate a second buffer. @returns {Buffer | null} null: out of memory */
function allocateSpare(length) {
  try {
    return allocUnsafeSlow(length);
  } catch {
    return null;
  }
}

/**
 * @param {number} length in bytes
 * @returns {Buffer} uninitialized, with its own ArrayBuffer
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
