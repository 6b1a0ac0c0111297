'use strict';

const { __lookupGetter__: lookupGetter } = Object.prototype;

/**
 * Object.assign(), but it does not run getters: they come along. Classes are behind
 * getters where ringport/register has put them.
 *
 * A descriptor for each property would be 13 KB of garbage for worker_threads, so only
 * what needs one gets one: getters, and names that the target has, also from a polluted
 * Object.prototype.
 */
function copyTo(target, source) {
  for (const name of Object.keys(source)) {
    if (name in target || lookupGetter.call(source, name) !== undefined) {
      Object.defineProperty(target, name,
        { __proto__: null, ...Object.getOwnPropertyDescriptor(source, name) });
    } else {
      target[name] = source[name];
    }
  }
  return target;
}

module.exports = { copyTo };
