'use strict';

/*
 * call-listener.js - calls a listener as Node does: its error is thrown in the next tick, and so is
 * the reason of a promise that it returns and that rejects.
 */

const { process } = require('../loading/builtins');

const { apply } = Reflect;

function throwLater(error) {
  process.nextTick(() => { throw error; });
}

/** What a listener has returned: if it is a promise, its rejection is an uncaught exception, as in Node. */
function watch(result) {
  if (result === undefined || result === null) return;

  const { then } = result;

  if (typeof then === 'function') then.call(result, undefined, throwLater);
}

function callListener(listener, receiver, value) {
  try {
    watch(apply(listener, receiver, [value])); // it may have a call() of its own
  } catch (error) {
    throwLater(error);
  }
}

module.exports = { callListener, throwLater, watch };
