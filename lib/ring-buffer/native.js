'use strict';

/*
 * native.js - what rings share with the addon: control words, the layout of the memory,
 * and handles.
 */

const { binding, FOR_RINGS } = require('../loading/native');

binding.define(binding, FOR_RINGS);

/** Indices of `words`, which hold arguments and results of the addon's functions. */
const { STATUS, OFFSET, LENGTH, COUNT, RECORDS, TAKE_MAX, WORDS } = require('../constants').ring;

/** Size of `inbox`. A record of up to this size is read by one call, which copies it. */
const INBOX_BYTES = 4096;

/**
 * Values of STATUS; offsets in the memory of a ring, in bytes; indices in a block of
 * counters.
 */
const { error: status, layout, counter } = require('../constants');

const PRODUCER = 0;
const CONSUMER = 1;

const words = new Int32Array(WORDS);
const inbox = new Uint8Array(INBOX_BYTES);

/** The Waiting of each parked handle, by slot. An entry keeps its ring alive. */
const waiting = new Map();

/** Number of waits that keep the event loop alive. */
let refs = 0;
let context = null;

/** Add `by` to the number of waits that keep the event loop alive. */
function changeRefs(by) {
  refs += by;
  context ??= require('../ports/async-context');
  context.ringRefs = refs;
  if (refs === 0) binding.setRef(false, true);
  else if (refs === by) binding.setRef(true, true);
}

/** The addon calls this when a handle was woken. */
function rung(slot) {
  waiting.get(slot)?.rung();
}

binding.ringSetup({ rung }, rung, words, inbox);

/** Ends the handles of a ring that was garbage-collected. */
const unreachable = new FinalizationRegistry((slot) => binding.ringEnd(slot));

/** Indices of `local`. The addon reads POSITION of spsc handles, DELIVERED of others. */
const POSITION = 0;
const DELIVERED = 1;
const LOCAL_WORDS = 2;

/** A producer or consumer of a ring: rp_ring_handle in src/core/ring/handle.h. */
class RingHandle {
  /** The addon's number for it; undefined if the ring could not be opened. */
  slot;
  local = new Int32Array(LOCAL_WORDS);
  /** Its block of counters in the ring; a private one if all blocks are taken. */
  counters;

  /**
   * @param {Uint8Array} memory the ring
   * @param {number} role PRODUCER or CONSUMER
   * @param {object} owner the handle ends when this is garbage-collected
   */
  constructor(memory, role, owner) {
    const slot = binding.ringOpen(memory, role, this.local);

    this.slot = slot;
    if (slot === undefined) return;
    this.counters = words[OFFSET] === -1
      ? new Float64Array(layout.BLOCK / 8)
      : new Float64Array(memory.buffer, words[OFFSET], layout.BLOCK / 8);
    unreachable.register(owner, slot, this);
  }

  end() {
    unreachable.unregister(this);
    waiting.delete(this.slot);
    binding.ringEnd(this.slot);
  }
}

module.exports = {
  binding, words, inbox, waiting, changeRefs, RingHandle, status, layout, counter,
  STATUS, OFFSET, LENGTH, COUNT, RECORDS, TAKE_MAX, POSITION, DELIVERED, PRODUCER, CONSUMER,
};
