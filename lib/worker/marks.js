'use strict';

/*
 * marks.js - the kinds of ringport's own messages between a Worker and its parent on
 * Node's channel.
 */

const { mark } = require('../loading/native');

module.exports = {
  /**
   * The sender goes over to the ring: behind this only what is for ringport itself comes
   * by Node. What it sends by ring from then on is delivered from here on, so that it is
   * heard where Node would have it heard among the messages of other channels. It is sent
   * before all else is done, and says what the receiver will `need`, so that both sides
   * load it at the same time; see ports/prepare.js.
   */
  CHANGE: mark('change'),
  /**
   * Turns that a port waits for it, in each of which its loop calls Node's port; see
   * pull.js.
   */
  TURNS_MAX: 200,
  /** A message with ringport ports in it. */
  ENVELOPE: mark('envelope'),
  /**
   * The other end of a Node channel for what comes by ring; see ports/node-channel.js.
   */
  CHANNEL: mark('channel'),
  /**
   * A transfer handle for the parent to guard; see guard() in ports/transfer-handle.js.
   */
  GUARD: mark('guard'),
};
