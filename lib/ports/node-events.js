'use strict';

// What Node's own MessagePort is built from, found on it at run time: NodeEventTarget, the hooks
// it calls when listeners come and go, and the functions that make a MessageEvent. Ports that
// inherit from the same class behave the same in every detail, on every Node line.

const { findSymbol, threads: { MessagePort } } = require('../loading/native');

const NodeEventTarget = Object.getPrototypeOf(MessagePort);

/** A symbol that we cannot do without. */
function symbol(object, description) {
  const found = findSymbol(object, description);

  if (found !== undefined) return found;
  throw new Error(`ringport does not know this Node: there is no ${description} where it was`);
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
