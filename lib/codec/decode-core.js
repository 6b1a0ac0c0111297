'use strict';

/*
 * decode-core.js - what the decode-*.js files share: the message that is being read, and
 * the functions that decode.js adds.
 */

const r = {
  u8: new Uint8Array(8),
  view: new DataView(new ArrayBuffer(8)),
  pos: 0,
  end: 0,
  /** Bytes, at least, that the long arrays being read still need for their elements. */
  promised: 0,
  /** Bytes that the resizable buffers read may grow to. */
  reserved: 0,
  /** Objects by identity number, null in a message without references. */
  objects: null,
  /** Shapes that came with the message. */
  locals: null,
  foreign: null,
  /** In deserialize(): nothing of this process may be named. */
  alone: false,
};

module.exports = { r };
