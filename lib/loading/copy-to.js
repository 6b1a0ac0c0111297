'use strict';

/**
 * Object.assign(), but what is loaded when it is first asked for (`locks` by Node, classes by
 * ringport/register) is not asked for.
 */
function copyTo(target, source) {
  for (const name of Object.keys(source)) {
    Object.defineProperty(target, name,
      { __proto__: null, ...Object.getOwnPropertyDescriptor(source, name) });
  }
  return target;
}

module.exports = { copyTo };
