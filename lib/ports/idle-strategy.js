'use strict';

/*
 * idle-strategy.js - what this thread does when it has nothing to do;
 * src/node/loop_spin.c does it.
 */

const { checkKnown } = require('../loading/check-options');
const { withCode } = require('../codec/errors');
const { binding } = require('../loading/native');

/**
 * In microseconds. Longer spins gain nothing, and timers wait for a thread that spins.
 */
const LONGEST = { spin: 100_000, linger: 1000 };

/** For setIdle(): linger for as long as a sleep costs on this machine. */
const AS_MEASURED = 0xffffffff;

/** 20 us of lingering are the least, see src/node/port_spin.c. */
const DEFAULTS = { spin: 0, linger: 20 };

let current = DEFAULTS;

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
 * How this thread idles, in microseconds.
 *
 * `linger` (0 to 1,000): a port that has been read to the end looks for so long, and now
 * and then twice as long, whether an answer comes to what it has sent, before its thread
 * goes on and sleeps; for 4 us if it has sent nothing. Unless it is given, that is as
 * long as a sleep costs on this machine, 20 to 100, and getIdleStrategy() says 20. It
 * becomes rare where it is in vain, and ends at once when there is anything else to do.
 *
 * `spin` (0 to 100,000, 0 unless said otherwise): before its event loop blocks the thread
 * watches for messages of ringport. One that comes meanwhile costs no wake-up, neither
 * here nor for who sends it. Watching takes a core. It ends when a timer is due or
 * anything else is to be done, becomes shorter while it is in vain and stops where others
 * need the core; I/O and signals wait at most that long. A thread that watches does not
 * do the former. Neither keeps a process alive. Where the process has one CPU, by its
 * affinity or by the quota of its container, it does neither.
 * @param {{ spin?: number, linger?: number }} strategy
 * @throws {TypeError} ERR_INVALID_ARG_TYPE, {RangeError} ERR_OUT_OF_RANGE; nothing is
 *   changed
 */
function setIdleStrategy(strategy) {
  if (strategy === null || typeof strategy !== 'object') {
    throw withCode(
      new TypeError('The "strategy" argument must be of type object'), 'ERR_INVALID_ARG_TYPE');
  }

  checkKnown('strategy', strategy, ['spin', 'linger']);

  const spin = microseconds('spin', strategy.spin);
  const linger = microseconds('linger', strategy.linger);

  binding.setIdle(Math.ceil(spin), strategy.linger === undefined ? AS_MEASURED : Math.ceil(linger));
  current = { spin, linger };
}

/**
 * @returns {{ spin: number, linger: number }} what setIdleStrategy() was given here, or
 *   the default
 */
function getIdleStrategy() {
  return { ...current };
}

module.exports = { setIdleStrategy, getIdleStrategy };
