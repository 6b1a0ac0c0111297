'use strict';

/**
 * main.js - ringport: worker_threads with message ports over lock-free rings.
 *
 * Exports everything that worker_threads of the running Node exports; MessageChannel, MessagePort,
 * receiveMessageOnPort, Worker, parentPort and workerData are ours. See lib/index.d.ts for the types
 * and README.md.
 */

const threads = require('./threads');

const { serialize, deserialize, markUncloneable, RingportError } = require('./codec/index');
const {
  MessageChannel, MessagePort, markAsUntransferable, receiveMessageOnPort,
} = require('./port');
const { threads: listThreads } = require('./native').binding;
const { moveMessagePortToContext } = require('./move');
const { Worker, parentPort, workerData } = require('./worker');

module.exports = {
  ...threads,
  MessageChannel,
  MessagePort,
  markAsUntransferable,
  moveMessagePortToContext,
  receiveMessageOnPort,
  Worker,
  parentPort,
  workerData,
  serialize,
  deserialize,
  RingportError,
  threads: () => listThreads(),
};

if (threads.markAsUncloneable !== undefined) {
  /** Node's, and the codec is told too: the mark is a private symbol that JavaScript cannot see. */
  module.exports.markAsUncloneable = function markAsUncloneable(object) {
    threads.markAsUncloneable(object);
    if (object !== null && (typeof object === 'object' || typeof object === 'function')) {
      markUncloneable(object);
    }
  };
}
