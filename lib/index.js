'use strict';

/*
 * index.js - ringport: worker_threads with message ports over lock-free rings.
 *
 * Exports everything that worker_threads of the running Node exports; MessageChannel, MessagePort,
 * receiveMessageOnPort, Worker, parentPort and workerData are ours. See lib/index.d.ts for the types.
 * What a thread may never need is loaded when it is first asked for.
 */

/** @returns {object} what is exported */
function start() {
  try {
    require('./native');
  } catch (error) {
    return require('./inactive').exportsFor(error);
  }
  return require('./face');
}

module.exports = start();
