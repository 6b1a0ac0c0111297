'use strict';

/*
 * outbox.js - collects the small messages of postMessages() and sends them together.
 *
 * Each message is copied here in the layout of its record. One native call then writes
 * them all, publishes once and wakes the receiver once. Iterables and getters are user
 * code that may post, close, receive or transfer, so each of these operations flushes the
 * outbox first. So does a full outbox.
 */

const { binding, control, END } = require('../loading/native');

const { postMany } = binding;

/** Half of a typical L1 cache. A number takes 16 bytes. */
const BYTES = 16 * 1024;
/** Send larger messages directly: the cost of a native call hardly matters for them. */
const MESSAGE_MAX = 1024;
/** Copy up to this many bytes in a loop: calling a native copy costs some 60 ns. */
const LOOP_MAX = 128;
const { HEADER } = require('../constants').record;

/** Allocated on first use. */
let bytes = null;
let words = null;

let scratch = null;
let scratchWords = null;

/** The endpoint that sends the collected messages, and the bytes that they fill. */
let endpoint = null;
let end = 0;

/** Called for each new scratch buffer. Its length is a multiple of 8. */
function setScratch(u8) {
  scratch = u8;
  scratchWords = new Uint32Array(u8.buffer, 0, u8.length >>> 2);
}

function make() {
  bytes = new Uint8Array(BYTES);
  words = new Uint32Array(bytes.buffer);
  binding.setOutbox(bytes);
}

/** Send the collected messages. */
function flush() {
  if (end === 0) return;

  const { slot } = endpoint;

  control[END] = end;
  endpoint = null;
  end = 0;
  postMany(slot);
}

/**
 * Add the message scratch[from, to) to the outbox; `from` is a multiple of 8.
 * @returns {boolean} false: it is too large, and nothing was added
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
