'use strict';

/*
 * unlisted.js - finds ringport ports in a value that Node clones but that no transfer
 * list names, and throws Node's own errors for them.
 */

const { types } = require('node:util');

const { encodeInline } = require('./envelope');
const { ports } = require('./kinds');
const { postToNode } = require('./posts');
const { Transfer, throwNotTransferred, throwOthers } = require('./transfer');
const { threads } = require('../loading/native');
const { keysOf, locate } = require('../codec/path');

const { MessageChannel, markAsUncloneable } = threads;
const { entries: mapEntries } = Map.prototype;
const { values: setValues } = Set.prototype;
const { __lookupGetter__: lookupGetter } = Object.prototype;

/**
 * Find a ringport port, of any version, in a value that Node clones. Runs no getters, so
 * it misses ports that they would return.
 * @returns {object | undefined}
 */
function findPort(value) {
  const seen = new Set();
  const left = [value];

  while (left.length > 0) {
    const item = left.pop();

    if (typeof item !== 'object' || item === null || seen.has(item) || types.isProxy(item)) continue;
    if (ports.isOurs(item) || ports.isOthers(item)) return item;
    seen.add(item);
    if (ArrayBuffer.isView(item)) continue; // its elements are own keys
    if (types.isMap(item)) for (const pair of mapEntries.call(item)) left.push(...pair);
    if (types.isSet(item)) for (const element of setValues.call(item)) left.push(element);
    for (const key of keysOf(item)) {
      if (lookupGetter.call(item, key) === undefined) left.push(item[key]);
    }
  }
  return undefined;
}

/**
 * Node's message for an object that it cannot clone; undefined on Node 20, which clones
 * our ports as {}.
 */
let refusal;

function refusalOf() {
  if (refusal !== undefined || markAsUncloneable === undefined) return refusal;

  const { port1 } = new MessageChannel();
  const unknown = {};

  markAsUncloneable(unknown);
  try {
    postToNode(port1, unknown);
  } catch ({ message }) {
    refusal = message;
  } finally {
    port1.close();
  }
  return refusal;
}

/**
 * On Node 20, throw for a ringport port in a value that Node is about to clone. Node
 * would clone it as {}.
 */
function refuseUnlisted(value) {
  if (markAsUncloneable !== undefined || findPort(value) === undefined) return;
  encodeInline(value, new Transfer([])); // throws for the first value that cannot be cloned
}

/**
 * Replace Node's DataCloneError for a ringport port by the error for a port missing in
 * the transfer list, and for one of another version.
 * @returns the error to throw
 */
function explain(error, value) {
  if (error?.name !== 'DataCloneError' || error.message !== refusalOf()) return error;

  const port = findPort(value);

  if (port === undefined) return error;
  try {
    if (ports.isOthers(port)) throwOthers();
    return throwNotTransferred(ports.endpointOf(port).open);
  } catch (own) {
    locate(own, value, port);
    return own;
  }
}

module.exports = { refuseUnlisted, explain };
