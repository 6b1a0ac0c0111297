'use strict';

/*
 * decode-core.js - what the decode-*.js files share: the state of a decoding, and the
 * functions that decode.js adds to this module.
 */

const r = {
  u8: new Uint8Array(8),
  view: new DataView(new ArrayBuffer(8)),
  pos: 0,
  end: 0,
  /** Minimum bytes still needed for the elements of the long arrays being read. */
  promised: 0,
  /** Sum of the maximum lengths of the resizable buffers read. */
  reserved: 0,
  /** Objects by identity number; null in a message without references. */
  objects: null,
  /** Shapes that came with the message. */
  locals: null,
  /** Values that came over the Node channel. */
  foreign: null,
  /** For deserialize(): refuse ops that refer to something in this process. */
  alone: false,
};

module.exports = { r };
