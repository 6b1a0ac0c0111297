'use strict';

// node scripts/mocha-spin.js [suites...]
//
// Runs the suites that compare ringport with Node while every thread watches for messages before it
// sleeps (setIdleStrategy): nothing but the time that it takes may be different.

const { runMocha, total } = require('./steps');

const named = process.argv.slice(2);
const suites = named.length > 0 ? named : [
  'async-context', 'batch', 'close', 'errors', 'events', 'lifecycle', 'order', 'passport', 'start-ref', 'transfer',
  'worker', 'worker-faults', 'worker-terminate', 'worker-together',
].map((name) => `test/js/${name}.test.js`);

async function main() {
  const env = { RINGPORT_SPIN: '50' };

  total([await runMocha('mocha, watching', process.execPath, suites, { env })]);
}

main();
