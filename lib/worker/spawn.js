'use strict';

/* spawn.js - what a Worker does before Node starts its thread. */

const { binding, control, define, local, STATUS, FOR_CHANNELS } = require('../loading/native');
const { nudges } = require('./post-to-worker');

/** Opens the channel between a Worker and its parent, and wraps ports in the options. */
class Spawn {
  slot = -1;
  childSlot = -1;
  /** @type {import('./parcels').Parcel | null} */
  parcel = null;
  /** The options for Node's Worker. */
  options;

  /**
   * @param {unknown} options of the Worker
   * @param {boolean} isBare the worker runs without addons
   * @param {{ mark: number, policy: number } | null} limits of the channel
   */
  constructor(options, isBare, limits) {
    if (local.portsMade > 0 && Object(options) === options) {
      this.parcel = require('./parcels').pack(options, isBare);
    }
    this.options = this.parcel === null ? options : this.parcel.options;
    define(FOR_CHANNELS);
    nudges.wanted ??= binding.nudgesWanted() ?? [1];
    binding.spawnBegin();
    try {
      this.slot = binding.open();
      this.childSlot = control[STATUS];
      if (limits !== null) require('../flow/flow').setMark(this.slot, limits);
    } catch (error) {
      throw this.abort(error);
    }
  }

  /** Node has started the thread: it may attach its end of the channel. */
  commit(thread, name) {
    /* A withdrawn endpoint closes with this thread if that ends before the commit. */
    binding.spawnCommit(thread, binding.withdraw(this.childSlot), name);
    binding.detach(this.childSlot);
  }

  /** No thread has been started. @returns what the constructor of the Worker throws */
  abort(error) {
    binding.spawnAbort();
    binding.close(this.slot);
    binding.close(this.childSlot);
    return this.parcel === null ? error : this.parcel.takeBack(error);
  }
}

module.exports = { Spawn };
