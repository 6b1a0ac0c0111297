'use strict';

/*
 * batch.js - oneway.js by postMessages() and the 'messages' event, if the competitor has
 * them.
 */

const oneway = require('./oneway');

function cases({ quick }) {
  return oneway.cases({ quick }).filter(({ params }) => !params.payload.startsWith('transfer'))
    .map(({ name, params }) => ({ name, params: { ...params, batches: true } }));
}

module.exports = { ...oneway, title: 'One-way cost of a message, in batches of 500', cases };
