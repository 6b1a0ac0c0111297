'use strict';

/*
 * kinds.js - what an object is to structured clone.
 *
 * The engine goes by internal slots, which JS cannot see; so the prototype is looked up
 * first, and what a prototype cannot tell is asked of util.types. An object that is
 * nothing known is cloned as a plain object if the classes on its prototype chain are the
 * application's own. Instances of the engine's classes are left to Node ("foreign"). Of
 * Node's own classes Node is asked once, with an instance that holds something, whether
 * it clones its properties; those of EventEmitter are known to be ordinary objects.
 */

const { Date, process } = require('../loading/builtins');
const EventEmitter = require('node:events');
const { types } = require('node:util');

const kinds = {
  FOREIGN: 0, PLAIN: 1, MAP: 2, SET: 3, DATE: 4, REGEXP: 5, ERROR: 6, BOXED: 7, BUFFER: 8,
  /** Nobody can clone it. */
  NEVER: 9,
};

/**
 * Kinds of prototypes that do not tell: the object's slots do, and this where it has
 * none.
 */
const LOOK_PLAIN = 10;
const LOOK_FOREIGN = 11;
/** A class of Node's, and Node has not been asked yet how it clones an instance. */
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

/** What structured clone takes `object` for: neither array nor view, and no Proxy. */
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

/**
 * An object of a class of Node's, or of a subclass of one: an EventTarget, say, that
 * holds something.
 */
function kindOfBuiltin(object, prototype) {
  const kind = kindBySlots(object, kinds.PLAIN);

  if (kind !== kinds.PLAIN) return kind;
  /* Of one that holds nothing, Node's clone is as good as ours. */
  if (keys(object).length === 0 || !isExtensible(object) || hasOwn(object, '0')) return kinds.FOREIGN;

  const isPlain = isPlainToNode(object);

  byPrototype.set(prototype, isPlain ? LOOK_PLAIN : kinds.FOREIGN);
  return isPlain ? kinds.PLAIN : kinds.FOREIGN;
}

/**
 * Whether Node would clone the properties. It would begin with '0', so nothing else of
 * the object runs.
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

/** Whether it is the Object.prototype of another vm context. */
function isObjectPrototype(prototype) {
  if (getPrototypeOf(prototype) !== null) return false;
  const constructor = getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  return typeof constructor === 'function' && !types.isProxy(constructor) &&
    constructor.name === 'Object' && isNative(constructor);
}

/**
 * PLAIN if every prototype up to Object.prototype is that of a class which neither the
 * engine nor Node defines, LOOK_PLAIN if others are among them whose instances can be
 * told by their slots, BUILTIN if Node has to tell.
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
 * Engine prototypes whose real instances util.types can tell, or are no plain objects
 * anyway.
 */
const CHECKABLE = new Set([
  Array, Function, Promise, WeakMap, WeakSet, Symbol, DataView, Object.getPrototypeOf(Uint8Array),
  globalThis.SharedArrayBuffer, // flags of V8 remove it
].filter(Boolean).map((type) => type.prototype));

/** Whether Node's clone knows what instances are. Not all of these classes are public. */
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

/**
 * What brings the classes of fetch() and WebSocket. Node 26 loads it for MessageEvent,
 * too.
 */
const UNDICI = 'NativeModule internal/deps/undici/undici';
const OF_UNDICI = new RegExp('^(?:CloseEvent|EventSource|FormData|Headers|MessageEvent|Request|' +
  'Response|WebSocket)$');

/**
 * Whether it is that of a class among Node's globals. Node loads many of them when
 * somebody looks at their names, be it for a descriptor. So only the name that the
 * object's class has is looked at, and none that would load undici: of what is not loaded
 * there are no instances.
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
 * Classes that public modules export. Instances cannot exist before their module is
 * loaded, so only loaded modules are looked at, again whenever more have been loaded.
 */
function collectModules() {
  const list = process.moduleLoadList ?? [];
  if (list.length === collected) return;
  collected = list.length;
  const loaded = new Set(list);
  /* Not sooner: it costs 0.1 ms to load. */
  const { builtinModules, createRequire } = require('node:module');
  /* Not require(): a bundler takes a computed name for one of its own. */
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
