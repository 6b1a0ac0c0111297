'use strict';

/*
 * registration.js - `node -r ringport/register app.js`: makes an unchanged application
 * use ringport.
 *
 * Replaces the exports of worker_threads and the globals MessageChannel and MessagePort,
 * and makes structuredClone and module.register accept ringport ports. This applies to
 * this thread and to every thread that a Worker starts from it.
 *
 * A thread inherits its parent's `-r`, unless it has its own execArgv or the parent was
 * registered in another way. Then the Worker prepends register-worker.js to its execArgv,
 * and the thread removes it before the application runs. Environment data, which is
 * available before any preload, tells the thread its process.execArgv and whether to
 * register at all.
 */

const { process } = require('../loading/builtins');
const path = require('node:path');
const threads = require('node:worker_threads');

const { folder } = require('../folder');
const ringport = require('../loading/exports');
const { local, threads: originals } = require('../loading/native');

const Module = local.Module ?? require('node:module');
const { createRequire, syncBuiltinESMExports } = Module;
const { getEnvironmentData, setEnvironmentData } = originals;

/** @see loading/node-threads.js */
const kOriginals = Symbol.for('ringport.originals');
const KEY = 'ringport.register';
const REGISTER = path.join(folder, 'register.js');
const UNKNOWN_FLAG = '--ringport-asks';
const PRELOAD = path.join(folder, 'register-worker.js');

const { launch } = local;

/** Wrap Node's function: calls ringport's version once the thread has ringport ports. */
function inPlaceOf(theirs, load) {
  let ours = null;
  const call = (receiver, args) => {
    if (local.portsMade === 0) return Reflect.apply(theirs, receiver, args);
    ours ??= load()(theirs);
    return Reflect.apply(ours, receiver, args);
  };
  const constructor = function() {
    return call(this, arguments);
  };
  const { method } = { method() {
    return call(this, arguments);
  } };
  const either = Object.hasOwn(theirs, 'prototype') ? constructor : method;

  for (const key of ['name', 'length']) {
    Object.defineProperty(either, key, { __proto__: null, value: theirs[key], configurable: true });
  }
  return either;
}

const globals = {
  /* Getters, because most threads never use them. */
  get MessageChannel() {
    return ringport.MessageChannel;
  },
  get MessagePort() {
    return ringport.MessagePort;
  },
  structuredClone: inPlaceOf(globalThis.structuredClone, () => require('../ports/relay').structuredClone),
};
const GLOBALS = Object.keys(globals);
const EXPORTS = Object.keys(ringport).filter((name) => name in threads);
/* unregister() keeps workerData, which may contain ringport ports. */
const UNDONE = EXPORTS.filter((name) => name !== 'workerData');

const nodeGlobals = GLOBALS.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
const asNode = { ...launch };
let nodeRegister;
let ourRegister;

/** Whether new threads inherit `-r ringport/register` from this one. */
let inheritable = false;
/** The process.execArgv of new threads without an execArgv of their own. */
let execArgv = [];
/** Its flags that Node accepts for a Worker; null until allowed() has run. */
let inherited = null;

const { [Symbol.hasInstance]: isInstance } = Function.prototype;

/**
 * Symbol.hasInstance of MessagePort while registered. Accepts Node ports, too: Node still
 * creates some, such as transfer handles.
 */
function isPort(value) {
  return isInstance.call(this === ringport.MessagePort ? originals.MessagePort : this, value);
}

function setRegister(theirs) {
  if (theirs !== nodeRegister) {
    nodeRegister = theirs;
    ourRegister = inPlaceOf(theirs, () => require('../ports/relay').moduleRegister);
  }
  Object.defineProperty(Module, 'register',
    { __proto__: null, value: ourRegister, writable: true, enumerable: true, configurable: true });
}

/** Replace module.register, now or when Node sets it as it loads node:module. */
function replaceRegister() {
  if (Module.register !== undefined) setRegister(Module.register);
  else {
    Object.defineProperty(Module, 'register',
      { __proto__: null, set: setRegister, configurable: true });
  }
}

function restoreRegister() {
  const { value, set } = Object.getOwnPropertyDescriptor(Module, 'register') ?? {};

  if (set === setRegister) delete Module.register;
  else if (value !== undefined && value === ourRegister) Module.register = nodeRegister;
}

/** Whether the class MessagePort has been loaded. */
const hasPorts = () => Object.hasOwn(Object.getOwnPropertyDescriptor(ringport, 'MessagePort'), 'value');

/** Getters defined by put(). */
const getters = new WeakSet();

/**
 * Copy a property of `from` to an object. Copies a getter as a getter, which runs once.
 */
function put(object, name, from, enumerable) {
  const set = (value) => Object.defineProperty(object, name,
    { __proto__: null, value, writable: true, enumerable, configurable: true });

  if (Object.hasOwn(Object.getOwnPropertyDescriptor(from, name), 'value')) {
    set(from[name]);
    return;
  }

  const get = () => {
    set(from[name]);
    return from[name];
  };

  getters.add(get);
  Object.defineProperty(object, name,
    { __proto__: null, get, set, enumerable, configurable: true });
}

/** Whether a property is still as put() has defined it. */
function isStill(object, name, from) {
  const now = Object.getOwnPropertyDescriptor(object, name);

  if (now === undefined) return false;
  return 'value' in now ? now.value === from[name] : getters.has(now.get);
}

