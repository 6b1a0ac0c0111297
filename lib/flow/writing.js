'use strict';

/* writing.js - the properties of ports that are named after those of Node's streams. */

const { flows } = require('./flow');

/** @returns {number} bytes; Infinity without a mark */
function highWaterMarkOf(target) {
  return flows.get(target)?.mark ?? Infinity;
}

/** @returns {number | undefined} bytes; undefined without a mark: nobody counts */
function lengthOf(target) {
  return flows.get(target)?.length;
}

/** @returns {boolean} */
function needsDrain(target) {
  return flows.get(target)?.needDrain ?? false;
}

module.exports = { highWaterMarkOf, lengthOf, needsDrain };
