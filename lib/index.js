'use strict';

/*
 * index.js - ringport: worker_threads with message ports over lock-free rings.
 *
 * Exports everything that worker_threads of the running Node exports; MessageChannel, MessagePort,
 * receiveMessageOnPort, Worker, parentPort and workerData are ours. See lib/index.d.ts for the types.
 * What a thread may never need is loaded when it is first asked for.
 */

const threads = require('node:worker_threads');

/**
 * What a thread has loaded, by the folder of the package: lib/ and dist/ of it are one, and so is what a
 * thread loads that has emptied require.cache.
 */
const kLoaded = Symbol.for('ringport.loaded');
/** How register.js gets at registration.js of the copy that is loaded. */
const kRegistration = Symbol.for('ringport.registration');

/* Without `lib` or `dist`, and without node:path, which a thread may not have loaded. */
const root = __dirname.slice(0, Math.max(__dirname.lastIndexOf('/'), __dirname.lastIndexOf('\\')) + 1);
/* A test runner's modules belong to the realm of a test. */
const isNodes = typeof module.constructor?._load === 'function';

function start() {
  let ringport;
  let registration = () => require('./register/registration');

  try {
    require('./loading/native');
  } catch (error) {
    ringport = require('./loading/inactive').exportsFor(error);
    registration = () => require('./loading/inactive').unregistered();
  }
  if (ringport === undefined) {
    require('./loading/native').local.Module = isNodes ? module.constructor : null;
    ringport = require('./loading/exports');
  }
  Object.defineProperty(ringport, kRegistration, { __proto__: null, value: registration });
  if (!isNodes || !ringport.active) return ringport;
  if (threads[kLoaded] === undefined) {
    Object.defineProperty(threads, kLoaded,
      { __proto__: null, value: { __proto__: null }, configurable: true });
  }
  threads[kLoaded][root] = ringport;
  return ringport;
}

module.exports = isNodes ? threads[kLoaded]?.[root] ?? start() : start();
