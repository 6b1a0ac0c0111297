'use strict';

/*
 * kinds.js - finds out what structured clone takes an object for.
 *
 * Structured clone goes by internal slots, which JavaScript can only query by util.types,
 * one at a time. So the kind is looked up by the prototype first, and util.types decides
 * where the prototype does not. An object without such slots is plain if all classes on
 * its prototype chain are the application's. Instances of V8's classes are left to Node
 * (foreign). For a class of Node's, Node is asked once, with an instance that has
 * properties, whether it clones them. EventEmitters are known to be plain.
 */

const { Date, process } = require('../loading/builtins');
const EventEmitter = require('node:events');
const { types } = require('node:util');

const kinds = {
  FOREIGN: 0, PLAIN: 1, MAP: 2, SET: 3, DATE: 4, REGEXP: 5, ERROR: 6, BOXED: 7, BUFFER: 8,
  /** Cannot be cloned. */
  NEVER: 9,
};

/**
 * Kinds of prototypes whose objects must be checked for internal slots. Without any, the
 * object is PLAIN or FOREIGN.
 */
const LOOK_PLAIN = 10;
const LOOK_FOREIGN = 11;
/** A class of Node's; Node has not been asked yet how it clones an instance. */
const BUILTIN = 12;

const {
  defineProperty, getPrototypeOf, getOwnPropertyDescriptor, hasOwn, isExtensible, keys,
} = Object;
const { ownKeys } = Reflect;
/** Since Node 22. */
const { isRawJSON } = JSON;
const functionToString = Function.prototype.toString;

/** Prototype -> kind. */
const byPrototype = new WeakMap();
/** Prototypes of Node's own classes; filled on first need. */
let builtins = null;

const CHECKS = [];
CHECKS[kinds.MAP] = types.isMap;
CHECKS[kinds.SET] = types.isSet;
CHECKS[kinds.DATE] = types.isDate;
CHECKS[kinds.REGEXP] = types.isRegExp;
CHECKS[kinds.ERROR] = types.isNativeError;
CHECKS[kinds.BOXED] = types.isBoxedPrimitive;
CHECKS[kinds.BUFFER] = types.isArrayBuffer;

/**
 * @param {object} object not an array, view or Proxy
 * @param {object | null} prototype its prototype
 * @returns {number} one of `kinds`
 */
function kindOf(object, prototype) {
  if (prototype === null) {
    if (types.isModuleNamespaceObject(object) || isRawJSON?.(object)) return kinds.NEVER;
    return kindBySlots(object, kinds.PLAIN);
  }
  let kind = byPrototype.get(prototype);
  if (kind === undefined) {
    kind = kindOfPrototype(prototype);
    byPrototype.set(prototype, kind);
  }
  if (kind === kinds.PLAIN || kind === kinds.FOREIGN) return kind;
  if (kind === LOOK_PLAIN) return kindBySlots(object, kinds.PLAIN);
  if (kind === LOOK_FOREIGN) return kindBySlots(object, kinds.FOREIGN);
  if (kind === BUILTIN) return kindOfBuiltin(object, prototype);
  return CHECKS[kind](object) ? kind : kindBySlots(object, kinds.PLAIN);
}

/** The kind by the object's internal slots; `otherwise` if it has none. */
function kindBySlots(object, otherwise) {
  for (let kind = kinds.MAP; kind <= kinds.BUFFER; kind++) {
    if (CHECKS[kind](object)) return kind;
  }
  if (types.isPromise(object) || types.isWeakMap(object) || types.isWeakSet(object) ||
      types.isGeneratorObject(object) || types.isArgumentsObject(object) ||
      types.isMapIterator(object) || types.isSetIterator(object)) return kinds.NEVER;
  if (types.isSharedArrayBuffer(object) || types.isExternal(object)) return kinds.FOREIGN;
  return otherwise;
}

/** The kind of an object whose class, or a base class of it, is Node's. */
function kindOfBuiltin(object, prototype) {
  const kind = kindBySlots(object, kinds.PLAIN);

  if (kind !== kinds.PLAIN) return kind;
  /* Without properties, there is nothing to find out; leave the object to Node. */
  if (keys(object).length === 0 || !isExtensible(object) || hasOwn(object, '0')) return kinds.FOREIGN;

  const isPlain = isPlainToNode(object);

  byPrototype.set(prototype, isPlain ? LOOK_PLAIN : kinds.FOREIGN);
  return isPlain ? kinds.PLAIN : kinds.FOREIGN;
}

/**
 * Whether Node clones the object's properties. Node would read '0' first, so this runs no
 * getter of the object.
 */
function isPlainToNode(object) {
  const begun = {};

  defineProperty(object, '0', { __proto__: null, enumerable: true, configurable: true, get() { throw begun; } });
  try {
    require('./node-clone').nodeClone(object);
    return false;
  } catch (error) {
    return error === begun;
  } finally {
    delete object[0];
  }
}

/** Whether this is the Object.prototype of another vm context. */
function isObjectPrototype(prototype) {
  if (getPrototypeOf(prototype) !== null) return false;
  const constructor = getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  return typeof constructor === 'function' && !types.isProxy(constructor) &&
    constructor.name === 'Object' && isNative(constructor);
}

