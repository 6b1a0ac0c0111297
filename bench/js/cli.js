'use strict';

/* cli.js - parses the command lines of the benchmarks; an invalid one fails in one line.
 * */

const { parseArgs } = require('node:util');

const common = {
  rounds: { type: 'string' },
  ms: { type: 'string' },
  quick: { type: 'boolean', default: false },
  json: { type: 'string' },
  help: { type: 'boolean', default: false },
};

/** Parse the options `known` and the common ones; --help prints `usage` and exits. */
function parse(known, usage) {
  const options = parseArgs({ options: { ...common, ...known } }).values;
  if (options.help) {
    process.stdout.write(usage);
    process.exit();
  }
  return options;
}

/** The value of option `name`, a positive number; `fallback` without it. */
function positive(options, name, fallback) {
  const value = options[name] === undefined ? fallback : Number(options[name]);
  if (!(value >= 1)) {
    throw new RangeError(`--${name} must be a positive number, not '${options[name]}'`);
  }
  return value;
}

/** The value of option `name`, a list of names in `known`, without duplicates. */
function listOf(options, name, known) {
  const list = [...new Set(options[name].split(','))];
  const unknown = list.find((value) => !known.includes(value));
  if (unknown !== undefined) {
    throw new RangeError(`--${name}: '${unknown}' is not one of ${known.join(', ')}`);
  }
  return list;
}

/** Run `main`. Print errors without a stack, and exit with 1. */
function start(main) {
  main().catch((error) => {
    console.error(error.stderr ? `a run failed:\n${error.stderr}` : error.message);
    process.exitCode = 1;
  });
}

module.exports = { parse, positive, listOf, start };
