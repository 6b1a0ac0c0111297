'use strict';

/* to-null.js - the worker of thread-stream: writes to a file, as in its own benchmark. */

const fs = require('node:fs');

module.exports = async () => fs.createWriteStream('/dev/null');
