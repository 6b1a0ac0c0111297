'use strict';

// synckit-worker.js - the file that the workers of `ringport/synckit` run. A separate
// file, because Node's loader must load it: only then does import() work.

const ringport = require('./index.js');

ringport[Symbol.for('ringport.entries')].synckit().startWorker({
  byRequire: (file) => require(file),
  byImport: (url) => import(url),
});
