'use strict';

/*
 * prepare.js - loads the code that the ring needs: right after a message by Node, shortly
 * before the first one by ring, or on the peer's CHANGE. The other thread loads it at the
 * same time, so that neither waits for the other.
 */

const { FOR_PLAIN, FOR_OBJECTS } = require('./is-plain');

/** A value to warm up the codec. */
const SAMPLE = { id: 1, list: [1, 'text', { ok: true }] };

/**
 * @param {number} need of the values in both directions; see is-plain.js
 * @param {boolean} sends whether this thread sends the next one
 */
function load(need, sends) {
  require('./dispatch');
  require('./posts');
  if (need >= FOR_PLAIN) {
    if (sends) require('./flat');
    else require('./learn');
  }
  if (need < FOR_OBJECTS) return;
  require('./endpoint');

  const { serialize, deserialize } = require('./send').loadCodec();

  deserialize(serialize(SAMPLE)); // makes V8 compile these functions
}

module.exports = { load };
