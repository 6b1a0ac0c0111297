'use strict';

/*
 * The two implementations that the suite compares. `id` is what a program, a worker or a child
 * process requires to get one; the environment variable puts another module in ringport's place
 * (with RINGPORT_SUBJECT=worker_threads the suite checks itself: every difference it then shows is
 * an accident of a scenario, not a rule).
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
