'use strict';

/* folder.js - where the package is. */

module.exports = {
  /** The folder of index.js, register.js and register-worker.js: lib/ or dist/. */
  folder: __dirname,
  /** Its parent, with a slash. Avoids node:path, which may not be loaded yet. */
  root: __dirname.slice(0, Math.max(__dirname.lastIndexOf('/'), __dirname.lastIndexOf('\\')) + 1),
};
