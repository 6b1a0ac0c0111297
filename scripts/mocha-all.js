'use strict';

// node scripts/mocha-all.js [--others] [--brief | --rest] [suites...]
//
// Runs the mocha suites on every Node line (scripts/nodes.js). All lines use the same
// binary, which Node-API promises to support.
//   --others  on all lines but the running one
//   --brief   half of that: without the suites that depend little on the line, and each
//             suite on the newest line and on one of those before it
//   --rest    only what --brief leaves out

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

const suites = testFiles(positionals.length > 0 ? positionals : ['test/js', 'test/types']);

/** Whether --brief runs the suite at place `i` on the line at place `at` of `count`. */
function isBrief(file, i, at, count) {
  if (alike.has(file)) return false;

  const older = count - 1;

  return at === older || i % older === at;
}

async function main() {
  const lines = nodes().slice(others ? 1 : 0).sort((a, b) => a.line - b.line);
  const steps = [];

  for (const [at, { line, node }] of lines.entries()) {
    const chosen = suites.filter((file, i) =>
      (!brief && !rest) || isBrief(file, i, at, lines.length) === Boolean(brief));

    steps.push(await runMocha(`mocha on Node ${line}`, node, chosen));
  }

  total(steps);
}

main();
