'use strict';

// node scripts/mocha-idle.js [suites...]
//
// Runs the suites that compare ringport with Node twice (setIdleStrategy): every thread
// spins before it sleeps, and every thread sleeps as soon as its ports are empty. Only
// the timing may differ.

const { runMocha, total } = require('./steps');

const named = process.argv.slice(2);
const suites = named.length > 0 ? named : [
  'async-context', 'batch', 'close', 'errors', 'events', 'lifecycle', 'order', 'transfer-handle', 'start-ref', 'transfer',
  'worker', 'worker-faults', 'worker-terminate', 'worker-together',
].map((name) => `test/js/${name}.test.js`);

async function main() {
  const run = (name, env) => runMocha(name, process.execPath, suites, { env });

  total([
    await run('mocha, watching', { RINGPORT_COLD: '0', RINGPORT_SPIN: '50' }),
    await run('mocha, not lingering', { RINGPORT_COLD: '0', RINGPORT_LINGER: '0' }),
  ]);
}

main();
