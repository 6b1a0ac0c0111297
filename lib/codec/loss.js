'use strict';

/*
 * loss.js - what the codec loses against Node's serializer, in nanoseconds of both sides
 * together: a table of what was measured (bench/js/values.js), per part of a message.
 * Everything else gains. The functions that write such a part add its loss to walk.loss.
 */

module.exports = {
  /** What the codec gains with each byte of a message that is not part of a loss. */
  BYTE: 15,
  /** What it costs more to send a message by Node from within a port. */
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
  /** A value that goes by Node beside the message. */
  FOREIGN: 3000,
};
