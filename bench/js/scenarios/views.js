'use strict';

/*
 * One-way cost of large binary data whose receiver asks to read it where it lies (receiveViews), where
 * the competitor can do that.
 */

const oneway = require('./oneway');

function cases() {
  return oneway.cases({ quick: false }).filter(({ params }) => params.payload === '1 MiB bytes')
    .map(({ name, params }) => ({ name, params: { ...params, views: true } }));
}

module.exports = { ...oneway, title: 'One-way cost of large data, lent to the receiver', cases };
