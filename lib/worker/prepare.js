'use strict';

/**
 * Load the code that the ring needs; see ports/prepare.js. Never throws: the message that
 * led here has already been sent or received.
 * @param {number} need of the values in both directions; see ports/is-plain.js
 * @param {boolean} [sends] whether this thread sends the next one
 */
function prepare(need, sends = true) {
  try {
    require('../ports/prepare').load(need, sends);
  } catch {
    /* Stack overflow. The next message loads what it needs. */
  }
}

module.exports = { prepare };
