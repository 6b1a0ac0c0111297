'use strict';

/*
 * kinds.js - what an object is to structured clone.
 *
 * The engine goes by internal slots, which JS cannot see; so the prototype is looked up first,
 * and what a prototype cannot tell is asked of util.types. An object that is nothing
 * known is cloned as a plain object only if the classes on its prototype chain are the
 * application's own: anything of Node's or the engine's is left to Node ("foreign"), which is
 * always right, only slower.
 */

const { types } = require('node:util');
const { builtinModules } = require('node:module');

const kinds = {
  FOREIGN: 0, PLAIN: 1, MAP: 2, SET: 3, DATE: 4, REGEXP: 5, ERROR: 6, BOXED: 7, BUFFER: 8, NEVER: 9,
  /** The prototype alone does not tell: look at the object. */
  LOOK: 10,
};

const { getPrototypeOf, getOwnPropertyDescriptor } = Object;
const functionToString = Function.prototype.toString;
const objectToString = Object.prototype.toString;

/** Prototype -> kind. */
const byPrototype = new WeakMap();
/** Prototypes of Node's own classes; filled on first need. */
let builtins = null;

/** Internal slots first, as the engine does. */
function kindOf(object) {
  const prototype = getPrototypeOf(object);
  if (prototype === null) {
    return types.isModuleNamespaceObject(object) ? kinds.FOREIGN : kindBySlots(object, kinds.PLAIN);
  }
  let kind = byPrototype.get(prototype);
  if (kind === undefined) {
    kind = isApplicationClass(prototype) ? kinds.PLAIN : kinds.LOOK;
    byPrototype.set(prototype, kind);
  }
  if (kind === kinds.PLAIN) return kind;
  if (kind === kinds.LOOK) return kindBySlots(object, kinds.FOREIGN);
  return CHECKS[kind](object) ? kind : kindBySlots(object, kinds.FOREIGN);
}

const CHECKS = [];
CHECKS[kinds.MAP] = types.isMap;
CHECKS[kinds.SET] = types.isSet;
CHECKS[kinds.DATE] = types.isDate;
CHECKS[kinds.REGEXP] = types.isRegExp;
CHECKS[kinds.ERROR] = types.isNativeError;
CHECKS[kinds.BOXED] = types.isBoxedPrimitive;
CHECKS[kinds.BUFFER] = types.isArrayBuffer;

function kindBySlots(object, otherwise) {
  for (let kind = kinds.MAP; kind <= kinds.BUFFER; kind++) {
    if (CHECKS[kind](object)) return kind;
  }
  if (types.isPromise(object) || types.isWeakMap(object) || types.isWeakSet(object) ||
      types.isGeneratorObject(object) || types.isArgumentsObject(object)) return kinds.NEVER;
  if (otherwise === kinds.FOREIGN && isPlainOfAnotherRealm(object)) return kinds.PLAIN;
  return otherwise;
}

/** An object literal of another vm context. */
function isPlainOfAnotherRealm(object) {
  const prototype = getPrototypeOf(object);
  if (prototype === null || getPrototypeOf(prototype) !== null || types.isProxy(prototype)) return false;
  const constructor = ownConstructor(prototype);
  return constructor !== null && constructor.name === 'Object' && isNative(constructor) &&
    objectToString.call(object) === '[object Object]';
}

function ownConstructor(prototype) {
  const descriptor = getOwnPropertyDescriptor(prototype, 'constructor');
  if (descriptor === undefined || typeof descriptor.value !== 'function') return null;
  if (types.isProxy(descriptor.value)) return null;
  const own = getOwnPropertyDescriptor(descriptor.value, 'prototype');
  return own !== undefined && own.value === prototype ? descriptor.value : null;
}

function isNative(fn) {
  return functionToString.call(fn).endsWith('{ [native code] }');
}

/**
 * Whether every prototype from here to Object.prototype belongs to a class that neither the
 * engine nor Node defines. EventEmitter is Node's, but its instances are ordinary objects.
 */
function isApplicationClass(prototype) {
  const emitter = require('node:events').prototype;
  let p = prototype;
  for (let depth = 0; depth < 64; depth++) {
    if (p === Object.prototype) return true;
    if (p === null || types.isProxy(p)) return false;
    if (p !== emitter) {
      const constructor = ownConstructor(p);
      if (constructor === null || isNative(constructor) || isBuiltin(p)) return false;
    }
    p = getPrototypeOf(p);
  }
  return false;
}

function isBuiltin(prototype) {
  if (builtins === null) {
    builtins = new WeakSet();
    collectGlobals();
  }
  collectModules();
  return builtins.has(prototype);
}

function addFunction(value) {
  if (typeof value !== 'function' || types.isProxy(value)) return;
  const descriptor = getOwnPropertyDescriptor(value, 'prototype');
  if (descriptor !== undefined && typeof descriptor.value === 'object' && descriptor.value !== null) {
    builtins.add(descriptor.value);
  }
}

/** Classes among the globals: Node defines the accessors of the lazy ones, which we may run. */
function collectGlobals() {
  const descriptors = Object.getOwnPropertyDescriptors(globalThis);
  for (const name of Object.getOwnPropertyNames(descriptors)) {
    if (NODE_GLOBALS.test(name)) addFunction(descriptors[name].value ?? readGlobal(name));
  }
}

const NODE_GLOBALS = new RegExp('^(?:Abort|Blob|Broadcast|ByteLength|Compression|Count|Crypto|' +
  'Custom|Decompression|DOMException|Event|File|Form|Headers|Message|Navigator|Performance|' +
  'Readable|Request|Response|Storage|Subtle|Text|Transform|URL|WebSocket|Writable|Close|Lock)');

function readGlobal(name) {
  try {
    return globalThis[name];
  } catch {
    return undefined;
  }
}

let collected = 0;
const visited = new Set();

/**
 * Classes that public modules export. Instances cannot exist before their module is loaded, so only
 * loaded modules are looked at, again whenever more have been loaded.
 */
function collectModules() {
  const list = process.moduleLoadList;
  if (list.length === collected) return;
  collected = list.length;
  const loaded = new Set(list);
  for (const name of builtinModules) {
    if (visited.has(name) || !loaded.has(`NativeModule ${name}`)) continue;
    visited.add(name);
    collectExports(require(`node:${name}`));
  }
}

function collectExports(exported) {
  if (exported === null || (typeof exported !== 'object' && typeof exported !== 'function')) return;
  addFunction(exported);
  const descriptors = Object.getOwnPropertyDescriptors(exported);
  for (const name of Object.getOwnPropertyNames(descriptors)) addFunction(descriptors[name].value);
}

for (const [kind, classes] of [
  [kinds.MAP, [Map]], [kinds.SET, [Set]], [kinds.DATE, [Date]], [kinds.REGEXP, [RegExp]],
  [kinds.ERROR, [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError]],
  [kinds.BOXED, [Boolean, Number, String, BigInt]], [kinds.BUFFER, [ArrayBuffer]],
]) {
  for (const { prototype } of classes) byPrototype.set(prototype, kind);
}

module.exports = { kinds, kindOf };
