'use strict';

module.exports = (text) => text.replace(/[^a-z]/g, '').length;
