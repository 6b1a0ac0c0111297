'use strict';

/*
 * context.js - what Node knows of a port besides its messages: the async context of a batch, and the
 * list of what keeps the loop alive.
 */

const { AsyncLocalStorage } = require('node:async_hooks');

const { line } = require('./node-events');

/**
 * Node's way to run next ticks and microtasks; undefined where it is gone. With --pending-deprecation
 * there is a function around it that says so, or with --throw-deprecation throws: its prototype is
 * what it is around.
 */
function findTick() {
  const { _tickCallback: tick } = process;

  if (typeof tick !== 'function') return undefined;

  const inner = Object.getPrototypeOf(tick);

  return inner === Function.prototype ? tick : inner;
}

const context = {
  /** Runs next ticks and microtasks. */
  tick: findTick(),

  /**
   * A listener has called enterWith(): what it entered must not reach the next message. From Node 24 on
   * contexts are frames that JavaScript cannot put back, so the wake-up ends and the next message
   * comes in a callback of its own, which begins in the frame of the port.
   */
  entered: false,

  /** Endpoints that keep the loop alive, and waits of rings. */
  refs: 0,
  ringRefs: 0,
  /** Whether one of them is Node's port as well, which counts it: the port of a worker. */
  twice: () => false,

  /**
   * What async_hooks sees as the resource of a port. From Node 25 on Node-API holds it strongly, and the
   * port would never be collected, so there it is an object of its own, of the same class.
   */
  resourceOf: line >= 25 ? (port) => Object.create(Object.getPrototypeOf(port)) : (port) => port,
};

if (line >= 24) {
  const { enterWith } = AsyncLocalStorage.prototype;

  AsyncLocalStorage.prototype.enterWith = { enterWith(store) {
    context.entered = true;
    return enterWith.call(this, store);
  } }.enterWith;
}

const { getActiveResourcesInfo } = process;

/** Our ports and rings are no handles of Node's, which is all that it counts. */
process.getActiveResourcesInfo = { getActiveResourcesInfo() {
  const refs = context.refs - Number(context.twice());

  return getActiveResourcesInfo().concat(
    new Array(refs).fill('MessagePort'), new Array(context.ringRefs).fill('RingBuffer'));
} }.getActiveResourcesInfo;

module.exports = context;
