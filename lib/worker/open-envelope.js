'use strict';

/**
 * Open an envelope that arrived over Node's channel; see ports/envelope.js.
 * @param {object} [by] the port that received it
 * @returns {[unknown, object[]]} the value and its ports
 */
function open(envelope, by) {
  const received = require('../ports/node-channel').receive(envelope, by);

  return [require('../ports/receive').openEnvelope(envelope.bytes, received), received.ports];
}

module.exports = { open };
