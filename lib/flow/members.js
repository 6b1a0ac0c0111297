'use strict';

/*
 * members.js - what ports and Workers have besides Node's: flow control, iteration,
 * streams, numbers. Each member loads its code when it is used. lib/index.d.ts describes
 * them.
 */

/** Since Node 20.5. */
const dispose = Symbol.dispose ?? Symbol('dispose');
const asyncDispose = Symbol.asyncDispose ?? Symbol('asyncDispose');

/** Extend a class of Node's. Its constructor is never called. */
function withFlow(Base) {
  return class extends Base {
    get writableHighWaterMark() {
      return require('./writing').highWaterMarkOf(this);
    }

    get writableLength() {
      return require('./writing').lengthOf(this);
    }

    get writableNeedDrain() {
      return require('./writing').needsDrain(this);
    }

    drained(options) {
      return require('./flow').drained(this, options);
    }

    [Symbol.asyncIterator]() {
      return require('./iterate').iterate(this);
    }

    get readable() {
      return require('./streams').readableOf(this);
    }

    get writable() {
      return require('./streams').writableOf(this);
    }

    createReadStream(options) {
      return require('./streams').createReadStream(this, options);
    }

    createWriteStream(options) {
      return require('./streams').createWriteStream(this, options);
    }

    stats() {
      return require('./stats').statsOf(this);
    }
  };
}

/** The same for ports, which can be disposed of. */
function withFlowAndDispose(Base) {
  return class extends withFlow(Base) {
    [dispose]() {
      this.close();
    }

    [asyncDispose]() {
      return require('./dispose').closed(this);
    }
  };
}

module.exports = { withFlow, withFlowAndDispose };
