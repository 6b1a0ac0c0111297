'use strict';

/*
 * idle-strategy.js - configures how this thread idles; implemented in
 * src/node/port_spin.c and loop_spin.c.
 */

const { checkKnown } = require('../loading/check-options');
const { withCode } = require('../codec/errors');
const { binding } = require('../loading/native');

/** In microseconds. Longer values gain nothing, and they delay timers and I/O. */
const LONGEST = { spin: 100_000, linger: 1000 };

/** For setIdle(): linger for the measured cost of a sleep on this machine. */
const AS_MEASURED = 0xffffffff;

/** A linger of 20 stands for the measured one, 20 to 100 us: src/node/sleep_cost.c. */
const DEFAULTS = { spin: 0, linger: 20 };

/** The most that a thread lingers while its pools' workers occupy all cores. */
const CROWDED = 4;

let current = DEFAULTS;
/** Pools of this thread whose workers do. */
let crowding = 0;

/** Tell the addon. */
function apply() {
  const { spin, linger } = current;

  const most = crowding > 0 && spin === 0 ? CROWDED : Infinity;

  if (linger > most) binding.setIdle(0, most);
  else if (linger === DEFAULTS.linger) binding.setIdle(Math.ceil(spin), AS_MEASURED);
  else binding.setIdle(Math.ceil(spin), Math.ceil(linger));
}

/**
 * A pool of this thread occupies all cores with its workers, or no longer does: to spin
 * for their results would take time from them. See docs/decisions/pool.md.
 */
function crowd(isCrowded) {
  crowding += isCrowded ? 1 : -1;
  if (crowding === (isCrowded ? 1 : 0)) apply();
}

function microseconds(name, value = DEFAULTS[name]) {
  if (typeof value !== 'number') {
    throw withCode(
      new TypeError(`The "strategy.${name}" property must be of type number`), 'ERR_INVALID_ARG_TYPE');
  }
  if (!(value >= 0 && value <= LONGEST[name])) {
    throw withCode(new RangeError(`The value of "strategy.${name}" is out of range. ` +
      `It must be >= 0 and <= ${LONGEST[name]}. Received ${value}`), 'ERR_OUT_OF_RANGE');
  }
  return value;
}

/**
 * Configure how this thread idles. Both values are in microseconds.
 *
 * `linger` (0 to 1,000): how long a drained port that has sent something waits for an
 * answer before its thread continues and sleeps. It occasionally waits twice as long, and
 * 4 us if it has sent nothing. 20, the default, stands for the cost of a sleep on this
 * machine: 20 to 100. Unsuccessful waits become rare. A wait ends as soon as the thread
 * has other work.
 *
 * `spin` (0 to 100,000, default 0): how long the thread polls for messages before its
 * event loop blocks. A message that arrives meanwhile costs neither side a wake-up, but
 * polling occupies a core. It ends when a timer is due or there is other work, becomes
 * shorter while unsuccessful, and stops if others need the core. It delays I/O and
 * signals at most that long, and replaces `linger`. Neither keeps a process alive.
 *
 * A process with one CPU, by its affinity or its container's quota, does neither.
 * @param {{ spin?: number, linger?: number }} strategy
 * @throws {TypeError} ERR_INVALID_ARG_TYPE; nothing has changed
 * @throws {RangeError} ERR_OUT_OF_RANGE; nothing has changed
 */
function setIdleStrategy(strategy) {
  if (strategy === null || typeof strategy !== 'object') {
    throw withCode(
      new TypeError('The "strategy" argument must be of type object'), 'ERR_INVALID_ARG_TYPE');
  }

  checkKnown('strategy', strategy, ['spin', 'linger']);

  const spin = microseconds('spin', strategy.spin);
  const linger = microseconds('linger', strategy.linger);

  current = { spin, linger };
  apply();
}

/**
 * @returns {{ spin: number, linger: number }} this thread's strategy, in microseconds
 */
function getIdleStrategy() {
  return { ...current };
}

module.exports = { crowd, setIdleStrategy, getIdleStrategy };
