'use strict';

const { pbkdf2Sync } = require('node:crypto');

/** A job: some milliseconds of work. */
module.exports = ({ id }) => pbkdf2Sync(`job ${id}`, 'salt', 20_000, 32, 'sha256').toString('hex');
