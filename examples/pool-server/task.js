'use strict';

const { pbkdf2Sync } = require('node:crypto');

/** Hash a password: a millisecond or two of work. */
module.exports = (password) => pbkdf2Sync(password, 'salt', 5000, 32, 'sha256').toString('hex');
