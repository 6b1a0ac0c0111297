'use strict';

/*
 * scratch.js - the bytes being written, one buffer per thread.
 *
 * Every writer function finds at least SLACK free bytes behind `pos` when it starts
 * (`reserve`), so fixed-size ops need no further check. The buffer is replaced when it
 * grows: never keep `u8` in a local across a call that may run user code or reserve.
 */

const BASE = 64 * 1024;
/** Above this, growth is by a quarter instead of by doubling. */
const LARGE = 4 * 1024 * 1024;
/** A larger scratch is given back after this many small messages in a row. */
const SMALL_MAX = 256;
/** Positions in the scratch, trailer included, fit 32 bits. */
const MOST = 2 ** 32 - 1024;
const SLACK = 64;

const w = {
  u8: new Uint8Array(BASE),
  view: null,
  pos: 0,
  /** `pos` may not be above this when an op starts. */
  limit: BASE - SLACK,
  /** Encodings in progress: more than one while a getter posts. */
  depth: 0,
  small: 0,
  /** Told of every new buffer. */
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
 * Memory for `wanted` bytes, as far as that may go; `need` of them are needed.
 * @throws {DOMException} DataCloneError, as Node's serializer without memory
 */
function allocate(need, wanted) {
  try {
    if (need <= MOST) return new Uint8Array(Math.min(wanted, MOST));
  } catch {
    /* no memory */
  }
  throw require('./node-clone').dataCloneError('Data cannot be cloned, out of memory.');
}

/** Make room for `size` bytes (and the slack) behind `pos`. */
function grow(size) {
  const length = w.u8.length;
  const need = w.pos + size + SLACK;
  const next = Math.max(need, length < LARGE ? length * 2 : length + (length >>> 2));
  const u8 = allocate(need, Math.ceil(next / 8) * 8);
  u8.set(w.u8.length === w.pos ? w.u8 : w.u8.subarray(0, w.pos));
  replace(u8);
}

/** Room for `size` bytes behind `pos`. */
function reserve(size) {
  if (w.pos + size > w.limit) grow(size);
}

/**
 * Called when nothing is being encoded: give a large scratch back once the burst is over.
 */
function settle() {
  if (w.u8.length === BASE) return;
  if (w.pos * 4 > w.u8.length && w.u8.length <= LARGE) {
    w.small = 0;
  } else if (w.u8.length > LARGE || ++w.small > SMALL_MAX) {
    w.small = 0;
    replace(new Uint8Array(BASE));
  }
}

module.exports = { w, BASE, reserve, grow, settle };
