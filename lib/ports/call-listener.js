'use strict';

/*
 * call-listener.js - calls a listener as Node does: a thrown error, or the rejection of a
 * returned promise, becomes an uncaught exception in the next tick.
 */

const { process } = require('../loading/builtins');

/** call(f, receiver, ...args), also for a function with a call() of its own. */
const call = Function.prototype.call.bind(Function.prototype.call);

function throwLater(error) {
  process.nextTick(() => { throw error; });
}

/**
 * What a listener has returned: if it is a promise, its rejection is an uncaught
 * exception, as in Node.
 */
function watch(result) {
  if (result === undefined || result === null) return;

  const { then } = result;

  if (typeof then === 'function') then.call(result, undefined, throwLater);
}

function callListener(listener, receiver, value) {
  try {
    watch(call(listener, receiver, value));
  } catch (error) {
    throwLater(error);
  }
}

module.exports = { call, callListener, throwLater, watch };
