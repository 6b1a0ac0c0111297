'use strict';

/*
 * async-context.js - integrates ports with Node's async context and with the tools that
 * list what keeps the loop alive.
 */

const { WeakRef, process } = require('../loading/builtins');
const asyncHooks = require('node:async_hooks');

const { endpoints, line, local, threads } = require('../loading/native');

const kInspect = Symbol.for('nodejs.util.inspect.custom');
/** Of what stands for a port. */
const kEndpoint = Symbol('endpoint');

/**
 * Node's way to run next ticks and microtasks; undefined where it is gone. With
 * --pending-deprecation there is a function around it that says so, or with
 * --throw-deprecation throws: its prototype is what it is around.
 */
function findTick() {
  const { _tickCallback: tick } = process;

  if (typeof tick !== 'function') return undefined;

  const inner = Object.getPrototypeOf(tick);

  return inner === Function.prototype ? tick : inner;
}

/** By prototype of a port: that of what stands for it. */
const kinds = new Map();

/**
 * An object that stands for a port where async_hooks looks at its resource. It says
 * whether the port keeps the loop alive, as tools ask, and does not keep the port.
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

  object[kEndpoint] = new WeakRef(endpoint); // a definition costs more than all else here
  return object;
}

const context = {
  /** Runs next ticks and microtasks. */
  tick: findTick(),

  /**
   * A listener has called enterWith(): what it entered must not reach the next message.
   * From Node 24 on contexts are frames that JavaScript cannot put back, so the wake-up
   * ends and the next message comes in a callback of its own, which begins in the frame
   * of the port.
   */
  entered: false,

  /** Endpoints that keep the loop alive, and waits of rings. */
  refs: 0,
  ringRefs: 0,

  /**
   * What async_hooks sees as the resource of a port. From Node 25 on Node-API holds it
   * strongly, and the port would never be collected, so there it is an object of its own,
   * of the same class.
   */
  resourceOf: line >= 25 ? standIn : (port) => port,
  standIn,
};

/** Be told of enterWith(). */
function watch({ prototype }) {
  const { enterWith } = prototype;

  prototype.enterWith = { enterWith(store) {
    context.entered = true;
    return enterWith.call(this, store);
  } }.enterWith;
}

/**
 * Node makes the class when it is first asked for, which takes 0.3 ms: not before
 * somebody else does.
 */
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

/** Our ports and rings are no handles of Node's, which is all that it counts. */
process.getActiveResourcesInfo = { getActiveResourcesInfo() {
  return getActiveResourcesInfo().concat(
    new Array(context.refs).fill('MessagePort'), new Array(context.ringRefs).fill('RingBuffer'));
} }.getActiveResourcesInfo;
process._getActiveHandles = { _getActiveHandles() {
  return getActiveHandles().concat(
    endpoints.filter((endpoint) => endpoint?.refed === true).map(({ owner }) => owner));
} }._getActiveHandles;

module.exports = context;
