'use strict';

/* emit.js - calls the listeners of a Worker the way EventEmitter.emit() does. */

const EventEmitter = require('node:events');

const { findSymbol, line, threads } = require('../loading/native');
const { call, throwLater, watch } = require('../ports/call-listener');

const { apply } = Reflect;
const { apply: nodeApply } = Function.prototype;

/** The emit() that Node's Worker inherits, and whether it is still Node's own. */
const { prototype: nodePrototype } = threads.Worker;
const { emit: nodeEmit } = nodePrototype;
const isNodes = Function.prototype.toString.call(nodeEmit).includes('kErrorMonitor');
/** True on an emitter that watches its listeners' promises (captureRejections). */
const kCapture = findSymbol(EventEmitter.prototype, 'kCapture');

/** Call a listener like emit(): before Node 26, through the listener's own apply(). */
function callAsEmit(listener, worker, value) {
  if (line >= 26 || listener.apply === nodeApply) call(listener, worker, value);
  else listener.apply(worker, [value]);
}

/**
 * Emit an event in the middle of a wake-up. A listener's error is rethrown later.
 * @param {Worker} worker
 * @param {Function} ours emit() of ringport's Worker
 */
function emitNow(worker, ours, name, value) {
  try {
    if (worker.emit === ours) {
      apply(nodePrototype.emit, worker, [name, value]);
      return;
    }

    const result = worker.emit(name, value); // an application's override

    if (line < 24) watch(result);
  } catch (error) {
    throwLater(error);
  }
}

/** Emit a 'message' event; see emitNow(). */
function emitMessage(worker, ours, value) {
  const listener = worker._events?.message;

  if (typeof listener !== 'function' || !isNodes || kCapture === undefined || worker[kCapture] ||
      worker.emit !== ours || nodePrototype.emit !== nodeEmit) {
    emitNow(worker, ours, 'message', value);
    return;
  }
  /* A single plain listener: calling it directly costs a fraction of emit(). */
  try {
    callAsEmit(listener, worker, value);
  } catch (error) {
    throwLater(error);
  }
}

module.exports = { emitMessage, emitNow };
