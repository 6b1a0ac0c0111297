'use strict';

/**
 * A message has just gone by Node, and the ring is near: load what it takes; see
 * ports/prepare.js. The message has been sent, so nothing is thrown any more.
 * @param {import('../ports/way').Way} way
 * @param {unknown[]} values what goes to and fro
 */
function prepare(way, ...values) {
  try {
    way.isPrepared = true;
    require('../ports/prepare').load(values);
  } catch {
    /* At the end of the stack. The next message loads what it needs. */
  }
}

module.exports = { prepare };