/**
 * PLAIN if all classes on the chain up to Object.prototype are the application's;
 * LOOK_PLAIN if there are classes among them whose instances util.types recognizes;
 * BUILTIN if there is a class of Node's; FOREIGN or LOOK_FOREIGN otherwise.
 */
function kindOfPrototype(prototype) {
  let kind = kinds.PLAIN;
  let p = prototype;
  for (let depth = 0; depth < 64 && p !== null && !types.isProxy(p); depth++) {
    if (p === Object.prototype) return kind;
    if (isObjectPrototype(p)) return kind === BUILTIN ? kind : LOOK_PLAIN;
    const known = byPrototype.get(p);
    if (known === kinds.FOREIGN || known === LOOK_FOREIGN) return known;
    if (known === BUILTIN) kind = BUILTIN;
    else if (known !== undefined || CHECKABLE.has(p)) {
      if (known !== kinds.PLAIN && kind !== BUILTIN) kind = LOOK_PLAIN;
    } else if (p !== EventEmitter.prototype) {
      if (isClonedByNode(p)) return kinds.FOREIGN;
      if (isBuiltin(p)) kind = BUILTIN;
      else if (!isOfApplication(p)) return LOOK_FOREIGN;
      else if (kind === kinds.PLAIN && getOwnPropertyDescriptor(p, 'constructor') === undefined) kind = LOOK_PLAIN;
    }
    p = getPrototypeOf(p);
  }
  return LOOK_FOREIGN;
}

/**
 * Prototypes of V8's classes whose real instances util.types recognizes, or are not
 * passed to kindOf().
 */
const CHECKABLE = new Set([
  Array, Function, Promise, WeakMap, WeakSet, Symbol, DataView, Object.getPrototypeOf(Uint8Array),
  globalThis.SharedArrayBuffer, // flags of V8 remove it
].filter(Boolean).map((type) => type.prototype));

/** Whether Node has its own way to clone instances. Some of these classes are private. */
function isClonedByNode(prototype) {
  for (const key of ownKeys(prototype)) {
    if (typeof key === 'symbol' && `${key.description}`.startsWith('messaging_')) return true;
  }
  return false;
}

function isOfApplication(prototype) {
  const constructor = getOwnPropertyDescriptor(prototype, 'constructor');
  if (constructor !== undefined) {
    const { value } = constructor;
    return typeof value === 'function' && !types.isProxy(value) && !isNative(value);
  }
  for (const key of ownKeys(prototype)) {
    const { value, get } = getOwnPropertyDescriptor(prototype, key);
    if (isNative(value) || isNative(get)) return false;
  }
  return true;
}

function isNative(fn) {
  return typeof fn === 'function' && functionToString.call(fn).endsWith('{ [native code] }');
}

function isBuiltin(prototype) {
  builtins ??= new WeakSet();
  collectModules();
  return builtins.has(prototype) || isOfGlobal(prototype);
}

/** The module that defines these classes. Node 26 loads it for MessageEvent, too. */
const UNDICI = 'NativeModule internal/deps/undici/undici';
const OF_UNDICI = new RegExp('^(?:CloseEvent|EventSource|FormData|Headers|MessageEvent|Request|' +
  'Response|WebSocket)$');

/**
 * Whether this is the prototype of one of Node's global classes. Reading such a global,
 * or its descriptor, may load the module that defines it. So this reads only the global
 * with the name of the class, and none that would load undici: before it is loaded, its
 * classes have no instances.
 */
function isOfGlobal(prototype) {
  const constructor = getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  if (typeof constructor !== 'function' || types.isProxy(constructor)) return false;
  const name = getOwnPropertyDescriptor(constructor, 'name')?.value;
  if (typeof name !== 'string' || !NODE_GLOBALS.test(name)) return false;
  if (OF_UNDICI.test(name) && !process.moduleLoadList?.includes(UNDICI)) return false;
  return readGlobal(name)?.prototype === prototype;
}

function addFunction(value) {
  if (typeof value !== 'function' || types.isProxy(value)) return;
  const descriptor = getOwnPropertyDescriptor(value, 'prototype');
  if (descriptor !== undefined && typeof descriptor.value === 'object' && descriptor.value !== null) {
    builtins.add(descriptor.value);
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
 * Collect the classes that Node's public modules export. Reads only modules that are
 * loaded, because other classes cannot have instances; again when more have been loaded.
 */
function collectModules() {
  const list = process.moduleLoadList ?? [];
  if (list.length === collected) return;
  collected = list.length;
  const loaded = new Set(list);
  /* Loaded here because it takes 0.1 ms. */
  const { builtinModules, createRequire } = require('node:module');
  /* Not require(): bundlers would try to resolve the computed name. */
  const load = createRequire(process.execPath);

  for (const name of builtinModules) {
    if (visited.has(name) || !loaded.has(`NativeModule ${name}`)) continue;
    visited.add(name);
    collectExports(load(`node:${name}`));
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

byPrototype.set(Object.prototype, LOOK_PLAIN);

module.exports = { kinds, kindOf, kindBySlots };
