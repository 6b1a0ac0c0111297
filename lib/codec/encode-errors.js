'use strict';

/*
 * encode-errors.js - Error objects as the engine clones them: the type by its `name`, own data
 * properties `message` and `cause`, and the stack.
 */

const op = require('./ops');
const { w, reserve } = require('./scratch');
const core = require('./encode');

const { getOwnPropertyDescriptor } = Object;

/** The index is what travels. */
const ERROR_TYPES = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];
const ERROR_NAMES = new Map(ERROR_TYPES.map((type, index) => [type.name, index]));

const MESSAGE = 1;
const CAUSE = 2;
const STACK = 4;

module.exports = { writeError, ERROR_TYPES, MESSAGE, CAUSE, STACK };

function writeError(error) {
  const message = getOwnPropertyDescriptor(error, 'message');
  const cause = getOwnPropertyDescriptor(error, 'cause');
  const type = ERROR_NAMES.get(`${error.name}`) ?? 0;
  reserve(8);
  const at = w.pos;
  w.u8[at] = op.ERROR;
  w.u8[at + 1] = type;
  w.pos = at + 3;
  let parts = 0;
  if (message !== undefined && 'value' in message) {
    parts |= MESSAGE;
    core.writeValue(`${message.value}`);
  }
  if (cause !== undefined && 'value' in cause) {
    parts |= CAUSE;
    core.writeValue(cause.value);
  }
  const { stack } = error;
  if (typeof stack === 'string') {
    parts |= STACK;
    core.writeValue(stack);
  }
  w.u8[at + 2] = parts;
}
