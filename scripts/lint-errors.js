'use strict';

// node scripts/lint-errors.js
//
// The error codes in lib/ and src/, those in docs/errors.md and those in the type
// RingportErrorCode have to be the same. Prints what is wrong; nothing if all is well.

const fs = require('node:fs');
const path = require('node:path');

const { root } = require('./sources');

const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');

/** @returns {string[]} the sources in a folder */
function files(folder) {
  return fs.readdirSync(path.join(root, folder), { recursive: true })
    .filter((name) => /\.(?:c|h|js)$/.test(name)).map((name) => path.join(folder, name));
}

/** @returns {Set<string>} the codes that errors are created with */
function inSources() {
  const text = ['lib', 'src'].flatMap(files).map(read).join('\n');
  const whole = [...text.matchAll(/['"](ERR_RINGPORT_[A-Z_]+)['"]/g)].map(([, code]) => code);
  const parts = [...text.matchAll(/\bringError\('([A-Z_]+)'/g)].map(([, part]) => `ERR_RINGPORT_${part}`);

  const requests = [...text.matchAll(/\brequestError\('([A-Z_]+)'(?:, '([A-Z_]+)')?\)/g)]
    .map(([, what, code]) => `ERR_RINGPORT_${code ?? what}`);

  return new Set([...whole, ...parts, ...requests]);
}

/** @returns {Set<string>} what the first group of a pattern finds */
const found = (text, pattern) => new Set([...text.matchAll(pattern)].map(([, code]) => code));

/** @returns {string[]} a line for each code that one of two sets lacks */
function differences(sources, others, where) {
  return [
    ...[...sources].filter((code) => !others.has(code)).map((code) => `${code} is missing in ${where}`),
    ...[...others].filter((code) => !sources.has(code)).map((code) => `${code} is in ${where}, and nothing throws it`),
  ];
}

const sources = inSources();
const [, types] = /export type RingportErrorCode =([^;]*);/.exec(read('lib/index.d.ts'));
const problems = [
  ...differences(sources, found(read('docs/errors.md'), /^\| `(ERR_RINGPORT_\w+)` \|/gm), 'docs/errors.md'),
  ...differences(sources, found(types, /'(ERR_RINGPORT_\w+)'/g), 'RingportErrorCode of lib/index.d.ts'),
];

// Fewer than that, and it is this script that does not find them.
if (sources.size < 15) problems.push(`there are only ${sources.size} codes in the sources`);
for (const problem of problems) console.log(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
