'use strict';

/*
 * globals.js - captures the globals of the language when ringport is loaded, so that
 * ports keep working, like Node's, if the application removes some. Recovers those that
 * are already missing.
 *
 * scripts/bundle.js makes each script of dist/ read the globals that it uses from here.
 */

const NAMES = [
  'Array', 'ArrayBuffer', 'BigInt', 'BigInt64Array', 'BigUint64Array', 'Boolean', 'DataView', 'Date', 'Error',
  'EvalError', 'FinalizationRegistry', 'Float32Array', 'Float64Array', 'Function', 'Int16Array', 'Int32Array',
  'Int8Array', 'JSON', 'Map', 'Math', 'Number', 'Object', 'Promise', 'Proxy', 'RangeError', 'ReferenceError', 'Reflect',
  'RegExp', 'Set', 'String', 'Symbol', 'SyntaxError', 'TypeError', 'URIError', 'Uint16Array', 'Uint32Array',
  'Uint8Array', 'Uint8ClampedArray', 'WeakMap', 'WeakRef', 'WeakSet', 'parseInt',
];

/** Expressions that create an instance, for classes where `new` alone does not. */
const EXAMPLES = { __proto__: null, BigInt: 'Object(0n)', DataView: 'new DataView(new ArrayBuffer(0))' };

/**
 * Recover a removed global. Cloning an instance yields this context's class. A global
 * whose instances cannot be cloned comes from another context.
 */
function recover(name) {
  if (name === 'Function') return recover.constructor;

  const { runInNewContext } = require('node:vm');
  const { MessageChannel, receiveMessageOnPort } = require('node:worker_threads');
  const { port1, port2 } = new MessageChannel();

  try {
    port1.postMessage(runInNewContext(EXAMPLES[name] ?? `new ${name}()`));
    return receiveMessageOnPort(port2).message.constructor;
  } catch {
    return runInNewContext(name);
  } finally {
    port1.close();
  }
}

const globals = { __proto__: null };

for (const name of NAMES) globals[name] = globalThis[name] ?? recover(name);

module.exports = { NAMES, globals };
