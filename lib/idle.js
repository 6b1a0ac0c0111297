'use strict';

/*
 * idle.js - what this thread does when it has nothing to do; src/node/idle.c does it.
 */

const { withCode } = require('./codec/errors');
const { binding } = require('./native');

/** A tenth of a second: what is slower than that gains nothing by it. */
const LONGEST = 100_000;

let spin = 0;

/**
 * How this thread idles. Before its event loop blocks it may watch for messages of ringport for some
 * microseconds: one that comes meanwhile costs no wake-up, neither here nor for who sends it.
 * Watching takes a core. It ends when a timer is due or anything else is to be done, becomes
 * shorter while it is in vain and stops where others need the core; I/O and signals wait at most
 * that long. It keeps no process alive.
 * @param {{ spin?: number }} strategy microseconds, 0 (the default) to 100,000
 * @throws {TypeError} ERR_INVALID_ARG_TYPE, {RangeError} ERR_OUT_OF_RANGE; nothing is changed
 */
function setIdleStrategy(strategy) {
  if (strategy === null || typeof strategy !== 'object') {
    throw withCode(
      new TypeError('The "strategy" argument must be of type object'), 'ERR_INVALID_ARG_TYPE');
  }

  const { spin: wanted = 0 } = strategy;

  if (typeof wanted !== 'number') {
    throw withCode(
      new TypeError('The "strategy.spin" property must be of type number'), 'ERR_INVALID_ARG_TYPE');
  }
  if (!(wanted >= 0 && wanted <= LONGEST)) {
    throw withCode(new RangeError('The value of "strategy.spin" is out of range. ' +
      `It must be >= 0 and <= ${LONGEST}. Received ${wanted}`), 'ERR_OUT_OF_RANGE');
  }
  binding.setSpin(Math.ceil(wanted));
  spin = wanted;
}

/** @returns {{ spin: number }} what setIdleStrategy() was given in this thread, or the default */
function getIdleStrategy() {
  return { spin };
}

module.exports = { setIdleStrategy, getIdleStrategy };
