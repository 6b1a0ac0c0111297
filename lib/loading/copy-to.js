'use strict';

/**
 * Object.assign(), but what is loaded when it is first asked for (`locks` by Node, classes by
 * ringport/register) is not asked for.
 */
function copyTo(target, source) {
  return Object.defineProperties(target, Object.getOwnPropertyDescriptors(source));
}

module.exports = { copyTo };
