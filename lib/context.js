'use strict';

/*
 * context.js - what Node knows of a port besides its messages: the async context of a batch, and the
 * list of what keeps the loop alive.
 */

const { AsyncLocalStorage } = require('node:async_hooks');
const { inspect } = require('node:util');

const { line } = require('./node-events');
const threads = require('./threads');

const { MessagePort: { prototype }, isMainThread } = threads;
const { apply } = Reflect;

/** Of what stands for a port. */
const kEndpoint = Symbol('endpoint');

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

/** What counts the posts of this thread: a function of ours in the place of Node's has it under this key. */
const kPosts = Symbol.for('ringport.posts');
const kPost = Symbol.for('ringport.post');

/**
 * Count what this thread posts to channels of Node's: ports, BroadcastChannel, and the output of a worker,
 * which is posted to a port that nothing else leads to. See src/node/order.h. The copies of the library
 * in a thread share the count.
 * @returns {Uint8Array} the count, a word
 */
function countPosts() {
  const { postMessage } = prototype;

  if (postMessage[kPosts] !== undefined) return postMessage[kPosts];

  /* What a worker has written before now has not been counted. */
  const count = new Uint32Array([isMainThread ? 0 : 1]);
  const { value } = Object.getOwnPropertyDescriptor({ postMessage() {
    count[0]++;
    return apply(postMessage, this, arguments);
  } }, 'postMessage');

  Object.defineProperty(value, 'length', { value: postMessage.length, configurable: true });
  Object.defineProperty(value, kPosts, { value: new Uint8Array(count.buffer) });
  Object.defineProperty(value, kPost, { value: postMessage });
  prototype.postMessage = value;
  return value[kPosts];
}

/** Post on a companion, which is read when its record is: nothing has to wait for it. */
function postToNode(port, message, list) {
  const { postMessage } = prototype;

  return apply(postMessage[kPost] ?? postMessage, port, [message, list]);
}

/** By prototype of a port: that of what stands for it. */
const kinds = new Map();

/**
 * An object that stands for a port where async_hooks looks at its resource. It says whether the port keeps
 * the loop alive, as tools ask, and does not keep the port.
 */
function standIn(owner, endpoint) {
  const { prototype: ports } = require('./port').MessagePort;
  const kind = owner instanceof threads.Worker ? ports : Object.getPrototypeOf(owner);
  let made = kinds.get(kind);

  if (made === undefined) {
    made = Object.create(kind, {
      hasRef: { value: function hasRef() {
        const known = this[kEndpoint].deref();

        return known !== undefined && !known.gone && known.refed;
      } },
      [inspect.custom]: { value: function inspectStandIn() {
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
  countPosts,
  postToNode,

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
  resourceOf: line >= 25 ? standIn : (port) => port,
  standIn,
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
