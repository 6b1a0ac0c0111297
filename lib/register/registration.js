'use strict';

/*
 * registration.js - `node -r ringport/register app.js`: the application uses ringport without a change.
 *
 * The exports of worker_threads and the globals MessageChannel and MessagePort become ours, and what
 * takes transfer lists (structuredClone, module.register) takes ports of ours, in this
 * thread and in every thread that a Worker starts from it. A thread inherits the `-r` of its parent, but
 * not with an execArgv of its own, and it has none if the parent was registered in another way; then
 * register-worker.js is put before its execArgv, and taken out again there before the application
 * runs. What cannot go that way (what process.execArgv has to be in a thread that inherits it, whether to
 * register at all) is in the environment data while the thread is being made: it is there before
 * anything is preloaded.
 */

const { process } = require('../loading/builtins');
const path = require('node:path');
const threads = require('node:worker_threads');

const folder = require('../folder');
const ringport = require('../index');
const { local, threads: originals } = require('../loading/native');

const Module = local.Module ?? require('node:module');
const { createRequire, syncBuiltinESMExports } = Module;
const { getEnvironmentData, setEnvironmentData } = originals;

/** @see node-threads.js */
const kOriginals = Symbol.for('ringport.originals');
const KEY = 'ringport.register';
const REGISTER = path.join(folder, 'register.js');
const UNKNOWN_FLAG = '--ringport-asks';
const PRELOAD = path.join(folder, 'register-worker.js');

const { launch } = local;

/** Node's function, but in threads in which there has been a port of ours. */
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
  /* Loaded when somebody asks for it: most threads never do. */
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
/* Ports in it are ours, and nothing else is. */
const UNDONE = EXPORTS.filter((name) => name !== 'workerData');

const nodeGlobals = GLOBALS.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
const asNode = { ...launch };
let nodeRegister;
let ourRegister;

/** Whether the threads of this one inherit a `-r` of ours. */
let inheritable = false;
/** What they have as process.execArgv if they are given none. */
let execArgv = [];
/** That of it which can be given to them; null: not asked yet. */
let inherited = null;

const { [Symbol.hasInstance]: isInstance } = Function.prototype;

/** Ports that only Node makes (its own, passports) are MessagePorts, too, where ours has the name. */
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

/** Have module.register take ports of ours. Node sets it when node:module is loaded. */
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

/** Whether the class has been loaded. */
const hasPorts = () => Object.hasOwn(Object.getOwnPropertyDescriptor(ringport, 'MessagePort'), 'value');

/** Getters of ours that nobody has called. */
const getters = new WeakSet();

/** Put a property of `from` on an object; one with a getter is got when somebody asks for it. */
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

/** Whether nobody has put another value there since. */
function isStill(object, name, from) {
  const now = Object.getOwnPropertyDescriptor(object, name);

  if (now === undefined) return false;
  return 'value' in now ? now.value === from[name] : getters.has(now.get);
}

/** Use ringport, in this thread and in those that it starts from now on. */
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
 * Use what Node has, in this thread and in those that it starts from now on. Ports and workers that are
 * there stay what they are, also those in a worker's workerData, and so does its parentPort.
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

/** Of the launches that the innermost is part of: a getter of their options may start a thread. */
const outer = [];

/** Have a thread registered before it runs anything else; see native.js. Node reads the options. */
function beginLaunch(options) {
  let hasEnvironment = false;

  outer.push(getEnvironmentData(KEY));
  if (options === null) return options; // which Node refuses
  setEnvironmentData(KEY, { execArgv });

  const readFlags = (given) => {
    if (given && !Array.isArray(given)) return given; // which Node refuses
    /* Of what it is given Node makes the execArgv of the thread. */
    setEnvironmentData(KEY, given ? undefined : { execArgv });
    if (given) return ['-r', PRELOAD, ...given];
    /* For an environment of its own Node reads the flags again, and may miss some: they are said. */
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

/** Those of this thread's flags that a thread may be given: others hold for the whole process. */
function allowed() {
  inherited ??= findAllowed(execArgv);
  return inherited;
}

function findAllowed(flags) {
  for (let list = flags; ;) {
    const refused = askNode(list);
    /* A flag may stand for another one, which Node names then: it is found by asking for each. */
    const isRefused = list.some((flag) => refused.includes(flag)) || refused.length === 0
      ? (flag) => refused.includes(flag) : (flag) => flag.startsWith('-') && askNode([flag]).length > 0;
    const rest = list.filter((flag, i) => !isRefused(flag) &&
      (flag.startsWith('-') || !isRefused(list[i - 1]))); // nor the value of one that is refused

    if (rest.length === list.length) return rest;
    list = rest;
  }
}

/** @returns {string[]} what a thread cannot be given of these flags, by the names that Node has for them */
function askNode(list) {
  try {
    /* With a flag that there is not, Node names all that it refuses and starts nothing. */
    return new originals.Worker('', { eval: true, execArgv: [UNKNOWN_FLAG, ...list] });
  } catch ({ message }) {
    return message.replace(/^.*?: /, '').split(', ').filter((flag) => flag !== UNKNOWN_FLAG);
  }
}

/**
 * What a name on the command line resolves to. The current directory may be gone: so it is asked for only
 * where it matters.
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

/** @param {boolean} preload whether register-worker.js has been put before this thread's execArgv */
function begin(preload) {
  const { off, execArgv: ours } = getEnvironmentData(KEY) ?? {};

  if (ours !== undefined) {
    process.execArgv.splice(0, Infinity, ...ours);
    setEnvironmentData(KEY, undefined);
  }
  execArgv = [...process.execArgv];
  inheritable = preload || isPreloaded();
  /* Whoever asks for it here gets it, also if the parent has undone it. */
  if (off === undefined || !inheritable) register();
}

const marker = process.execArgv.indexOf(PRELOAD);

if (marker > 0) process.execArgv.splice(marker - 1, 2);
begin(marker > 0);

module.exports = { register, unregister };
