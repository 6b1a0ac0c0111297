'use strict';

/*
 * kinds.js - what a record that is part of a request is. It stands in the low byte of the
 * record's first word; see CALL in ports/record.js.
 */

/** The value of a request for a method of the exposed object; see remote.js. */
class MethodCall {
  constructor(name, args) {
    this.value = [name, ...args];
  }
}

module.exports = {
  MethodCall,
  /** A value for the handler. */
  REQUEST: 1,
  /** [name, ...arguments] for a method of the exposed object. */
  METHOD: 2,
  /** The handler's result. */
  REPLY: 3,
  /** What it threw; see errors.js. */
  FAILURE: 4,
  /** Nobody waits for the answer any more. The value is the reason; see errors.js. */
  CANCEL: 5,
};
