'use strict';

const { __lookupGetter__: lookupGetter } = Object.prototype;

/**
 * Object.assign() that copies getters instead of running them. ringport/register puts its
 * classes behind getters.
 *
 * Uses descriptors only for getters and for names that the target already has, also from
 * a polluted Object.prototype. For all of worker_threads they would be 13 KB of garbage.
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
