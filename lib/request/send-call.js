'use strict';

/* send-call.js - sends a record that is part of a request. */

const { control, define, STATUS, FOR_FLAT } = require('../loading/native');
const { unsent } = require('../ports/record');

/** Loaded with the first value that C cannot write. */
let sendValue = (...args) => {
  ({ sendValue } = require('../ports/send'));
  return sendValue(...args);
};
let postCall = (...args) => {
  define(FOR_FLAT);
  ({ postCall } = require('../ports/flat'));
  return postCall(...args);
};

/** What send.js asks a transfer list, of one without entries. */
class NoTransfer {
  call = null;

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
  if (list === undefined && endpoint.open) {
    unsent.flush(); // keeps the order if a getter within postMany() calls this
    if (postCall(endpoint.slot, kind, id, value)) {
      if (control[STATUS] !== 0) return !endpoint.open; // false: the peer has closed
      endpoint.flow?.sent();
      return true;
    }
  }

  const transfer = list === undefined || list.length === 0
    ? new NoTransfer() : new (require('../ports/transfer').Transfer)(list);

  transfer.call = { kind, id };

  const result = sendValue(endpoint, value, transfer);

  if (result === true) endpoint.flow?.sent();
  return result;
}

module.exports = { send };
