'use strict';

/*
 * events.js - the base class of RingBuffer: an EventEmitter that is notified when
 * listeners are added or removed, that cannot be cloned and can be disposed of.
 */

const EventEmitter = require('node:events');

/** Method: called with the event whose listeners have changed; undefined for all. */
const kListeners = Symbol('listeners');
/** Since Node 20.5. */
const dispose = Symbol.dispose ?? Symbol('dispose');
const asyncDispose = Symbol.asyncDispose ?? Symbol('asyncDispose');
/** Method: read several records at once; see index.js. */
const kGather = Symbol('gather');

/**
 * Structured clone rejects a symbol, and its DataCloneError contains the description.
 * Other code that reads a ring's properties (JSON.stringify, a spread, deepEqual) accepts
 * a symbol.
 */
const UNCLONEABLE = Symbol(
  'RingBuffer: send its buffer, and attach to it by new RingBuffer(buffer)');

class RingEvents {
  constructor() {
    /* Must be the first property that a serializer reads. So do not call EventEmitter's
     * constructor, which would add its own before; on() adds them when needed. */
    Object.defineProperty(this, 'clone', { __proto__: null, enumerable: true, value: UNCLONEABLE });
  }

  on(event, listener) {
    super.on(event, listener);
    this.#notify(event, listener);
    return this;
  }

  prependListener(event, listener) {
    super.prependListener(event, listener);
    this.#notify(event, listener);
    return this;
  }

  /** If kListeners throws, for example because the role is taken, undo the addition. */
  #notify(event, listener) {
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

  /* Not close(): other handles may still use the ring. */
  [dispose]() {
    this.detach();
  }

  async [asyncDispose]() {
    this.detach();
  }
}

Object.setPrototypeOf(RingEvents.prototype, EventEmitter.prototype);
RingEvents.prototype.addListener = RingEvents.prototype.on;
RingEvents.prototype.off = RingEvents.prototype.removeListener;

module.exports = { RingEvents, kGather, kListeners };
