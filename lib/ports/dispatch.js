'use strict';

/*
 * dispatch.js - delivers messages to the owner of a port one by one, and runs ticks and
 * microtasks after each.
 *
 * C reads primitives in batches, which needs no other file of ringport. Keep this one
 * short, so that V8 compiles it quickly. Messages of a batch stay in the ring until they
 * have been delivered.
 */

const context = require('./async-context');
const {
  binding, control, define, endpoints, local, owner: { kBatching, kMessage }, thresholds,
  STATUS, BYTES, COUNT, MAX, CALL,
  FOR_VALUES,
} = require('../loading/native');

define(FOR_VALUES);
binding.setCollect((...values) => values, thresholds.COLD_FLATS);

const { readValues, release } = binding;

/**
 * Runs next ticks and microtasks in 35 ns, as Node does after each message. If it is
 * missing, each message needs its own callback.
 */
const { tick } = context;

/** Node's limit for one wake-up: the messages queued at its start, at least this many. */
const BATCH = 1000;
const NONE = -1;
/**
 * Values of STATUS: C cannot read the next message; an object of the shape in BYTES,
 * which C does not know yet; a message of the Node channel.
 */
const { OTHER, SHAPE, WHOLE } = require('../constants').control;

/**
 * The port whose batch is being delivered, the count of its delivered messages, and the
 * status with which deliverValues() ended.
 */
const reader = { slot: NONE, count: 0, status: 0 };

/** Release the delivered messages of the batch; the rest stays in the ring. */
function settle() {
  const { slot, count } = reader;

  if (slot === NONE) return;
  reader.slot = NONE;
  if (count === 0) return;
  control[COUNT] = count;
  release(slot);
}

/**
 * Run ticks and microtasks, as Node does after each message.
 * @returns {boolean} false: the wake-up must end, after an 'uncaughtException'
 */
function runTicks() {
  let calm = tick !== undefined;

  while (tick !== undefined) {
    try {
      tick();
      break;
    } catch (error) {
      /* Do not unwind through the binding: that would corrupt the async id stack. */
      calm = false;
      binding.fatal(error);
    }
  }
  return calm;
}

/**
 * Call the binding's readValues(), teaching it new shapes.
 * @param {boolean} [wantsCalls] it may also read a part of a request; see CALL
 */
function readNext(slot, wantsCalls = false) {
  for (;;) {
    if (wantsCalls) control[CALL] = 1;

    const values = readValues(slot);

    if (values !== undefined || control[STATUS] !== SHAPE) return values;
    require('./learn').learn(control[BYTES]);
  }
}

/**
 * The limit of messages for one wake-up.
 * @param {number} queued count of messages at its start
 */
function limitOf(queued) {
  return tick === undefined ? 1 : Math.max(queued, BATCH);
}

/**
 * Deliver up to `limit` messages while C can read them and `port` is receiving. Sets
 * reader.status to that of readValues() in src/node/port_receive.c; 0: there may be more.
 * @param {number} slot
 * @param {object} owner
 * @param {{ receiving: boolean }} port
 * @returns {number} how many more may be delivered; 0 also if the wake-up must end
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

      /* Count it first: even if the listener fails, it must not be delivered twice. */
      reader.count = i;
      owner[kMessage](value);
      calm = runTicks() && !context.entered;
    } while (calm && i < count && reader.slot === slot && port.receiving && !owner[kBatching]);
    limit = calm ? limit - i : 0;
    control[COUNT] = 0;
    if (reader.slot !== slot) {
      /* A listener has read on. What it kept comes first; see request/kept.js. */
      if (endpoints[slot]?.kept) break;
      continue;
    }
    reader.slot = NONE;
    control[COUNT] = i;
  }
  if (control[COUNT] !== 0) release(slot);
  reader.status = status; // set last: a listener may have run a nested delivery
  return limit;
}

/**
 * Deliver the messages of a port that has no Endpoint yet.
 * @returns {boolean} false: the next message needs an Endpoint
 */
function deliver(slot, owner, port, queued) {
  deliverValues(slot, owner, port, limitOf(queued));
  return reader.status !== OTHER && reader.status !== WHOLE;
}

/**
 * Deliver the queued messages as in a turn of the port. Also delivers records marked to
 * follow Node's messages (see src/node/order.h), because CHANGE has just arrived as one
 * of those. Records that are marked and arrive later wait for a turn.
 */
function deliverQueued(slot) {
  binding.cover(slot);
  local.dispatch(slot, 1);
}

module.exports = {
  reader, settle, runTicks, limitOf, readNext, deliver, deliverQueued, deliverValues, OTHER, WHOLE,
};
