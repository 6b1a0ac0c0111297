'use strict';

/** An error specific to ringport; its `code` starts with ERR_RINGPORT_. */
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
 * @param {string} what the part of the message that is invalid
 * @param {unknown} [cause]
 * @returns {RingportError} ERR_RINGPORT_CORRUPT
 */
function corrupt(what, cause) {
  return new RingportError('ERR_RINGPORT_CORRUPT', `Corrupt message: ${what}`,
    cause === undefined ? undefined : { cause });
}

/** Give an error one of Node's codes. @returns {Error} the same error */
function withCode(error, code) {
  error.code = code;
  return error;
}

module.exports = { RingportError, corrupt, withCode };
