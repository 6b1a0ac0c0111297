'use strict';

/* flags.js - the flags of Node that a thread runs with, and versions of Node. */

/** @param {string} version */
function parseVersion(version) {
  return version.split('.').map(Number.parseFloat);
}

/** @returns {-1 | 0 | 1} */
function compareVersion(left, right) {
  const others = parseVersion(right);
  const parts = parseVersion(left);

  while (parts.length < others.length) parts.push(0);
  for (let i = 0; i < parts.length; i++) {
    const difference = (parts[i] || 0) - (others[i] || 0);

    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}

/**
 * The arguments in NODE_OPTIONS. Node separates them by spaces; double quotes hold one
 * together, and within them a backslash escapes.
 * @param {string} text
 */
function splitOptions(text) {
  const words = text.match(/(?:"(?:\\[^]|[^"\\])*"|[^ "])+/g) ?? [];

  return words.map((word) => word.replace(/"((?:\\[^]|[^"\\])*)"/g,
    (_, quoted) => quoted.replace(/\\([^])/g, '$1')));
}

const unquoted = (value) => value.replace(/^(["'])(.*)\1$/s, '$2');

/** @param {NodeJS.Process} process */
function flagsOf(process) {
  const options = splitOptions(process.env.NODE_OPTIONS ?? '');

  /**
   * @param {string} flag
   * @returns {string | undefined} its value, '' if it has none; undefined: it is not set
   */
  function valueOf(flag) {
    const args = [...options, ...process.execArgv];
    let value;

    for (const [i, arg] of args.entries()) {
      const next = args[i + 1];

      if (arg.startsWith(`${flag}=`)) value = unquoted(arg.slice(flag.length + 1));
      else if (arg === flag) value = next === undefined || next.startsWith('-') ? '' : unquoted(next);
    }
    return value;
  }

  return { options, valueOf };
}

module.exports = { compareVersion, flagsOf, parseVersion };
