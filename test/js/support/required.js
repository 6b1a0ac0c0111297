'use strict';

// What is to test ringport must not test worker_threads instead (lib/loading/inactive.js), here or in the processes
// that it starts.

process.env.RINGPORT_REQUIRED ??= '1';
