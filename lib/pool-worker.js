'use strict';

// pool-worker.js - the file that the workers of a pool run. A separate file, because
// Node's loader must load it: only then does import() work. A bundler makes a second
// bundle of it; see docs/guides/troubleshooting.md.

const ringport = require('./index.js');

ringport[Symbol.for('ringport.entries')].pool().startWorker({
  byImport: (url) => import(/* webpackIgnore: true */ /* @vite-ignore */ url),
});
