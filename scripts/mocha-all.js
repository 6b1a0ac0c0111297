'use strict';

// node scripts/mocha-all.js [suites...]
//
// Runs the mocha suites on every Node line (scripts/nodes.js), all with the one binary that is
// there: Node-API promises that a build serves them all, and this holds it to that.

const { nodes } = require('./nodes');
const { runMocha, total } = require('./steps');

const suites = process.argv.length > 2 ? process.argv.slice(2) : ['test/js', 'test/types'];

async function main() {
  const steps = [];

  for (const { line, node } of nodes()) {
    steps.push(await runMocha(`mocha on Node ${line}`, node, suites));
  }

  total(steps);
}

main();
