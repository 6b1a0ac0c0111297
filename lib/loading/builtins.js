'use strict';

/*
 * builtins.js - globals that applications replace or remove: polyfills for browsers do so
 * with `process` and `Buffer`, fake clocks with `Date` and timers.
 *
 * They are taken before that, or else from Node's modules, each of which takes 50 us to
 * be required.
 */

const { process: found, setImmediate: soon } = globalThis;
const { toString } = Function.prototype;
const date = Date;

module.exports = {
  FinalizationRegistry,
  WeakRef,
  process: typeof found?.dlopen === 'function' ? found : require('node:process'),
  setImmediate: typeof soon === 'function' ? soon : require('node:timers').setImmediate,

  /* The rest not sooner: most threads have no use for it. */
  get Date() {
    return toString.call(date).includes('[native code]') ? date
      : require('../codec/node-clone').nodeClone(new date(0)).constructor;
  },

  get Buffer() {
    const { Buffer } = globalThis;

    return typeof Buffer?.prototype?.latin1Slice === 'function' ? Buffer : require('node:buffer').Buffer;
  },
};
