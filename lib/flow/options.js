'use strict';

/* options.js - reads the options `highWaterMark` and `overflow`. */

const { outOfRange, wrongType, wrongValue } = require('../loading/check-arguments');

/** What a full queue does with another message; stored by the addon as a number. */
const GROW = 0;
const THROW = 1;
const DROP_NEWEST = 2;

const POLICIES = { '__proto__': null, 'throw': THROW, 'drop-newest': DROP_NEWEST };

/**
 * @param {unknown} highWaterMark
 * @param {unknown} overflow
 * @returns {{ mark: number, policy: number } | null} null: no mark
 * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 * @throws {RangeError} ERR_OUT_OF_RANGE
 */
function readLimits(highWaterMark, overflow) {
  if (highWaterMark === undefined && overflow === undefined) return null;
  if (highWaterMark === undefined) {
    throw wrongValue('The property \'options.overflow\'', 'given together with highWaterMark', overflow);
  }
  if (typeof highWaterMark !== 'number') {
    throw wrongType('The "options.highWaterMark" property', 'of type number', highWaterMark);
  }
  if (highWaterMark !== Infinity && !(Number.isSafeInteger(highWaterMark) && highWaterMark > 0)) {
    throw outOfRange('"options.highWaterMark"', 'a positive integer or Infinity', highWaterMark);
  }
  if (overflow !== undefined && (typeof overflow !== 'string' || POLICIES[overflow] === undefined)) {
    throw wrongValue('The property \'options.overflow\'', "'throw' or 'drop-newest'", overflow);
  }
  if (highWaterMark === Infinity) return null;
  return { mark: highWaterMark, policy: overflow === undefined ? GROW : POLICIES[overflow] };
}

module.exports = { readLimits, GROW, THROW, DROP_NEWEST };
