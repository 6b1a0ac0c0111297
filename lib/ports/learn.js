'use strict';

/*
 * learn.js - teaches C to read the objects that flat.js posts. A thread that only
 * receives loads nothing else for them.
 */

const { binding, define, FOR_FLAT } = require('../loading/native');

const { FIELDS } = require('../constants').plain;

define(FOR_FLAT);

const { parse, stringify } = JSON;
const makeFunction = Function;

/** Teach C to read objects of a shape, if it can. @param {number} id of the shape */
function learn(id) {
  const text = binding.shapeText(id);
  const keys = text === undefined ? ['__proto__'] : parse(text);
  let make;

  if (keys.length <= FIELDS && !keys.includes('__proto__')) {
    const names = keys.map((_, i) => `v${i}`);
    const fields = keys.map((key, i) => `${stringify(key)}: v${i}`);

    try {
      make = makeFunction(...names, `return { ${fields.join(', ')} };`);
    } catch {
      // Code generation is disabled: the codec reads it.
    }
  }
  binding.setShape(id, make, keys.length);
}

module.exports = { learn };
