'use strict';

/*
 * index.js - ringport: worker_threads with message ports over lock-free rings.
 *
 * Exports everything that Node's worker_threads exports, with ringport's own
 * MessageChannel, MessagePort, receiveMessageOnPort, Worker, parentPort and workerData.
 * lib/index.d.ts has the types. Classes are loaded on first access.
 */

const threads = require('node:worker_threads');

const { root } = require('./folder');

/**
 * Property of worker_threads: this thread's instances, by package folder. lib/ and dist/
 * share one, also after the application has emptied require.cache.
 */
const kLoaded = Symbol.for('ringport.loaded');
/**
 * Property of the exports: functions that load what the other files of the package need,
 * by its name: register.js, piscina.js, pool-worker.js, thread-stream.js, synckit.js ...
 */
const kEntries = Symbol.for('ringport.entries');

/* A test runner has its own loader, whose modules belong to a test's context. */
const isNodes = typeof module.constructor?._load === 'function';

function start() {
  let ringport;
  let entries = {
    registration: () => require('./register/registration'),
    pool: () => require('./pool/entries'),
    stream: () => require('./thread-stream/index'),
    streamWorker: () => require('./thread-stream/worker'),
    synckit: () => require('./synckit/index'),
  };

  try {
    require('./loading/native');
  } catch (error) {
    ringport = require('./loading/inactive').exportsFor(error);
    entries = require('./loading/inactive').entriesOf(ringport);
  }
  if (ringport === undefined) {
    require('./loading/native').local.Module = isNodes ? module.constructor : null;
    ringport = require('./loading/exports');
  }
  Object.defineProperty(ringport, kEntries, { __proto__: null, value: entries });
  if (!isNodes || !ringport.active) return ringport;
  if (threads[kLoaded] === undefined) {
    Object.defineProperty(threads, kLoaded,
      { __proto__: null, value: { __proto__: null }, configurable: true });
  }
  threads[kLoaded][root] = ringport;
  return ringport;
}

module.exports = isNodes ? threads[kLoaded]?.[root] ?? start() : start();
