'use strict';

/*
 * events.js - an EventEmitter that knows when listeners are added or removed, and that
 * cannot be cloned.
 */

const EventEmitter = require('node:events');

const kListeners = Symbol('listeners');
/** Several records at once; see index.js. */
const kGather = Symbol('gather');

/**
 * No serializer clones a symbol, and the DataCloneError names it. Whatever else reads the
 * properties of a ring (JSON.stringify, a spread, deepEqual) takes it.
 */
const UNCLONEABLE = Symbol(
  'RingBuffer: send its buffer, and attach to it by new RingBuffer(buffer)');

class RingEvents {
  constructor() {
    /* Serializers read it first, which is why EventEmitter is not constructed: it would
     * put its own properties before, and needs none until somebody listens. */
    Object.defineProperty(this, 'clone', { __proto__: null, enumerable: true, value: UNCLONEABLE });
  }

  on(event, listener) {
    super.on(event, listener);
    this.#come(event, listener);
    return this;
  }

  prependListener(event, listener) {
    super.prependListener(event, listener);
    this.#come(event, listener);
    return this;
  }

  /** It is not there if there is nothing that it could be told. */
  #come(event, listener) {
    try {
      this[kListeners](event);
    } catch (error) {
      super.removeListener(event, listener);
      throw error;
    }
  }

  removeListener(event, listener) {
    super.removeListener(event, listener);
    this[kListeners](event);
    return this;
  }

  removeAllListeners(...events) {
    super.removeAllListeners(...events);
    this[kListeners](events[0]);
    return this;
  }
}

Object.setPrototypeOf(RingEvents.prototype, EventEmitter.prototype);
RingEvents.prototype.addListener = RingEvents.prototype.on;
RingEvents.prototype.off = RingEvents.prototype.removeListener;

module.exports = { RingEvents, kGather, kListeners };
