'use strict';

/* table.js - finds the endpoints of this thread by their slots in the addon. */

const { WeakRef } = require('../loading/builtins');
const { binding, endpoints } = require('../loading/native');

/** What an endpoint that nobody can reach leaves behind for its clean-up. */
class Hold {
  slot;
  /** Our end of the Node channel (a MessagePort of Node's), or null. */
  nodeChannel = null;

  constructor(slot) {
    this.slot = slot;
  }

  /**
   * The endpoint is closed.
   * @param {bigint | undefined} peer id of the other endpoint if it is in transit
   */
  closed(peer) {
    endpoints[this.slot] = undefined;
    /* Only through the Node channel can we learn that the other endpoint is lost. */
    if (peer === undefined) this.nodeChannel?.close();
    else this.nodeChannel?.on('close', () => binding.lost(peer));
    this.nodeChannel = null;
  }
}

/** The endpoint in this slot, undefined if there is none or nobody can reach it. */
function endpointAt(slot) {
  const found = endpoints[slot];

  if (found instanceof WeakRef) return found.deref();
  return found instanceof Hold ? undefined : found;
}

module.exports = { Hold, endpointAt };
