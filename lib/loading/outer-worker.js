'use strict';

/*
 * outer-worker.js - the class Worker that applications see. It only starts Node's thread:
 * all else is in worker/worker.js, which the main thread loads while that thread starts.
 * scripts/bundle.js copies this into dist/index.js.
 */

/**
 * @param {Function} NodeWorker
 * @param {object} stages
 * @param {(options: unknown) => { options: unknown }} stages.begin called before Node's
 *   constructor, which gets the options that it returns
 * @param {(begun: object, error: unknown) => unknown} stages.fail called if that throws;
 *   returns what the constructor throws
 * @param {(worker: object, begun: object, options: unknown) => void} stages.start
 */
module.exports = function makeWorker(NodeWorker, stages) {
  class Worker extends NodeWorker {
    /**
     * @param {string | URL} filename
     * @param {import('node:worker_threads').WorkerOptions} [options]
     */
    constructor(filename, options = undefined) {
      const begun = stages.begin(options);

      try {
        super(filename, begun.options);
      } catch (error) {
        throw stages.fail(begun, error);
      }
      stages.start(this, begun, options);
    }
  }

  return Worker;
};
