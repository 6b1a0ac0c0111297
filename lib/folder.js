'use strict';

/* folder.js - where the package is. */

module.exports = {
  /** lib/ or dist/, with index.js, register-worker.js and pool-worker.js in it. */
  folder: __dirname,
  /** Its parent, with a slash. Avoids node:path, which may not be loaded yet. */
  root: __dirname.slice(0, Math.max(__dirname.lastIndexOf('/'), __dirname.lastIndexOf('\\')) + 1),
};
