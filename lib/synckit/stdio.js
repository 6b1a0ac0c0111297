'use strict';

/* stdio.js - collects what a worker writes, which its parent writes in its place. */

/**
 * @param {{ type: string, chunk: Uint8Array | string, encoding: string }[]} output
 * @param {NodeJS.Process} [process] whose streams no longer write themselves
 */
function overrideStdio(output, { stdout, stderr } = require('../loading/builtins').process) {
  for (const [type, stream] of Object.entries({ stdout, stderr })) {
    stream._writev = (chunks, callback) => {
      for (const { chunk, encoding } of chunks) output.push({ type, chunk, encoding });
      callback();
    };
  }
}

module.exports = { overrideStdio };
