'use strict';

/*
 * check-options.js - rejects unknown options. Most are misspelt, so the error suggests
 * the nearest known one. Also has the bound of those that are times.
 */

const { withCode } = require('../codec/errors');

/** The maximum delay of setTimeout, in milliseconds. */
const MAX_DELAY = 2 ** 31 - 1;

/** The case-insensitive Levenshtein distance. */
function distance(from, to) {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);

  for (let i = 1; i <= from.length; i++) {
    const next = [i];

    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1].toLowerCase() === to[j - 1].toLowerCase();

      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (same ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1);
}

/**
 * @param {string} name of the argument
 * @param {object} options
 * @param {string[]} known
 * @throws {TypeError} ERR_INVALID_ARG_VALUE: an unknown option has a value other than
 *   undefined
 */
function checkKnown(name, options, known) {
  for (const key of Object.keys(options)) {
    if (known.includes(key) || options[key] === undefined) continue;

    const [nearest] = [...known].sort((a, b) => distance(key, a) - distance(key, b));
    const list = known.map((each) => `'${each}'`).join(', ');
    const hint = distance(key, nearest) <= Math.max(2, key.length / 3)
      ? `did you mean '${nearest}'?` : `there is ${list}`;

    throw withCode(new TypeError(`The property '${name}.${key}' is not known: ${hint}`),
      'ERR_INVALID_ARG_VALUE');
  }
}

module.exports = { MAX_DELAY, checkKnown };
