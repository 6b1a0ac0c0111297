'use strict';

/* emit.js - calls the listeners of a Worker as EventEmitter's emit() does. */

const EventEmitter = require('node:events');

const { findSymbol, line, threads } = require('../loading/native');
const { call, throwLater, watch } = require('../ports/call-listener');

const { apply } = Reflect;
const { apply: nodeApply } = Function.prototype;

/**
 * What a Worker of Node's inherits to call its listeners with, if that is Node's own
 * still.
 */
const { prototype: nodePrototype } = threads.Worker;
const { emit: nodeEmit } = nodePrototype;
const isNodes = Function.prototype.toString.call(nodeEmit).includes('kErrorMonitor');
/** Whether what listeners return is looked at. */
const kCapture = findSymbol(EventEmitter.prototype, 'kCapture');

/** As emit() calls a listener, before Node 26 by an apply() that may be its own. */
function callAsEmit(listener, worker, value) {
  if (line >= 26 || listener.apply === nodeApply) call(listener, worker, value);
  else listener.apply(worker, [value]);
}

/**
 * Emit an event now, in the middle of a wake-up: an error comes later.
 * @param {Worker} worker
 * @param {Function} ours the emit() of our Worker
 */
function emitNow(worker, ours, name, value) {
  try {
    if (worker.emit === ours) {
      apply(nodePrototype.emit, worker, [name, value]);
      return;
    }

    const result = worker.emit(name, value); // the application's own

    if (line < 24) watch(result);
  } catch (error) {
    throwLater(error);
  }
}

/** The same of a message. */
function emitMessage(worker, ours, value) {
  const listener = worker._events?.message;

  if (typeof listener !== 'function' || !isNodes || kCapture === undefined || worker[kCapture] ||
      worker.emit !== ours || nodePrototype.emit !== nodeEmit) {
    emitNow(worker, ours, 'message', value);
    return;
  }
  /* The only one: what emit() would do, at a fraction of its cost. */
  try {
    callAsEmit(listener, worker, value);
  } catch (error) {
    throwLater(error);
  }
}

module.exports = { emitMessage, emitNow };
