'use strict';

/*
 * listening.js - tracks whether a Worker delivers messages. Like Node, it holds them back
 * between the removal of its last listener and the next one.
 */

const { binding } = require('../loading/native');

/** Events that deliver messages. */
const EVENTS = ['message', 'messages'];

class Listening {
  /** ports/dispatch.js reads this after each message. */
  receiving = true;
  #isStopped = false;

  /**
   * Stop receiving in the addon: messages arrived while nobody listens. Not done at the
   * listener's removal, because most listeners are replaced at once.
   * @returns {false}
   */
  stop(slot) {
    this.#isStopped = true;
    binding.setReceiving(slot, false);
    return false;
  }

  /** Called when a listener is added, or the last one removed. */
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
