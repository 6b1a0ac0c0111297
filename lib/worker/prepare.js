'use strict';

/**
 * Load what the ring takes; see ports/prepare.js. A message has been sent or has come, so
 * nothing is thrown.
 * @param {number} need of the values that go to and fro; see ports/is-flat.js
 */
function prepare(need) {
  try {
    require('../ports/prepare').load(need);
  } catch {
    /* At the end of the stack. The next message loads what it needs. */
  }
}

module.exports = { prepare };
