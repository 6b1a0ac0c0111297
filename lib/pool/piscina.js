'use strict';

/* piscina.js - Pool under piscina's names and with piscina's defaults: `ringport/piscina`. */

const { Pool } = require('./index');
const { ArrayTaskQueue, FixedQueue } = require('./queues');

/** See https://piscinajs.dev; docs/guides/pools.md lists the differences. */
class Piscina extends Pool {
  static isPiscina = true;

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