/** Make this thread, and the threads that it starts from now on, use ringport. */
function register() {
  if (kOriginals in threads) return;
  Object.defineProperty(threads, kOriginals,
    { __proto__: null, value: originals, configurable: true });
  for (const name of EXPORTS) put(threads, name, ringport, true);
  GLOBALS.forEach((name, i) => put(globalThis, name, globals, nodeGlobals[i].enumerable));
  replaceRegister();
  local.isPort = isPort;
  if (hasPorts()) {
    Object.defineProperty(ringport.MessagePort, Symbol.hasInstance,
      { __proto__: null, value: isPort, configurable: true });
  }
  Object.assign(launch, { begin: beginLaunch, end: endLaunch });
  setEnvironmentData(KEY, undefined);
  syncBuiltinESMExports();
}

/**
 * Undo register() for this thread and the threads that it starts from now on. Existing
 * ports and workers stay ringport's, including parentPort and ports in workerData.
 */
function unregister() {
  if (threads[kOriginals] !== originals) return;
  delete threads[kOriginals];
  for (const name of UNDONE) {
    if (isStill(threads, name, ringport)) put(threads, name, originals, true);
  }
  GLOBALS.forEach((name, i) => {
    if (!isStill(globalThis, name, globals)) return;
    Object.defineProperty(globalThis, name, { __proto__: null, ...nodeGlobals[i] });
  });
  restoreRegister();
  local.isPort = null;
  if (hasPorts()) delete ringport.MessagePort[Symbol.hasInstance];
  Object.assign(launch, asNode);
  setEnvironmentData(KEY, { off: true });
  syncBuiltinESMExports();
}

/**
 * Environment data saved by launches in progress: a getter of options may launch, too.
 */
const outer = [];

/**
 * Prepare the launch of a thread that registers before it runs anything else; see
 * `launch` in native.js.
 * @returns {object} the options for Node's Worker
 */
function beginLaunch(options) {
  let hasEnvironment = false;

  outer.push(getEnvironmentData(KEY));
  if (options === null) return options; // Node throws
  setEnvironmentData(KEY, { execArgv });

  const readFlags = (given) => {
    if (given && !Array.isArray(given)) return given; // Node throws
    /* A thread with its own execArgv gets it from Node, not from environment data. */
    setEnvironmentData(KEY, given ? undefined : { execArgv });
    if (given) return ['-r', PRELOAD, ...given];
    /* With an `env` option, Node parses flags again and may lose some, so list them. */
    return inheritable && !hasEnvironment ? given : ['-r', PRELOAD, ...allowed()];
  };

  if (options === undefined) return inheritable ? options : { execArgv: readFlags(undefined) };
  return require('../ports/transfer-list').standFor(options, (key) => {
    const { [key]: value } = options;

    if (key === 'env') hasEnvironment = typeof value === 'object' && value !== null;
    return key === 'execArgv' ? readFlags(value) : value;
  });
}

function endLaunch() {
  setEnvironmentData(KEY, outer.pop());
}

/** This thread's flags that Node accepts for a Worker; the rest are per process. */
function allowed() {
  inherited ??= findAllowed(execArgv);
  return inherited;
}

function findAllowed(flags) {
  for (let list = flags; ;) {
    const refused = askNode(list);
    /* Node reports an alias by its full name. If none matches, ask for each flag. */
    const isRefused = list.some((flag) => refused.includes(flag)) || refused.length === 0
      ? (flag) => refused.includes(flag) : (flag) => flag.startsWith('-') && askNode([flag]).length > 0;
    const rest = list.filter((flag, i) => !isRefused(flag) &&
      (flag.startsWith('-') || !isRefused(list[i - 1]))); // drop a refused flag's value, too

    if (rest.length === list.length) return rest;
    list = rest;
  }
}

/**
 * Ask Node which flags it refuses for a Worker.
 * @returns {string[]} their full names
 */
function askNode(list) {
  try {
    /* An unknown flag makes Node throw an error that lists all refused flags. */
    return new originals.Worker('', { eval: true, execArgv: [UNKNOWN_FLAG, ...list] });
  } catch ({ message }) {
    return message.replace(/^.*?: /, '').split(', ').filter((flag) => flag !== UNKNOWN_FLAG);
  }
}

/**
 * Resolve a module name of the command line. Uses the current directory, which may have
 * been deleted, only if the name is not absolute.
 */
function resolveFlag(name) {
  try {
    return createRequire(path.isAbsolute(name) ? REGISTER : path.resolve('preload')).resolve(name);
  } catch {
    return undefined;
  }
}

/** Whether register.js is among the modules that the command line preloads. */
function isPreloaded() {
  return execArgv.some((flag, i) => {
    const [, name] = /^(?:-r|--require)=(.*)$/s.exec(flag) ??
      [null, /^(?:-r|--require)$/.test(flag) ? execArgv[i + 1] : undefined];

    return name !== undefined && resolveFlag(name) === REGISTER;
  });
}

/**
 * Register this thread, unless its parent has called unregister().
 * @param {boolean} preload whether register-worker.js preceded this thread's execArgv
 */
function begin(preload) {
  const { off, execArgv: ours } = getEnvironmentData(KEY) ?? {};

  if (ours !== undefined) {
    process.execArgv.splice(0, Infinity, ...ours);
    setEnvironmentData(KEY, undefined);
  }
  execArgv = [...process.execArgv];
  inheritable = preload || isPreloaded();
  /* A preload that this thread did not inherit wins over the parent's unregister(). */
  if (off === undefined || !inheritable) register();
}

const marker = process.execArgv.indexOf(PRELOAD);

if (marker > 0) process.execArgv.splice(marker - 1, 2);
begin(marker > 0);

module.exports = { register, unregister };
