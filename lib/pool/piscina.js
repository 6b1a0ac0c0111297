'use strict';

/* piscina.js - `ringport/piscina`: Pool under piscina's names, with its defaults. */

const { Pool, kPiscina } = require('./index');
const { ArrayTaskQueue, FixedQueue } = require('./queues');

/**
 * Its static properties are its own, as piscina's are. See https://piscinajs.dev.
 * docs/guides/pools.md lists the differences.
 */
class Piscina extends Pool {
  static [kPiscina] = true;

  static get isWorkerThread() {
    return super.isWorkerThread;
  }

  static get workerData() {
    return super.workerData;
  }

  static get version() {
    return super.version;
  }

  static get transferableSymbol() {
    return super.transferableSymbol;
  }

  static get valueSymbol() {
    return super.valueSymbol;
  }

  static get queueOptionsSymbol() {
    return super.queueOptionsSymbol;
  }

  static move(value) {
    return super.move(value);
  }

  static get Piscina() {
    return Piscina;
  }

  static get FixedQueue() {
    return FixedQueue;
  }

  static get ArrayTaskQueue() {
    return ArrayTaskQueue;
  }
}

module.exports = { Piscina };
