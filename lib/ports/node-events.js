'use strict';

// node-events.js - finds the internals of Node's MessagePort at run time:
// NodeEventTarget, its hooks for added and removed listeners, and the functions that
// create a MessageEvent. Ports that inherit from the same class behave the same on every
// Node line.

const { findSymbol, threads: { MessagePort } } = require('../loading/native');

const NodeEventTarget = Object.getPrototypeOf(MessagePort);

/** Find a symbol. @throws {Error} there is none */
function symbol(object, description) {
  const found = findSymbol(object, description);

  if (found !== undefined) return found;
  throw new Error(`ringport does not support this Node: its classes have no ${description}`);
}

module.exports = {
  symbol,
  NodeEventTarget,
  kCreateEvent: symbol(MessagePort.prototype, 'kCreateEvent'),
  kNewListener: symbol(MessagePort.prototype, 'kNewListener'),
  kRemoveListener: symbol(MessagePort.prototype, 'kRemoveListener'),
  kHybridDispatch: Symbol.for('nodejs.internal.kHybridDispatch'),
  kCurrentlyReceivingPorts: Symbol.for('nodejs.internal.kCurrentlyReceivingPorts'),
  kOnClose: symbol(MessagePort.prototype, 'handle_onclose'),
};
