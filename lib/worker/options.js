'use strict';

/* options.js - reads a Worker's options without running getters. */

/** The `name` option; undefined if it is a getter, because Node has already run it. */
function nameIn(options) {
  return Object.getOwnPropertyDescriptor(Object(options), 'name')?.value;
}

/** Whether `execArgv` disables addons. Ignores an `execArgv` that is a getter. */
function hasNoAddons(options) {
  const flags = Object.getOwnPropertyDescriptor(Object(options), 'execArgv')?.value;

  return Array.isArray(flags) && flags.some((flag) => flag === '--no-addons' || flag === '--no_addons');
}

module.exports = { hasNoAddons, nameIn };
