'use strict';

/* Command lines of the benches: wrong ones end with one line that says what is wrong. */

const { parseArgs } = require('node:util');

const common = {
  rounds: { type: 'string' },
  ms: { type: 'string' },
  quick: { type: 'boolean', default: false },
  json: { type: 'string' },
  help: { type: 'boolean', default: false },
};

/** The options of the command line, `known` and the common ones; shows `usage` for --help. */
function parse(known, usage) {
  const options = parseArgs({ options: { ...common, ...known } }).values;
  if (options.help) {
    process.stdout.write(usage);
    process.exit();
  }
  return options;
}

/** The positive number that option `name` gives, or `fallback`. */
function positive(options, name, fallback) {
  const value = options[name] === undefined ? fallback : Number(options[name]);
  if (!(value >= 1)) {
    throw new RangeError(`--${name} must be a positive number, not '${options[name]}'`);
  }
  return value;
}

/** The list that option `name` gives, without repetition, each one of `known`. */
function listOf(options, name, known) {
  const list = [...new Set(options[name].split(','))];
  const unknown = list.find((value) => !known.includes(value));
  if (unknown !== undefined) {
    throw new RangeError(`--${name}: '${unknown}' is not one of ${known.join(', ')}`);
  }
  return list;
}

/** Run `main`; an error of a run or of the command line is shown without a stack, and exit is 1. */
function start(main) {
  main().catch((error) => {
    console.error(error.stderr ? `a run failed:\n${error.stderr}` : error.message);
    process.exitCode = 1;
  });
}

module.exports = { parse, positive, listOf, start };
