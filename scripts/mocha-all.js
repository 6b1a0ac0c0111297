'use strict';

// node scripts/mocha-all.js [--others] [suites...]
//
// Runs the mocha suites on every Node line (scripts/nodes.js), with --others on all but
// the running one. All lines use the same binary, which Node-API promises to support.

const { nodes } = require('./nodes');
const { runMocha, total } = require('./steps');

const args = process.argv.slice(2);
const others = args.includes('--others');
const named = args.filter((word) => word !== '--others');
const suites = named.length > 0 ? named : ['test/js', 'test/types'];

async function main() {
  const steps = [];

  for (const { line, node } of nodes().slice(others ? 1 : 0)) {
    steps.push(await runMocha(`mocha on Node ${line}`, node, suites));
  }

  total(steps);
}

main();
