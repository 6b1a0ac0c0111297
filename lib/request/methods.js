'use strict';

/*
 * methods.js - the methods for requests of MessagePort, Worker and parentPort. They load
 * the rest of lib/request when they are called.
 */

/**
 * @param {object} prototype gets the methods, which cannot be enumerated
 * @param {(port: object) => unknown} targetOf see index.js
 * @param {(port: object) => void} [changed] called when the handler has changed
 */
function addMethods(prototype, targetOf, changed) {
  const put = (name, value) => Object.defineProperty(prototype, name,
    { __proto__: null, value, writable: true, configurable: true });

  put('request', function request(value, options = undefined) {
    return require('./index').request(targetOf(this), value, options);
  });
  put('requestSync', function requestSync(value, options = undefined) {
    return require('./index').requestSync(targetOf(this), value, options);
  });
  put('handle', function handle(handler) {
    require('./index').handle(targetOf(this), handler);
    changed?.();
  });
  put('expose', function expose(object) {
    require('./index').expose(targetOf(this), object);
    changed?.();
  });
}

module.exports = { addMethods };
