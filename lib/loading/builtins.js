'use strict';

/*
 * builtins.js - captures globals that applications replace or remove: browser polyfills
 * replace `process` and `Buffer`, fake clocks replace `Date` and timers.
 *
 * If one is already replaced, it comes from Node's modules; requiring one takes 50 us.
 */

const { process: found, setImmediate: soon } = globalThis;
const { toString } = Function.prototype;
const date = Date;

module.exports = {
  FinalizationRegistry,
  WeakRef,
  process: typeof found?.dlopen === 'function' ? found : require('node:process'),
  setImmediate: typeof soon === 'function' ? soon : require('node:timers').setImmediate,

  /* Getters, because most threads never need these. */
  get Date() {
    return toString.call(date).includes('[native code]') ? date
      : require('../codec/node-clone').nodeClone(new date(0)).constructor;
  },

  get Buffer() {
    const { Buffer } = globalThis;

    return typeof Buffer?.prototype?.latin1Slice === 'function' ? Buffer : require('node:buffer').Buffer;
  },
};
