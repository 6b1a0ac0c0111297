'use strict';

/*
 * failure.js - why a worker has ended, in shared memory: its parent is blocked, so it
 * hears no 'error' event. The first word is the length of what follows: the error, by the
 * codec. A worker writes it once, before it ends.
 */

const { pack, unpack } = require('../request/errors');

const BYTES = 16 * 1024;
/** The offset of the error. */
const START = 4;
/** A message of an error that is too large is cut to this many characters. */
const MESSAGE = 1000;

const { Atomics, SharedArrayBuffer } = globalThis;

function encode(error) {
  const { serialize } = require('../codec/index');
  const bytes = serialize(pack(error));

  if (bytes.length <= BYTES - START) return bytes;
  return serialize(pack(new Error(`${error?.message}`.slice(0, MESSAGE))));
}

/** Write why this worker ends, unless that has been written. */
function write(memory, error) {
  const words = new Int32Array(memory, 0, 1);

  if (Atomics.load(words, 0) !== 0) return;

  const bytes = encode(error);

  new Uint8Array(memory, START).set(bytes);
  Atomics.store(words, 0, bytes.length);
}

/** @returns {{ error: unknown } | undefined} undefined: the worker has not said */
function read(memory) {
  const length = Atomics.load(new Int32Array(memory, 0, 1), 0);

  if (length === 0) return undefined;

  const { deserialize } = require('../codec/index');

  return { error: unpack(deserialize(new Uint8Array(memory, START, length).slice())) };
}

module.exports = { create: () => new SharedArrayBuffer(BYTES), read, write };
