'use strict';

/*
 * views.js - oneway.js for large binary data with receiveViews, if the competitor has it.
 */

const oneway = require('./oneway');

function cases() {
  return oneway.cases({ quick: false }).filter(({ params }) => params.payload === '1 MiB bytes')
    .map(({ name, params }) => ({ name, params: { ...params, views: true } }));
}

module.exports = { ...oneway, title: 'One-way cost of large data, lent to the receiver', cases };
