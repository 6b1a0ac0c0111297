'use strict';

/**
 * Load the code that the ring needs; see ports/prepare.js. Never throws: the message that
 * led here has already been sent or received.
 * @param {number} need of the values in both directions; see ports/is-plain.js
 */
function prepare(need) {
  try {
    require('../ports/prepare').load(need);
  } catch {
    /* Stack overflow. The next message loads what it needs. */
  }
}

module.exports = { prepare };
