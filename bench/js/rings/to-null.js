'use strict';

/* What thread-stream runs in its thread: as in its own benchmark, the text goes to a file. */

const fs = require('node:fs');

module.exports = async () => fs.createWriteStream('/dev/null');
