'use strict';

/*
 * diagnostics.js - tells the subscribers of node:diagnostics_channel what happens to
 * ports, and prints it if NODE_DEBUG contains `ringport`. Nothing of it is on the way of
 * a message.
 */

const { channel } = require('node:diagnostics_channel');
const { debuglog } = require('node:util');

const { local, threads } = require('../loading/native');

/**
 * Each message is { port } and what is named here. `port` is a MessagePort; of
 * `backpressure` it may be a Worker or parentPort.
 */
const CHANNELS = Object.fromEntries([
  'open', // a port was created in this thread, or arrived
  'close',
  'transfer', // it has left this thread
  'backpressure', // writableLength has reached writableHighWaterMark
  'error', // error: a message could not be deserialized
].map((name) => [name, channel(`ringport.port.${name}`)]));

const debug = debuglog('ringport');

/**
 * @param {keyof typeof CHANNELS} name
 * @param {object} port
 * @param {object} [more]
 */
function note(name, port, more = undefined) {
  if (debug.enabled) debug('thread %d: port %s %o', threads.threadId, name, more ?? {});

  const { [name]: to } = CHANNELS;

  if (to.hasSubscribers) to.publish({ port, ...more });
}

local.note = note;

module.exports = { note };
