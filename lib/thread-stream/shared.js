'use strict';

/*
 * shared.js - what the two threads of a ThreadStream share besides the ring: words by
 * which the worker tells how far the destination is.
 */

/** Bytes that the destination has accepted, modulo 2^32. */
const DELIVERED = 0;
const STATE = 1;
/** Changes with each of the others. */
const SIGNAL = 2;
const WORDS = 3;

/** Values of STATE. The worker has not opened the ring yet. */
const STARTING = 0;
const OPEN = 1;
/** The destination has emitted 'close'. */
const FINISHED = 2;
/** The destination has emitted 'error', or the worker exits. */
const FAILED = 3;

/** Set a word, and wake the other thread if it waits for SIGNAL. */
function tell(words, index, value) {
  Atomics.store(words, index, value);
  Atomics.add(words, SIGNAL, 1);
  Atomics.notify(words, SIGNAL);
}

module.exports = { DELIVERED, STATE, SIGNAL, WORDS, STARTING, OPEN, FINISHED, FAILED, tell };
