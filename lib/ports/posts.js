'use strict';

/*
 * posts.js - what this thread posts to channels of Node's: it is counted, so that a message by ring is heard
 * behind it (src/node/order.h), and a port of ours in it is refused as one of Node's.
 */

const { binding, define, local, threads } = require('../loading/native');

const { MessagePort: { prototype } } = threads;
const { apply } = Reflect;

/** What counts the posts of this thread: a function of ours in the place of Node's has it under this key. */
const kPosts = Symbol.for('ringport.posts');
const kPost = Symbol.for('ringport.post');

/* Not asked again later: a test may put a spy around what counts. */
const nodePost = prototype.postMessage[kPost] ?? prototype.postMessage;

/**
 * Count what this thread posts to channels of Node's: ports, BroadcastChannel, and the output of a worker,
 * which is posted to a port that nothing else leads to. See src/node/order.h. The copies of the library
 * in a thread share the count.
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
    if (threads.markAsUncloneable === undefined) require('./node-channel').refuseUnlisted(message);
    try {
      return apply(postMessage, this, arguments);
    } catch (error) {
      throw require('./node-channel').explain(error, message);
    }
  } }, 'postMessage');

  Object.defineProperty(value, 'length', { __proto__: null, value: postMessage.length, configurable: true });
  Object.defineProperty(value, kPosts, { __proto__: null, value: new Uint8Array(count.buffer) });
  Object.defineProperty(value, kPost, { __proto__: null, value: postMessage });
  prototype.postMessage = value;
  return value[kPosts];
}

/** Post on a companion, which is read when its record is: nothing has to wait for it. */
function postToNode(port, message, list) {
  return apply(nodePost, port, [message, list]);
}

let counts = false;

/** Have the addon see what is posted from now on. */
function watchPosts() {
  if (counts) return;
  define(0);
  binding.setPosts(countPosts());
  counts = true; // the last: the stack may end in between
}

module.exports = { watchPosts, postToNode };
