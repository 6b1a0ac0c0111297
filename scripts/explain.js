'use strict';

// Reports errors to the user in one sentence.

/** Ends a build with one sentence and exit code 1, without a stack. */
class BuildError extends Error {}

/** Run `body`; a BuildError becomes its sentence on standard error and exit code 1. */
function orExplain(body) {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

module.exports = { BuildError, orExplain };
