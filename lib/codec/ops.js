'use strict';

/*
 * ops.js - the format of a message.
 *
 *   offset   size  description
 *   0        1     flags: FLAG_SHARED, FLAG_SHAPES
 *   1        ...   one value
 *   ...      ...   with FLAG_SHAPES: the shapes sent with the message, one entry each:
 *                  u32 hash (0: do not cache), u32 length, the keys as JSON in latin1
 *   end - 8  8     with FLAG_SHAPES: u32 number of entries, u32 offset of the first
 *
 * A value is one op byte and its operands. Integers are little-endian and unaligned; `n`
 * is a number written as a value. Every object gets the next identity number when its op
 * is read, parents before children; REF refers to one of them. docs/codec.md has the
 * whole table.
 */

module.exports = {
  /** The value contains references: the reader must number the objects. */
  FLAG_SHARED: 1,
  /** There are shapes at the end of the message. */
  FLAG_SHAPES: 2,

  // 0x00-0x3f: the integers 0 to 63. 0x40-0x7f: a latin1 string of 0 to 63 characters.
  SMALL_STRING: 0x40,
  FIRST_OP: 0x80,

  UNDEFINED: 0x80,
  NULL: 0x81,
  TRUE: 0x82,
  FALSE: 0x83,
  UINT8: 0x84,
  INT16: 0x85,
  INT32: 0x86,
  DOUBLE: 0x87,
  /** u32 length, latin1. */
  LATIN1: 0x88,
  /** u32 length in code units, UTF-16. */
  UTF16: 0x89,
  /** u8 1 if negative, u32 length, the bytes of the magnitude, big-endian. */
  BIGINT: 0x8a,

  /**
   * u32 shape (from LOCAL_SHAPE on: an entry of this message), the values in the order of
   * its keys.
   */
  OBJECT: 0x8b,
  /** u32 length, then a value or HOLE for each. */
  ARRAY: 0x8c,
  /** As ARRAY, then u32 number of other keys, key and value of each. */
  ARRAY_KEYS: 0x8d,
  /** u32 length, u32 number of keys, key and value of each. */
  ARRAY_SPARSE: 0x8e,
  HOLE: 0x8f,
  /** u32 length, then that many i8, i16, i32 or f64. */
  INT8S: 0x90,
  INT16S: 0x91,
  INT32S: 0x92,
  DOUBLES: 0x93,

  /** f64 milliseconds. */
  DATE: 0x94,
  /** Source and flags: string values. */
  REGEXP: 0x95,
  /** u32 size, key and value of each entry. */
  MAP: 0x96,
  /** u32 size, the values. */
  SET: 0x97,
  /** u8 type, then parts: 1 message, 2 cause or 3 stack and a value; 0 ends them. */
  ERROR: 0x98,
  /** A primitive value: boolean, number, string or bigint. */
  BOXED: 0x99,

  /** n byteLength, bytes. */
  BUFFER: 0x9a,
  /** n byteLength, n maxByteLength, bytes. */
  BUFFER_RESIZABLE: 0x9b,
  /**
   * u8 type, u8 1 if it tracks the buffer's length, n byteOffset, n byteLength, the
   * buffer: a value.
   */
  VIEW: 0x9c,
  /** u8 type, n byteLength, bytes: a view of an entire buffer. */
  VIEW_WHOLE: 0x9d,

  /** u32 identity number. */
  REF: 0xa0,
  /** u32 index in the array sent over the Node channel. */
  FOREIGN: 0xa1,
  /** u32 index for hooks.takePort(). */
  PORT: 0xa2,
  /** u32 index for hooks.takeBlock(), n byteLength: an ArrayBuffer. */
  BLOCK_BUFFER: 0xa3,
  /** u32 index for hooks.takeString(), u8 1 if latin1, n length: a string. */
  BLOCK_STRING: 0xa4,

  /** 0xc0-0xcf: an array of 0 to 15 values. */
  SMALL_ARRAY: 0xc0,

  LOCAL_SHAPE: 0x80000000,
};
