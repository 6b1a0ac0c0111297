'use strict';

/*
 * codec-only.js - `ringport/codec`: the codec without the addon, and so without ports.
 *
 * scripts/bundle.js makes one file of it and of what it requires.
 */

const threads = require('node:worker_threads');

const { root } = require('./folder');

/** See index.js. */
const kLoaded = Symbol.for('ringport.loaded');

/**
 * `ringport`, if this thread has loaded it, else the codec of this file. ringport's own
 * codec knows which objects markAsUncloneable() has marked.
 */
function codec() {
  return threads[kLoaded]?.[root] ?? require('./codec/index');
}

/** @see lib/codec/index.js */
function serialize(value) {
  return codec().serialize(value);
}

/** @see lib/codec/index.js */
function deserialize(bytes) {
  return codec().deserialize(bytes);
}

module.exports = { serialize, deserialize };
