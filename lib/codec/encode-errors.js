'use strict';

/*
 * encode-errors.js - writes Error objects as V8 clones them: the type by `name`, the own
 * data properties `message` and `cause`, and the stack.
 */

const { process } = require('../loading/builtins');

const loss = require('./loss');
const op = require('./ops');
const { w, reserve } = require('./scratch');
const core = require('./encode-core');

const { walk } = core;
const { getOwnPropertyDescriptor, hasOwn } = Object;

/** The index is part of the format. */
const ERROR_TYPES = [
  Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError,
];
const ERROR_NAMES = new Map(ERROR_TYPES.map((type, index) => [type.name, index]));

/** Tags of an error's parts; END follows the last one. */
const PARTS = { END: 0, MESSAGE: 1, CAUSE: 2, STACK: 3 };

/** V8 of Node 20 reads the cause before the stack, later ones after it. */
const CAUSE_FIRST = parseInt(process.versions.node, 10) < 22;

module.exports = { writeError, ERROR_TYPES, PARTS };

function writeError(error) {
  const message = getOwnPropertyDescriptor(error, 'message');
  const cause = getOwnPropertyDescriptor(error, 'cause');
  const type = ERROR_NAMES.get(`${error.name}`) ?? 0;
  walk.loss += loss.ERROR;
  reserve(8);
  w.u8[w.pos++] = op.ERROR;
  w.u8[w.pos++] = type;
  if (message !== undefined && hasOwn(message, 'value')) writePart(PARTS.MESSAGE, `${message.value}`);
  if (CAUSE_FIRST) writeCause(cause);
  const { stack } = error;
  if (typeof stack === 'string') writePart(PARTS.STACK, stack);
  if (!CAUSE_FIRST) writeCause(cause);
  reserve(8);
  w.u8[w.pos++] = PARTS.END;
}

function writeCause(cause) {
  if (cause !== undefined && hasOwn(cause, 'value')) writePart(PARTS.CAUSE, cause.value);
}

function writePart(part, value) {
  reserve(8);
  w.u8[w.pos++] = part;
  core.writeValue(value);
}
