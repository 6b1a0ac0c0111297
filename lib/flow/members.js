'use strict';

/*
 * members.js - what ports and Workers have besides Node's: flow control, iteration,
 * streams. Each member loads its code when it is used. lib/index.d.ts describes them.
 */

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
  };
}

module.exports = { withFlow };
