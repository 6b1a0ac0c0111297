'use strict';

/*
 * listening.js - whether the messages of a Worker are delivered. As with Node, they are
 * not from the removal of its last listener to the next one.
 */

const { binding } = require('../loading/native');

/** What messages arrive with. */
const EVENTS = ['message', 'messages'];

class Listening {
  /** Read by ports/dispatch.js between two messages. */
  receiving = true;
  #isStopped = false;

  /**
   * Messages have come, and nobody listens: the addon waits, too. Most listeners are away
   * for no longer than a call of another one, so it is not told before.
   * @returns {false}
   */
  stop(slot) {
    this.#isStopped = true;
    binding.setReceiving(slot, false);
    return false;
  }

  /** Listeners have come, or the last one has gone. */
  change(receiving, slot, endpoint) {
    if (this.receiving === receiving) return;
    this.receiving = receiving;
    if (endpoint !== null) {
      if (receiving) endpoint.start();
      else endpoint.receiving = false; // endpoint.js tells the addon
    } else if (receiving && this.#isStopped) {
      this.#isStopped = false;
      binding.setReceiving(slot, true);
    }
  }
}

module.exports = { EVENTS, Listening };
