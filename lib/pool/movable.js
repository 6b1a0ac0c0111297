'use strict';

/* movable.js - values that are transferred instead of cloned: piscina's move(). */

const { isArrayBufferView } = require('node:util').types;

/* piscina's own symbols, so that objects made for it work here. */
const kTransferable = Symbol.for('Piscina.transferable');
const kValue = Symbol.for('Piscina.valueOf');
const kQueueOptions = Symbol.for('Piscina.queueOptions');
/** Other copies of ringport know it, too. */
const kMovable = Symbol.for('ringport.movable');

class Movable {
  #value;
  #transferable;

  constructor(value, transferable) {
    this.#value = value;
    this.#transferable = transferable;
  }

  get [kTransferable]() {
    return this.#transferable;
  }

  get [kValue]() {
    return this.#value;
  }
}

function isTransferable(value) {
  return typeof value === 'object' && value !== null && kTransferable in value && kValue in value;
}

/** Whether a task or result has come from move(). */
function isMovable(value) {
  return typeof value === 'object' && value !== null && value[kMovable] === true &&
    isTransferable(value);
}

/**
 * Mark a task or a result as one to transfer instead of clone.
 * @param {unknown} value what to transfer: an ArrayBuffer, a view of one, a port, or an
 *   object with the properties `transferableSymbol` and `valueSymbol`
 * @returns {unknown} what to pass to run(), or to return from a task; a primitive is
 *   itself
 */
function move(value) {
  if (typeof value !== 'object' || value === null) return value;

  const movable = isTransferable(value) ? value
    : new Movable(value, isArrayBufferView(value) ? value.buffer : value);

  markMovable(movable);
  return movable;
}

function markMovable(object) {
  Object.defineProperty(object, kMovable,
    { __proto__: null, value: true, writable: true, configurable: true });
}

module.exports = {
  kTransferable, kValue, kQueueOptions, isMovable, isTransferable, markMovable, move,
};
