'use strict';

/* runtime.js - checks that ringport supports this runtime. */

const { process } = require('./builtins');
const { MessagePort, Worker } = require('node:worker_threads');

/**
 * Descriptions of the symbols on Node's MessagePort and Worker that ringport uses; see
 * node-events.js and worker.js.
 */
const INTERNALS = [
  'kCreateEvent', 'handle_onclose', 'kNewListener', 'kRemoveListener', 'kOnExit', 'kOnErrorMessage',
  'kOnCouldNotSerializeErr', 'nodejs.internal.kHybridDispatch',
];

/** @returns {string} the runtime and its version */
function runtime() {
  const { bun, deno } = process.versions;

  if (bun !== undefined) return `Bun ${bun}`;
  return deno !== undefined ? `Deno ${deno}` : `Node ${process.version}`;
}

/** @throws {Error} ERR_RINGPORT_UNSUPPORTED: the runtime lacks an internal of Node */
function checkRuntime() {
  const refuse = (message) => {
    throw Object.assign(new Error(message), { code: 'ERR_RINGPORT_UNSUPPORTED' });
  };

  /* Do not probe Bun: it aborts when an addon calls a libuv function that it lacks. */
  if (process.versions.bun !== undefined) {
    refuse(`ringport does not support ${runtime()}: its addon requires Node's event loop, libuv`);
  }

  const missing = new Set(INTERNALS);

  for (let { prototype: at } of [MessagePort, Worker]) {
    for (; at !== null; at = Object.getPrototypeOf(at)) {
      for (const { description } of Object.getOwnPropertySymbols(at)) missing.delete(description);
    }
  }
  for (const name of missing) {
    refuse(`ringport does not support ${runtime()}: Node's classes have no ${name} there`);
  }
}

module.exports = { checkRuntime, runtime };
