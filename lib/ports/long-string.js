'use strict';

/* long-string.js - posts long strings: C writes them faster if it knows their width. */

const { binding } = require('../loading/native');

/** From this length on, it pays to find out whether a string consists of bytes. */
const LONG = 256;
/** ... once a thread has posted so many: the first regular expressions are slow. */
const FEW = 16;

let count = 0;
let widthOf = null;

function postLong(slot, string) {
  if (++count <= FEW) return binding.postValue(slot, string);
  widthOf ??= require('../codec/width').widthOf;
  return binding.postValue(slot, string, widthOf(string));
}

module.exports = { LONG, postLong };
