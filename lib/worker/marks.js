'use strict';

/*
 * marks.js - the kinds of control messages that ringport sends between a Worker and its
 * parent over Node's channel.
 */

const { mark } = require('../loading/native');

module.exports = {
  /**
   * The sender switches to the ring: only control messages follow on Node's channel. The
   * receiver delivers from the ring once it handles CHANGE, which keeps the order among
   * the messages of other channels. The sender posts it first and names what the receiver
   * will `need`, so that both sides load code at the same time; see ports/prepare.js.
   */
  CHANGE: mark('change'),
  /**
   * Turns that a port waits for CHANGE; see pull.js. The loop polls Node's port in each.
   */
  TURNS_MAX: 200,
  /** A message that transfers ringport ports. */
  ENVELOPE: mark('envelope'),
  /** Carries the peer's end of the Node channel; see ports/node-channel.js. */
  CHANNEL: mark('channel'),
  /** Asks the parent to guard a transfer handle; see ports/transfer-handle.js. */
  GUARD: mark('guard'),
};
