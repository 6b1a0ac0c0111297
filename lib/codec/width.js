'use strict';

/*
 * width.js - finds out whether the code units of a string fit one byte each.
 *
 * V8 knows for most strings, and its regular expressions do: the test takes 20 ns for a
 * string of any length that is stored as bytes. In another string it looks at each code
 * unit, 1 ns, until it finds a wide one. If that took long, the next long strings are not
 * tested: C looks at 64 KiB in 5 us.
 */

const WIDE = /[^\x00-\xff]/;
/** A wide code unit among the first ones. */
const SOON = /^[^]{0,1000}?[^\x00-\xff]/;
/** Shorter strings are tested anyway. */
const LONG = 1024;
/** Strings that are not tested after one that took long. */
const PAUSE = 64;

let pause = 0;

/** As in src/node/primitives_write.c. */
const width = { UNKNOWN: 0, BYTES: 1, UNITS: 2 };

/** @returns {number} one of `width` */
function widthOf(string) {
  if (pause > 0) {
    pause--;
    return width.UNKNOWN;
  }
  if (!WIDE.test(string)) return width.BYTES;
  if (string.length > LONG && !SOON.test(string)) pause = PAUSE;
  return width.UNITS;
}

module.exports = { widthOf };
