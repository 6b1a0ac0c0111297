'use strict';

/* values.js - messages and records that contain their sender, number and a check. */

/** Values for each path: in the ring, in a block, as a one-byte string, as views. */
const SIZES = [0, 7, 40, 300, 5000];
const LARGE = { string: 100_000, bytes: 200_000, numbers: 12_000 };

function fill(i, length) {
  return new Uint8Array(length).fill(i * 31 + length);
}

/** Message `i` of a stream. */
function message(stream, i, kind = 'small') {
  const more = {
    small: () => 'x'.repeat(SIZES[i % SIZES.length]),
    string: () => 'y'.repeat(LARGE.string + i),
    bytes: () => fill(i, LARGE.bytes + i),
    numbers: () => Array.from({ length: LARGE.numbers }, (_, at) => at + i),
  }[kind]();

  return { stream, i, kind, more };
}

function same(a, b) {
  if (typeof b === 'string') return a === b;
  return a.length === b.length && b.every((value, at) => value === a[at]);
}

/**
 * @returns the message's number
 * @throws if it is corrupt, or not the next of its stream
 */
function check(received, stream, next) {
  const { i, kind, more } = received;
  const expected = message(stream, i, kind);

  if (received.stream !== stream || i !== next) {
    throw new Error(`message ${i} of ${received.stream} instead of ${next} of ${stream}`);
  }
  if (!same(more, expected.more)) throw new Error(`message ${next} of ${stream} is torn`);
  return next;
}

/** Record `i` of a ring. */
function record(i) {
  const bytes = Buffer.alloc(8 + i * 37 % 100, i * 7);

  bytes.writeUInt32LE(i);
  return bytes;
}

/** @throws as check() */
function checkRecord(bytes, next) {
  if (!record(next).equals(bytes)) throw new Error(`record ${next} is torn or not there: ${bytes.toString('hex')}`);
}

module.exports = { message, check, record, checkRecord };
