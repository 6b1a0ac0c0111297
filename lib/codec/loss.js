'use strict';

/*
 * loss.js - measured costs of the parts of a message that Node's serializer handles
 * faster than the codec, in nanoseconds, sender and receiver together
 * (bench/js/values.js). All other parts gain BYTE per byte. The functions that write such
 * a part add its loss to walk.loss.
 */

const { process } = require('../loading/builtins');

/** From Node 26 on, JavaScript makes some objects more slowly than Node's serializer. */
const isSlow = parseInt(process.versions.node, 10) >= 26;

module.exports = {
  /**
   * The gain per byte. A part that loses adds this for its bytes, because they bring no
   * gain.
   */
  BYTE: 15,
  /** The fixed extra cost of sending a port's message by Node. */
  BY_NODE: 500,
  /** An error, with the bytes of its message. */
  ERROR: 650,
  /** A native call writes or reads a string. */
  STRING: 90,
  WIDE_STRING: 150,
  /** A bigint of more than 64 bits. */
  BIGINT: 300,
  /** A shape whose keys travel with the message, each key that was new; see shapes.js. */
  SHAPE: 300,
  NEW_KEY: 250,
  LOOSE_KEY: 250,
  /** A shape that has not come for a while, and each of its keys. */
  STALE_SHAPE: 250,
  STALE_KEY: 100,
  /** A string of a long array, and a date in a message of many objects. */
  LISTED_STRING: 40,
  DATE: 330,
  /** A key of a sparse array with many, which is a string and a number. */
  SPARSE_KEY: 160,
  /** A resizable buffer, for which V8 reserves address space. */
  RESIZABLE: isSlow ? 5000 : 0,
  /** A key of an object so wide that V8 makes it a dictionary. */
  WIDE_KEY: isSlow ? 80 : 0,
  /** A value that goes by Node beside the message. */
  FOREIGN: 3000,
};
