'use strict';

/*
 * record.js - flags and trailer of a record, and the state of the message in progress,
 * shared by the files that write and read records.
 */

/**
 * Flags of a record. The trailer follows the codec's bytes, 8-aligned. It has two words:
 * the count of those bytes, and the sequence number of the Node channel's message.
 */
const FLAG = {
  TRAILER: 1,
  NODE_CHANNEL: 2,
  /** That message has ports. */
  PORTS: 4,
  /**
   * That message is the whole value. The record contains its sequence number and how many
   * bytes of ArrayBuffers Node moves; see src/node/primitives_write.c.
   */
  WHOLE: 8,
  /**
   * Not a message but part of a request; see request/calls.js. Two words before the
   * trailer say what it is.
   */
  CALL: 16,
};
const TRAILER_BYTES = 8;
const CALL_BYTES = 8;

/** The message being decoded. */
const reading = {
  /**
   * Its message on the Node channel; null if it has none.
   * @type {import('./node-channel').Received | null}
   */
  arrived: null,
  /** The loans to end when the listener returns; null if there are none. */
  loans: null,
  /** Whether large data may be lent. */
  lends: false,
};

/** The messages collected by postMessages(); see outbox.js. */
const unsent = {
  /** Send them. */
  flush() {},
};

module.exports = { FLAG, TRAILER_BYTES, CALL_BYTES, reading, unsent };
