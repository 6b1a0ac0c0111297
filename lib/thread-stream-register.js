'use strict';

/*
 * thread-stream-register.js - `ringport/thread-stream/register`: from now on
 * require('thread-stream') in this thread, pino's for example, loads
 * `ringport/thread-stream`. Where ringport cannot run, it loads what is installed.
 */

const Module = require('node:module');

const { _resolveFilename: resolve } = Module;
const file = require.resolve('./thread-stream.js');

Module._resolveFilename = function(request, ...rest) {
  if (request === 'thread-stream' && require('./index.js').active) return file;
  return Reflect.apply(resolve, this, [request, ...rest]);
};
