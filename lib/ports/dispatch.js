'use strict';

/*
 * dispatch.js - hands messages to the owner of a port, one after the other, and runs
 * ticks and microtasks in between.
 *
 * Primitives are read by C, a batch at a time: for that a thread needs no more than this
 * file, and it is short so that V8 has soon compiled it. What is in a batch stays in the
 * ring until it has been dealt with.
 */

const context = require('./async-context');
const {
  binding, control, define, local, owner: { kBatching, kMessage }, thresholds,
  STATUS, BYTES, COUNT, MAX,
  FOR_VALUES,
} = require('../loading/native');

define(FOR_VALUES);
binding.setCollect((...values) => values, thresholds.COLD_FLATS);

const { readValues, release } = binding;

/**
 * Runs next ticks and microtasks, as Node does between two messages, for 35 ns. Without
 * it every message takes a callback of its own.
 */
const { tick } = context;

/** Node's limit for one wake-up: what was queued when it began, or this many. */
const BATCH = 1000;
const NONE = -1;
/** The next message is not one for C (RP_PORT_OTHER). */
const OTHER = 1;

/** It is an object of the shape in BYTES, which C does not know yet (RP_PORT_SHAPE). */
const SHAPE = 2;

/**
 * The port whose batch is being delivered, and how many of it have been dealt with; what
 * deliverValues() ended with.
 */
const reader = { slot: NONE, count: 0, status: 0 };

/** Tell the ring how far that is; what is left stays in the ring. */
function settle() {
  const { slot, count } = reader;

  if (slot === NONE) return;
  reader.slot = NONE;
  if (count === 0) return;
  control[COUNT] = count;
  release(slot);
}

/**
 * What Node does between two messages.
 * @returns {boolean} false: an error has had its 'uncaughtException', which ends the
 *   wake-up
 */
function runTicks() {
  let calm = tick !== undefined;

  while (tick !== undefined) {
    try {
      tick();
      break;
    } catch (error) {
      /* It must not unwind through the binding: the stack of async ids would not
       * match. */
      calm = false;
      binding.fatal(error);
    }
  }
  return calm;
}

/** As the binding's readValues(), which is told of each shape that comes. */
function readNext(slot) {
  for (;;) {
    const values = readValues(slot);

    if (values !== undefined || control[STATUS] !== SHAPE) return values;
    require('./flat').learn(control[BYTES]);
  }
}

/**
 * How many messages one wake-up may deliver.
 * @param {number} queued how many there were as it began
 */
function limitOf(queued) {
  return tick === undefined ? 1 : Math.max(queued, BATCH);
}

/**
 * Deliver the next messages, at most `limit`, while they are for C and `port` is
 * receiving.
 * @param {number} slot
 * @param {object} owner
 * @param {{ receiving: boolean }} port
 * @returns {number} how many more may be delivered, 0 also if the wake-up has to end.
 *   reader.status: why, see readValues() in src/node/port.c; 0: more may be there for it
 */
function deliverValues(slot, owner, port, limit) {
  settle();
  context.entered = false;
  control[COUNT] = 0;
  let status = 0;

  while (limit > 0 && port.receiving && !owner[kBatching]) {
    control[MAX] = limit;

    const values = readNext(slot);

    if (values === undefined) {
      status = control[STATUS];
      break;
    }

    const { [COUNT]: count } = control;
    let calm;
    let i = 0;

    reader.slot = slot;
    do {
      const value = values[i++];

      /* Dealt with, whatever happens to it: it must not come twice. */
      reader.count = i;
      owner[kMessage](value);
      calm = runTicks() && !context.entered;
    } while (calm && i < count && reader.slot === slot && port.receiving && !owner[kBatching]);
    limit = calm ? limit - i : 0;
    control[COUNT] = 0;
    if (reader.slot !== slot) continue;
    reader.slot = NONE;
    control[COUNT] = i;
  }
  if (control[COUNT] !== 0) release(slot);
  reader.status = status; // and not that of what a listener has had delivered
  return limit;
}

/**
 * Deliver what has come for a port without an endpoint.
 * @returns {boolean} false: the next needs one
 */
function deliver(slot, owner, port, queued) {
  deliverValues(slot, owner, port, limitOf(queued));
  return reader.status !== OTHER;
}

/**
 * Deliver what is queued as in a turn of the port, though it may be marked as behind what
 * Node's channels bring (see src/node/order.h): one of those has just brought word of it.
 * What is marked and comes later has to wait for a turn.
 */
function deliverQueued(slot) {
  binding.cover(slot);
  local.dispatch(slot, 1);
}

module.exports = {
  reader, settle, runTicks, limitOf, readNext, deliver, deliverQueued, deliverValues, OTHER,
};
