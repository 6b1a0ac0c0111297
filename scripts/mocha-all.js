'use strict';

// node scripts/mocha-all.js [--others] [--brief | --rest] [suites...]
//
// Runs the mocha suites on every Node line (scripts/nodes.js). All lines use the same
// binary, which Node-API promises to support.
//   --others  on all lines but the running one
//   --brief   without the suites that depend little on the line, a quarter of the time
//   --rest    only those

const { parseArgs } = require('node:util');

const { nodes } = require('./nodes');
const { runMocha, testFiles, total } = require('./steps');

/** Tests of the demo, the benchmarks, the docs, limits of the C core, and storms. */
const alike = new Set([
  'bench', 'codec-property', 'demo', 'docs', 'linger', 'many-parts', 'ring-bench', 'scale', 'storm',
].map((name) => `test/js/${name}.test.js`));

const { values: { others, brief, rest }, positionals } = parseArgs({
  allowPositionals: true,
  options: { others: { type: 'boolean' }, brief: { type: 'boolean' }, rest: { type: 'boolean' } },
});

const suites = testFiles(positionals.length > 0 ? positionals : ['test/js', 'test/types'])
  .filter((file) => !(alike.has(file) ? brief : rest));

async function main() {
  const steps = [];

  for (const { line, node } of nodes().slice(others ? 1 : 0)) {
    steps.push(await runMocha(`mocha on Node ${line}`, node, suites));
  }

  total(steps);
}

main();
