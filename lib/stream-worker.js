'use strict';

// stream-worker.js - the file that the worker of a ThreadStream runs. A separate file,
// because Node's loader must load it: only then does import() work.

const ringport = require('./index.js');

ringport[Symbol.for('ringport.entries')].streamWorker().start({
  byRequire: (file) => require(file),
  byImport: (url) => import(url),
});
