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
/** Property of the exports: loads registration.js of this copy, for register.js. */
const kRegistration = Symbol.for('ringport.registration');
/** Property of the exports: loads pool/entries.js, for pool-worker.js and piscina.js. */
const kPool = Symbol.for('ringport.pool');
/** Property of the exports: loads either end of a ThreadStream, for thread-stream.js. */
const kStream = Symbol.for('ringport.stream');
/** Property of the exports: loads synckit/index.js; see synckit.js, synckit-worker.js. */
const kSynckit = Symbol.for('ringport.synckit');

/* A test runner has its own loader, whose modules belong to a test's context. */
const isNodes = typeof module.constructor?._load === 'function';

function start() {
  let ringport;
  let registration = () => require('./register/registration');
  let pool = () => require('./pool/entries');
  let stream = (isWorker) =>
    (isWorker ? require('./thread-stream/worker') : require('./thread-stream/index'));
  let synckit = () => require('./synckit/index');

  try {
    require('./loading/native');
  } catch (error) {
    ringport = require('./loading/inactive').exportsFor(error);
    registration = () => require('./loading/inactive').unregistered();
    pool = () => new ringport.Pool(); // throws
    stream = () => new ringport.RingBuffer(); // throws
    synckit = () => ringport.wrapSync(); // throws
  }
  if (ringport === undefined) {
    require('./loading/native').local.Module = isNodes ? module.constructor : null;
    ringport = require('./loading/exports');
  }
  Object.defineProperty(ringport, kRegistration, { __proto__: null, value: registration });
  Object.defineProperty(ringport, kPool, { __proto__: null, value: pool });
  Object.defineProperty(ringport, kStream, { __proto__: null, value: stream });
  Object.defineProperty(ringport, kSynckit, { __proto__: null, value: synckit });
  if (!isNodes || !ringport.active) return ringport;
  if (threads[kLoaded] === undefined) {
    Object.defineProperty(threads, kLoaded,
      { __proto__: null, value: { __proto__: null }, configurable: true });
  }
  threads[kLoaded][root] = ringport;
  return ringport;
}

module.exports = isNodes ? threads[kLoaded]?.[root] ?? start() : start();
