'use strict';

/*
 * posts.js - counts what this thread posts to Node's own channels, so that the receiver
 * can keep the order between those and the ring (src/node/order.h), and has a ringport
 * port in it refused as one of Node's.
 */

const { binding, define, local, threads, FOR_VALUES } = require('../loading/native');

const { MessagePort: { prototype } } = threads;
const { apply } = Reflect;

/**
 * The key under which our replacement of Node's postMessage() holds the counter of this
 * thread.
 */
const kPosts = Symbol.for('ringport.posts');
const kPost = Symbol.for('ringport.post');

/* Not asked again later: a test may put a spy around what counts. */
const nodePost = prototype.postMessage[kPost] ?? prototype.postMessage;

/**
 * Count what this thread posts to channels of Node's: ports, BroadcastChannel, and the
 * output of a worker, which is posted to a port that nothing else leads to. See
 * src/node/order.h. The copies of the library in a thread share the count.
 * @returns {Uint8Array} the count, a word
 */
function countPosts() {
  const { postMessage } = prototype;

  if (postMessage[kPosts] !== undefined) return postMessage[kPosts];

  /* What has been posted before now has not been counted. */
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

/**
 * Post on a Node channel, which is read when its record is: nothing has to wait for it.
 */
function postToNode(port, message, list) {
  return apply(nodePost, port, [message, list]);
}

/** Have the addon see posts from now on. */
function watchPosts() {
  if (local.watchesPosts) return;
  define(FOR_VALUES);
  binding.setPosts(countPosts());
  local.watchesPosts = true; // the last: the stack may end in between
}

module.exports = { watchPosts, postToNode };
