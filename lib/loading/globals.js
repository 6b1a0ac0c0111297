'use strict';

/*
 * globals.js - the globals of the language, as they are when ringport is loaded: an
 * application may remove them later, or has done so before. Node's own ports do not mind
 * either.
 *
 * In dist/ each script takes those that its files use from here; scripts/bundle.js sees
 * to that.
 */

const NAMES = [
  'Array', 'ArrayBuffer', 'BigInt', 'BigInt64Array', 'BigUint64Array', 'Boolean', 'DataView', 'Date', 'Error',
  'EvalError', 'FinalizationRegistry', 'Float32Array', 'Float64Array', 'Function', 'Int16Array', 'Int32Array',
  'Int8Array', 'JSON', 'Map', 'Math', 'Number', 'Object', 'Promise', 'Proxy', 'RangeError', 'ReferenceError', 'Reflect',
  'RegExp', 'Set', 'String', 'Symbol', 'SyntaxError', 'TypeError', 'URIError', 'Uint16Array', 'Uint32Array',
  'Uint8Array', 'Uint8ClampedArray', 'WeakMap', 'WeakRef', 'WeakSet', 'parseInt',
];

/** What makes an instance, where it is not `new` alone. */
const EXAMPLES = { __proto__: null, BigInt: 'Object(0n)', DataView: 'new DataView(new ArrayBuffer(0))' };

/**
 * One that has been removed. Of a class whose instances can be cloned Node still makes
 * some; of the rest those of another context are as good.
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
