'use strict';

/* send-call.js - sends a record that is part of a request. */

const { sendValue } = require('../ports/send');

/** What send.js asks a transfer list, of one without entries. */
class NoTransfer {
  constructor(call) {
    this.call = call;
  }

  check() {
    // nothing to check
  }
}

Object.assign(NoTransfer.prototype, {
  empty: true, doubtful: false, list: undefined, transfer: new Set(),
  ports: [], opened: [], all: [], which: [],
});

/**
 * @param {Endpoint} endpoint
 * @param {number} kind of the record, and the tag of the request; see calls.js
 * @param {number} id of the request
 * @param {unknown} value
 * @param {object[] | undefined} list what to transfer
 * @returns {boolean | undefined} true: sent. Otherwise this or the other end has closed
 * @throws {DOMException} DataCloneError
 */
function send(endpoint, kind, id, value, list) {
  const call = { kind, id };

  if (list === undefined || list.length === 0) {
    return sendValue(endpoint, value, new NoTransfer(call));
  }

  const transfer = new (require('../ports/transfer').Transfer)(list);

  transfer.call = call;
  return sendValue(endpoint, value, transfer);
}

module.exports = { send };
