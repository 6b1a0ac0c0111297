'use strict';

/*
 * outbox.js - the messages of postMessages() that wait to be sent together.
 *
 * Small ones are copied here, each laid out as the record that it is going to be, until there are enough
 * of them or something happens that must find them sent: an iterable and getters are user code, which
 * may post, close, receive or send ports away in between. One native call then writes all of them,
 * publishes once and wakes the receiver once.
 */

const { binding, control, END } = require('../loading/native');

const { postMany } = binding;

/** Half of a first-level cache; a number takes 16 of them. */
const BYTES = 16 * 1024;
/** A larger message goes by itself: the call is little beside what it costs. */
const MESSAGE_MAX = 1024;
/** Up to here words are copied one by one: a native copy costs some 60 ns to begin. */
const LOOP_MAX = 128;
const HEADER = 8;

/** Made when first needed. */
let bytes = null;
let words = null;

let scratch = null;
let scratchWords = null;

/** Whose messages these are, and how much of `bytes` they take. */
let endpoint = null;
let end = 0;

/** Told of every new scratch; its length is a multiple of 8. */
function setScratch(u8) {
  scratch = u8;
  scratchWords = new Uint32Array(u8.buffer, 0, u8.length >>> 2);
}

function make() {
  bytes = new Uint8Array(BYTES);
  words = new Uint32Array(bytes.buffer);
  binding.setOutbox(bytes);
}

/** Send what waits. */
function flush() {
  if (end === 0) return;

  const { slot } = endpoint;

  control[END] = end;
  endpoint = null;
  end = 0;
  postMany(slot);
}

/**
 * Keep the message scratch[from, to) for the next flush(); `from` is a multiple of 8.
 * @returns {boolean} false: it is too large and nothing is kept
 */
function put(sender, from, to) {
  const length = to - from;

  if (length > MESSAGE_MAX) return false;
  if (bytes === null) make();
  if (end + HEADER + length > BYTES) flush();
  endpoint = sender;

  let at = end >> 2;

  words[at] = length;
  words[at + 1] = 0;
  if (length <= LOOP_MAX) {
    at += 2;
    for (let word = from >> 2; word << 2 < to; word++) words[at++] = scratchWords[word];
  } else {
    bytes.set(scratch.subarray(from, to), end + HEADER);
  }
  end += HEADER + ((length + 7) & ~7);
  return true;
}

module.exports = { setScratch, flush, put };
