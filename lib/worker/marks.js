'use strict';

/* marks.js - what messages by Node's channel that are not the application's own are known by. */

const { mark } = require('../loading/native');

module.exports = {
  /** A message with ringport ports in it. */
  ENVELOPE: mark('envelope'),
  /** The other end of a Node channel for what comes by ring; see node-channel.js. */
  CHANNEL: mark('channel'),
  /** A transfer handle for the parent to guard; see guard() in transfer-handle.js. */
  GUARD: mark('guard'),
};
