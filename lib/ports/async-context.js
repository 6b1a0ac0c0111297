'use strict';

/*
 * async-context.js - integrates ports with Node's async context and with the tools that
 * list what keeps the loop alive.
 */

const { WeakRef, process } = require('../loading/builtins');
const asyncHooks = require('node:async_hooks');

const { endpoints, line, local, threads } = require('../loading/native');

const kInspect = Symbol.for('nodejs.util.inspect.custom');
/** Property of a stand-in: a WeakRef to the endpoint. */
const kEndpoint = Symbol('endpoint');

/**
 * Find Node's function that runs next ticks and microtasks; undefined if it is missing.
 * --pending-deprecation wraps it in a function that warns or throws. The wrapper's
 * prototype is the original.
 */
function findTick() {
  const { _tickCallback: tick } = process;

  if (typeof tick !== 'function') return undefined;

  const inner = Object.getPrototypeOf(tick);

  return inner === Function.prototype ? tick : inner;
}

/** Prototypes of stand-ins, by the prototype of the port. */
const kinds = new Map();

/**
 * Create the object that async_hooks sees as the port's resource. Its hasRef() tells
 * tools whether the port keeps the loop alive. It references the port weakly.
 */
function standIn(owner, endpoint) {
  const { prototype: ports } = local.loadPort().MessagePort;
  const kind = owner instanceof threads.Worker ? ports : Object.getPrototypeOf(owner);
  let made = kinds.get(kind);

  if (made === undefined) {
    made = Object.create(kind, {
      __proto__: null,
      hasRef: { __proto__: null, value: function hasRef() {
        const known = this[kEndpoint].deref();

        return known !== undefined && !known.gone && known.refed;
      } },
      [kInspect]: { __proto__: null, value: function inspectStandIn() {
        const known = this[kEndpoint]?.deref();

        if (known === undefined) return this;
        return Object.assign({ __proto__: kind },
          known.gone ? { active: false } : { active: true, refed: known.refed });
      } },
    });
    kinds.set(kind, made);
  }
  const object = Object.create(made);

  object[kEndpoint] = new WeakRef(endpoint); // defineProperty would cost more than the rest
  return object;
}

const context = {
  /** Runs next ticks and microtasks. */
  tick: findTick(),

  /**
   * A listener has called enterWith(), whose store must not reach the next message. Since
   * Node 24 JavaScript cannot restore the context frame. So the wake-up ends, and the
   * next message is delivered by a new callback, in the frame of the port.
   */
  entered: false,

  /** Count of endpoints that keep the loop alive. */
  refs: 0,
  /** Count of waits on rings that keep the loop alive. */
  ringRefs: 0,

  /**
   * The resource that async_hooks sees for a port. Since Node 25 Node-API holds it
   * strongly, so a stand-in is used there: the port itself could never be collected.
   */
  resourceOf: line >= 25 ? standIn : (port) => port,
  standIn,
};

/** Wrap enterWith() to set context.entered. */
function watch({ prototype }) {
  const { enterWith } = prototype;

  prototype.enterWith = { enterWith(store) {
    context.entered = true;
    return enterWith.call(this, store);
  } }.enterWith;
}

/** Watch AsyncLocalStorage once it is used. Node creates the class lazily, in 0.3 ms. */
function watchStorage() {
  const { moduleLoadList: loaded } = process;
  const { get } = Object.getOwnPropertyDescriptor(asyncHooks, 'AsyncLocalStorage');

  if (get === undefined || !Array.isArray(loaded) ||
      loaded.join().includes('internal/async_local_storage')) { // one call: a loop takes 50 us when cold
    watch(asyncHooks.AsyncLocalStorage);
    return;
  }

  const put = (getter) => Object.defineProperty(asyncHooks, 'AsyncLocalStorage',
    { __proto__: null, get: getter, set: undefined, enumerable: true, configurable: true });

  put(() => {
    put(get);
    watch(asyncHooks.AsyncLocalStorage);
    return asyncHooks.AsyncLocalStorage;
  });
}

if (line >= 24) watchStorage();

const { getActiveResourcesInfo, _getActiveHandles: getActiveHandles } = process;

/* Add ports and rings, which are not handles of Node. */
process.getActiveResourcesInfo = { getActiveResourcesInfo() {
  return getActiveResourcesInfo().concat(
    new Array(context.refs).fill('MessagePort'), new Array(context.ringRefs).fill('RingBuffer'));
} }.getActiveResourcesInfo;
process._getActiveHandles = { _getActiveHandles() {
  return getActiveHandles().concat(
    endpoints.filter((endpoint) => endpoint?.refed === true).map(({ owner }) => owner));
} }._getActiveHandles;

module.exports = context;
