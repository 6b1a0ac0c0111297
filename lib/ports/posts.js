'use strict';

/*
 * posts.js - wraps Node's postMessage(): counts this thread's posts to Node's own
 * channels, so that receivers can keep the order between those and the ring
 * (src/node/order.h), and rejects ringport ports that are not transferred, as Node
 * rejects its own.
 */

const { binding, define, local, threads, FOR_VALUES } = require('../loading/native');

const { MessagePort: { prototype } } = threads;
const { apply } = Reflect;

/** Property of the wrapped postMessage(): this thread's count. */
const kPosts = Symbol.for('ringport.posts');
const kPost = Symbol.for('ringport.post');

/* Read once: a test may wrap postMessage() in a spy later. */
const nodePost = prototype.postMessage[kPost] ?? prototype.postMessage;

/**
 * Count this thread's posts to Node's channels: ports, BroadcastChannel, and a worker's
 * stdout and stderr, which use an internal port. All copies of ringport in a thread share
 * the count.
 * @returns {Uint8Array} the bytes of the count, a 32-bit word
 */
function countPosts() {
  const { postMessage } = prototype;

  if (postMessage[kPosts] !== undefined) return postMessage[kPosts];

  /* Starts at 1, because earlier posts have not been counted. */
  const count = new Uint32Array([1]);
  const { value } = Object.getOwnPropertyDescriptor({ postMessage(message) {
    count[0]++;
    if (local.portsMade === 0 || typeof message !== 'object' || message === null) {
      return apply(postMessage, this, arguments);
    }
    if (threads.markAsUncloneable === undefined) local.loadUnlisted().refuseUnlisted(message);
    try {
      return apply(postMessage, this, arguments);
    } catch (error) {
      throw local.loadUnlisted().explain(error, message);
    }
  } }, 'postMessage');

  Object.defineProperty(value, 'length', { __proto__: null, value: postMessage.length, configurable: true });
  Object.defineProperty(value, kPosts, { __proto__: null, value: new Uint8Array(count.buffer) });
  Object.defineProperty(value, kPost, { __proto__: null, value: postMessage });
  prototype.postMessage = value;
  return value[kPosts];
}

/** Post on a Node channel without counting: its receiver follows the record's order. */
function postToNode(port, message, list) {
  return apply(nodePost, port, [message, list]);
}

/** Start counting posts, and give the count to the addon. */
function watchPosts() {
  if (local.watchesPosts) return;
  define(FOR_VALUES);
  binding.setPosts(countPosts());
  local.watchesPosts = true; // last, because the stack may overflow above
}

module.exports = { watchPosts, postToNode };
