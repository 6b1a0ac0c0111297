'use strict';

/*
 * prepare.js - loads what the ring takes: right after a message has gone by Node, shortly
 * before the first one goes by ring, or when the other side says that it goes over. The
 * other thread does the same then, so both load at the same time instead of one after the
 * other.
 */

const { FOR_FLATS, FOR_OBJECTS } = require('./is-flat');

/** Something for the codec. */
const SAMPLE = { id: 1, list: [1, 'text', { ok: true }] };

/** @param {number} need of the values that go to and fro; see is-flat.js */
function load(need) {
  require('./dispatch');
  require('./posts');
  if (need >= FOR_FLATS) require('./flat');
  if (need < FOR_OBJECTS) return;
  require('./endpoint');

  const { serialize, deserialize } = require('./send').loadCodec();

  deserialize(serialize(SAMPLE)); // V8 compiles what has run
}

module.exports = { load };
