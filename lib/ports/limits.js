'use strict';

/**
 * The limits in the options of a MessageChannel or a Worker; see flow/options.js.
 * @returns {{ mark: number, policy: number } | null} null: none, as with Node
 */
function limitsIn(options) {
  if (options === undefined || options === null) return null;

  const { highWaterMark, overflow } = options;

  if (highWaterMark === undefined && overflow === undefined) return null;
  return require('../flow/options').readLimits(highWaterMark, overflow);
}

module.exports = { limitsIn };
