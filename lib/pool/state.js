'use strict';

/* state.js - whether this thread is a worker of a pool; runner.js sets it. */

module.exports = { isWorkerThread: false, workerData: undefined };
