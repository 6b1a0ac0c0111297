'use strict';

/*
 * implementations.js - the two implementations that the suite compares. `id` is the
 * module that a program, worker or child process requires. The environment variable
 * replaces ringport by another module; with RINGPORT_SUBJECT=worker_threads the suite
 * tests itself, because then any difference is a fault of the scenario.
 */

const path = require('node:path');

const implementation = (name, id) => ({
  name,
  id,
  get api() {
    return require(id);
  }
});

const reference = implementation('worker_threads', 'worker_threads');
const subject = implementation(
  'ringport',
  process.env.RINGPORT_SUBJECT || path.resolve(__dirname, '../../../lib')
);

module.exports = { reference, subject };
