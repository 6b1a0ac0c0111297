'use strict';

/*
 * record.js - what the files that write and read records share: flags, the trailer, and
 * the message in progress.
 */

/**
 * Flags of a record. A trailer, 8-aligned behind the codec's bytes, is two words: how
 * many bytes those are, and the number of the message of the Node channel.
 */
const FLAG = {
  TRAILER: 1,
  NODE_CHANNEL: 2,
  /** Ports came with that message. */
  PORTS: 4,
  /**
   * It has the whole value; the record is its number and how many bytes Node has moved
   * with it. See src/node/primitives_write.c.
   */
  WHOLE: 8,
};
const TRAILER_BYTES = 8;

/** What is being read. */
const reading = {
  /**
   * What the Node channel brought for the message, null without any.
   * @type {import('./node-channel').Received | null}
   */
  arrived: null,
  /** What has been lent to the listener that is going to be called, null without any. */
  loans: null,
  /** Whether large data may be lent to a listener that is going to be called. */
  lends: false,
};

/** Messages that postMessages() has collected; see outbox.js. */
const unsent = {
  /** Send them. */
  flush() {},
};

module.exports = { FLAG, TRAILER_BYTES, reading, unsent };
