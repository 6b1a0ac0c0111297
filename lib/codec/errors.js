'use strict';

/** An error of ringport itself; `code` starts with ERR_RINGPORT_. */
class RingportError extends Error {
  constructor(code, message, options) {
    super(message, options);
    this.code = code;
  }

  get name() {
    return 'RingportError';
  }
}

/**
 * @param {string} what
 * @param {unknown} [cause]
 * @returns {RingportError} ERR_RINGPORT_CORRUPT
 */
function corrupt(what, cause) {
  return new RingportError('ERR_RINGPORT_CORRUPT', `Corrupt message: ${what}`,
    cause === undefined ? undefined : { cause });
}

/** An error of Node's kind. @returns {Error} the same, with this code */
function withCode(error, code) {
  error.code = code;
  return error;
}

module.exports = { RingportError, corrupt, withCode };
