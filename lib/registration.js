'use strict';

/*
 * registration.js - `node -r ringport/register app.js`: the application uses ringport without a change.
 *
 * The exports of worker_threads and the globals MessageChannel and MessagePort become ours, and what
 * takes transfer lists (structuredClone, module.register) takes ports of ours, in this
 * thread and in every thread that a Worker starts from it. A thread inherits the `-r` of its parent, but
 * not with an execArgv of its own, and it has none if the parent was registered in another way; then
 * register-worker.js is put before its execArgv, and taken out again there before the application
 * runs. What cannot go that way (what process.execArgv has to be, whether to register at all) is in
 * the environment data while the thread is being made: it is there before anything is preloaded.
 */

const { process } = require('./builtins');
const Module = require('node:module');
const path = require('node:path');
const threads = require('node:worker_threads');

const ringport = require('./index');
const { local: { launch }, threads: originals } = require('./native');
const relay = require('./relay');

const { createRequire, syncBuiltinESMExports } = Module;
const { getEnvironmentData, setEnvironmentData } = originals;

/** @see threads.js */
const kOriginals = Symbol.for('ringport.originals');
const KEY = 'ringport.register';
const REGISTER = path.join(__dirname, 'register.js');
const PRELOAD = path.join(__dirname, 'register-worker.js');

const { MessageChannel, MessagePort } = ringport;
const globals = {
  MessageChannel, MessagePort, structuredClone: relay.structuredClone(globalThis.structuredClone),
};
const GLOBALS = Object.keys(globals);
const EXPORTS = Object.keys(ringport).filter((name) => name in threads);
/* Ports in it are ours, and nothing else is. */
const UNDONE = EXPORTS.filter((name) => name !== 'workerData');

const nodeGlobals = GLOBALS.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
const asNode = { ...launch };
const nodeRegister = Module.register;
const ourRegister = nodeRegister && relay.moduleRegister(nodeRegister);

/** Whether the threads of this one inherit a `-r` of ours. */
let inheritable = false;
/** What they have as process.execArgv if they are given none. */
let execArgv = [];
/** That of it which can be given to them; null: not asked yet. */
let inherited = null;

/** Use ringport, in this thread and in those that it starts from now on. */
function register() {
  if (kOriginals in threads) return;
  Object.defineProperty(threads, kOriginals,
    { __proto__: null, value: originals, configurable: true });
  for (const name of EXPORTS) threads[name] = ringport[name];
  GLOBALS.forEach((name, i) => {
    const { enumerable } = nodeGlobals[i];

    Object.defineProperty(globalThis, name, {
      __proto__: null, value: globals[name], writable: true, enumerable, configurable: true,
    });
  });
  if (ourRegister !== undefined) Module.register = ourRegister;
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
    if (threads[name] === ringport[name]) threads[name] = originals[name];
  }
  GLOBALS.forEach((name, i) => {
    const now = Object.getOwnPropertyDescriptor(globalThis, name);

    if (now?.value !== globals[name]) return;
    Object.defineProperty(globalThis, name, { __proto__: null, ...nodeGlobals[i] });
  });
  if (Module.register === ourRegister) Module.register = nodeRegister;
  Object.assign(launch, asNode);
  setEnvironmentData(KEY, { off: true });
  syncBuiltinESMExports();
}

/** Have a thread registered before it runs anything else; see native.js. */
function beginLaunch(options) {
  const given = options?.execArgv;

  /* What is wrong with them, Node says. */
  if (options === null || (given && !Array.isArray(given))) return options;

  setEnvironmentData(KEY, { execArgv: given ? given.map(String) : execArgv });
  /* For an environment of its own Node reads the flags again, and may miss some. */
  if (!given && inheritable && typeof options?.env !== 'object') return options;
  /* The flags that it would inherit have to be said now. */
  return Object.create(Object(options), {
    __proto__: null,
    execArgv: { __proto__: null, value: ['-r', PRELOAD, ...given || allowed()] },
  });
}

function endLaunch() {
  setEnvironmentData(KEY, undefined);
}

/** Those of this thread's flags that a thread may be given: others hold for the whole process. */
function allowed() {
  if (inherited !== null) return inherited;
  for (let list = execArgv; ; list = inherited) {
    const isRefused = askNode(list);

    inherited = list.filter((flag, i) => !isRefused(flag) &&
      (flag.startsWith('-') || !isRefused(list[i - 1]))); // nor the value of one that is refused
    if (inherited.length === list.length) return inherited;
  }
}

/** @returns {(flag: string) => boolean} which of these flags a thread cannot be given */
function askNode(list) {
  try {
    /* With a flag that there is not, Node names all that it refuses and starts nothing. */
    return new originals.Worker('', { eval: true, execArgv: ['--ringport-asks', ...list] });
  } catch ({ message }) {
    return (flag) => `, ${message.replace(/^.*?: /, '')}, `.includes(`, ${flag}, `);
  }
}

/** Whether register.js is among the modules that the command line preloads. */
function isPreloaded() {
  const { resolve } = createRequire(path.join(process.cwd(), 'preload'));

  return execArgv.some((flag, i) => {
    const [, name] = /^(?:-r|--require)=(.*)$/s.exec(flag) ??
      [null, /^(?:-r|--require)$/.test(flag) ? execArgv[i + 1] : undefined];

    try {
      return name !== undefined && resolve(name) === REGISTER;
    } catch {
      return false;
    }
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
