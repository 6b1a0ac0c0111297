'use strict';

/* encode-bigints.js - writes bigints. */

const { Buffer } = require('../loading/builtins');
const loss = require('./loss');
const op = require('./ops');
const { w, reserve } = require('./scratch');
const core = require('./encode-core');

const { walk } = core;
const { hexWrite } = Buffer.prototype;
const { asUintN } = BigInt;

module.exports = { writeBigInt };

function writeBigInt(value) {
  const negative = value < 0n;
  const magnitude = negative ? -value : value;
  // The bytes of serialize() stay as they have always been, without leading zeros.
  if (walk.alone || asUintN(64, magnitude) !== magnitude) {
    return writeLargeBigInt(magnitude, negative);
  }
  reserve(16);
  w.u8[w.pos++] = op.BIGINT;
  w.u8[w.pos++] = negative ? 1 : 0;
  core.writeU32(8);
  w.view.setBigUint64(w.pos, magnitude);
  w.pos += 8;
}

/** Converts by hexadecimal digits, the fastest way in JavaScript for any size. */
function writeLargeBigInt(magnitude, negative) {
  let digits = magnitude.toString(16);
  if (digits.length % 2 === 1) digits = `0${digits}`;
  const length = digits.length / 2;
  walk.loss += loss.BIGINT + length * loss.BYTE;
  reserve(length + 8);
  w.u8[w.pos++] = op.BIGINT;
  w.u8[w.pos++] = negative ? 1 : 0;
  core.writeU32(length);
  hexWrite.call(w.u8, digits, w.pos, length);
  w.pos += length;
}
