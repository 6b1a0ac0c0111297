'use strict';

/**
 * main.js - ringport: worker_threads with message ports over lock-free rings.
 *
 * Exports everything that worker_threads of the running Node exports; MessageChannel, MessagePort,
 * receiveMessageOnPort, Worker, parentPort and workerData are ours. See lib/index.d.ts for the types
 * and README.md.
 */

const threads = require('./threads');

const {
  MessageChannel, MessagePort, markAsUntransferable, receiveMessageOnPort,
} = require('./port');
const { threads: listThreads } = require('./native').binding;
const { parentPort, workerData } = require('./parent-port');

/* Loaded on first need: each costs a thread that starts a part of its start. */
const codec = () => require('./codec/index');
const idle = () => require('./idle');

/* For trying it out: every thread of the process that loads ringport. */
const { RINGPORT_SPIN: spin, RINGPORT_LINGER: linger } = process.env;

if (spin || linger) {
  idle().setIdleStrategy({
    spin: spin ? Number(spin) : undefined, linger: linger ? Number(linger) : undefined,
  });
}

/** @see lib/codec/index.js */
function serialize(value) {
  return codec().serialize(value);
}

/** @see lib/codec/index.js */
function deserialize(bytes) {
  return codec().deserialize(bytes);
}

/** @see lib/idle.js */
function setIdleStrategy(strategy) {
  idle().setIdleStrategy(strategy);
}

/** @see lib/idle.js */
function getIdleStrategy() {
  return idle().getIdleStrategy();
}

/** @see lib/move.js */
function moveMessagePortToContext(port, context) {
  return require('./move').moveMessagePortToContext(port, context);
}

Object.defineProperty(moveMessagePortToContext, 'length', { value: 0 }); // as Node's

module.exports = {
  ...threads,
  active: true, // see lib/inactive.js
  MessageChannel,
  MessagePort,
  markAsUntransferable,
  moveMessagePortToContext,
  receiveMessageOnPort,
  parentPort,
  workerData,
  serialize,
  deserialize,
  getIdleStrategy,
  setIdleStrategy,
  threads: () => listThreads(),
};

/** An export that is loaded when it is first asked for, which most workers never do. */
function onDemand(name, load) {
  const put = (value) => Object.defineProperty(module.exports, name,
    { value, writable: true, enumerable: true, configurable: true });

  Object.defineProperty(module.exports, name, {
    get() {
      put(load());
      return module.exports[name];
    },
    set: put,
    enumerable: true,
    configurable: true,
  });
}

onDemand('RingportError', () => require('./codec/errors').RingportError);
onDemand('Worker', () => require('./worker').Worker);
onDemand('RingBuffer', () => require('./ring-buffer/index').RingBuffer);

if (threads.postMessageToThread !== undefined) {
  /** Node's, which gives the other thread ports of Node's for those of ours; see lib/relay.js. */
  module.exports.postMessageToThread =
    async function postMessageToThread(...args) {
      return require('./relay').postMessageToThread(...args);
    };
  Object.defineProperty(module.exports.postMessageToThread, 'length',
    { value: threads.postMessageToThread.length, configurable: true });
}

if (threads.markAsUncloneable !== undefined) {
  /** Node's, and the codec is told too: the mark is a private symbol that JavaScript cannot see. */
  module.exports.markAsUncloneable = function markAsUncloneable(object) {
    threads.markAsUncloneable(object);
    if (object !== null && (typeof object === 'object' || typeof object === 'function')) {
      codec().markUncloneable(object);
    }
  };
}
