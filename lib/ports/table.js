'use strict';

/* table.js - finds the endpoints of this thread by their slots in the addon. */

const { WeakRef } = require('../loading/builtins');
const { binding, endpoints } = require('../loading/native');

/** The state needed to clean up after an endpoint that has been collected. */
class Hold {
  slot;
  /** This end of the Node channel (a Node MessagePort), or null. */
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
    /* Only the Node channel tells this thread that the other endpoint is lost. */
    if (peer === undefined) this.nodeChannel?.close();
    else this.nodeChannel?.on('close', () => binding.lost(peer));
    this.nodeChannel = null;
  }
}

/** The endpoint in this slot; undefined if there is none or it has been collected. */
function endpointAt(slot) {
  const found = endpoints[slot];

  if (found instanceof WeakRef) return found.deref();
  return found instanceof Hold ? undefined : found;
}

module.exports = { Hold, endpointAt };
