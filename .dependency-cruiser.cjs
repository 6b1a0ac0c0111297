'use strict';

/* For scripts/lint.js: which file of lib/ may require which. */

module.exports = {
  forbidden: [{ name: 'no-circular', severity: 'error', from: {}, to: { circular: true } }],
  options: { doNotFollow: { path: 'node_modules' }, exclude: { path: '\\.d\\.m?ts$|^dist/' } },
};
