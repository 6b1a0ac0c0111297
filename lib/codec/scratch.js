'use strict';

/*
 * scratch.js - the buffer that messages are written to, one per thread.
 *
 * When a writer function starts, at least SLACK bytes behind `pos` are free, so ops of a
 * fixed size need no further check; see reserve(). Growing replaces the buffer: do not
 * keep `u8` in a local variable across a call that may run user code or reserve.
 */

const BASE = 64 * 1024;
/** Above this size, the scratch grows by a quarter instead of doubling. */
const LARGE = 4 * 1024 * 1024;
/** Messages in a row after which a scratch that was too large for them is freed. */
const SMALL_MAX = 256;
/** Maximum size: positions in the scratch, also of a trailer, fit 32 bits. */
const MOST = 2 ** 32 - 1024;
const SLACK = 64;

const w = {
  u8: new Uint8Array(BASE),
  view: null,
  pos: 0,
  /** The maximum of `pos` when an op starts. */
  limit: BASE - SLACK,
  /** Number of encodings in progress; more than one while a getter posts. */
  depth: 0,
  /** Number of messages in a row that used less than a quarter of the scratch. */
  small: 0,
  /** Called with every new buffer. */
  onReplace: null,
};
w.view = new DataView(w.u8.buffer);

function replace(u8) {
  w.u8 = u8;
  w.view = new DataView(u8.buffer);
  w.limit = u8.length - SLACK;
  if (w.onReplace !== null) w.onReplace(u8);
}

/**
 * Allocate `wanted` bytes, or the maximum size if that is enough for `need`.
 * @throws {DOMException} DataCloneError: out of memory, as in Node
 */
function allocate(need, wanted) {
  try {
    if (need <= MOST) return new Uint8Array(Math.min(wanted, MOST));
  } catch {
    /* no memory */
  }
  throw require('./node-clone').dataCloneError('Data cannot be cloned, out of memory.');
}

/** Grow the scratch, for `size` bytes and SLACK behind `pos`. */
function grow(size) {
  const length = w.u8.length;
  const need = w.pos + size + SLACK;
  const next = Math.max(need, length < LARGE ? length * 2 : length + (length >>> 2));
  const u8 = allocate(need, Math.ceil(next / 8) * 8);
  u8.set(w.u8.length === w.pos ? w.u8 : w.u8.subarray(0, w.pos));
  replace(u8);
}

/** Ensure that `size` bytes and SLACK are free behind `pos`. */
function reserve(size) {
  if (w.pos + size > w.limit) grow(size);
}

/** Called while no encoding is in progress: free a large scratch that is not needed. */
function settle() {
  if (w.u8.length === BASE) return;
  if (w.pos * 4 > w.u8.length && w.u8.length <= LARGE) {
    w.small = 0;
  } else if (w.u8.length > LARGE || ++w.small > SMALL_MAX) {
    w.small = 0;
    replace(new Uint8Array(BASE));
  }
}

module.exports = { w, reserve, grow, settle };
