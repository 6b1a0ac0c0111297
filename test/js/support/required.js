'use strict';

// For mocha: an error while ringport is loaded stays one in the tests, and in the processes that they start.

process.env.RINGPORT_REQUIRED ??= '1';
