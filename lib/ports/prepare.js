'use strict';

/*
 * prepare.js - loads what the ring takes, right after a message has gone by Node and
 * shortly before the first one goes by ring. The other thread is busy with that message
 * and does the same then, so both load at the same time instead of one after the other.
 */

const { isObject } = require('./way');

/** Something for the codec. */
const SAMPLE = { id: 1, list: [1, 'text', { ok: true }] };

/** @param {unknown[]} values what goes to and fro, by which the codec is needed or not */
function load(values) {
  const { isFlat } = require('./flat');

  require('./dispatch');
  require('./posts');
  if (values.every((value) => !isObject(value) || isFlat(value))) return;
  require('./endpoint');

  const { serialize, deserialize } = require('./send').loadCodec();

  deserialize(serialize(SAMPLE)); // V8 compiles what has run
}

module.exports = { load };
