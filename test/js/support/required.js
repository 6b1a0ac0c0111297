'use strict';

// required.js - makes the tests fail if ringport is inactive (lib/loading/inactive.js),
// also in the processes that they start. Otherwise they would test worker_threads.

process.env.RINGPORT_REQUIRED ??= '1';
