'use strict';

/*
 * format.js - how `ringport top` shows numbers: in a terminal (table.js), and in the
 * page, which server.js puts it into.
 */

const format = {
  short(value) {
    if (value >= 1e9) return `${(value / 1e9).toFixed(1)}G`;
    if (value >= 1e6) return `${(value / 1e6).toFixed(1)}M`;
    if (value >= 1e4) return `${(value / 1e3).toFixed(0)}k`;
    return Number.isInteger(value) || value >= 10 ? value.toFixed(0) : value.toFixed(1);
  },
  percent: (value) => `${(value * 100).toFixed(0)}%`,
  ms: (value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`,
};

if (typeof module === 'object') module.exports = format;
