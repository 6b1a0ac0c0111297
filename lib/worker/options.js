'use strict';

/* options.js - reads options of a Worker without running a getter. */

/** The name in a worker's options, unless it is a getter, which has been read. */
function nameIn(options) {
  return Object.getOwnPropertyDescriptor(Object(options), 'name')?.value;
}

/**
 * Whether the worker is told to run without addons, by what can be seen without running a
 * getter.
 */
function hasNoAddons(options) {
  const flags = Object.getOwnPropertyDescriptor(Object(options), 'execArgv')?.value;

  return Array.isArray(flags) && flags.some((flag) => flag === '--no-addons' || flag === '--no_addons');
}

module.exports = { hasNoAddons, nameIn };
