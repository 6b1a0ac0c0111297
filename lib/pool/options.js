'use strict';

/*
 * options.js - the options of a pool and of run(): defaults and checks. Where piscina has
 * the option, the message of the error is piscina's.
 */

const fs = require('node:fs');
const os = require('node:os');
const { fileURLToPath } = require('node:url');

const { checkKnown } = require('../loading/check-options');
const { withCode } = require('../codec/errors');
const { process } = require('../loading/builtins');
const { ArrayTaskQueue, FixedQueue, PriorityQueue, isTaskQueue } = require('./queues');

/** Tasks that a worker gets in advance, at most. See docs/decisions/pool-lanes.md. */
const LOOK_AHEAD = 64;
const IDLE_MS = 10_000;

const isNumber = (least) => (value) => typeof value === 'number' && value >= least;
const isBoolean = (value) => typeof value === 'boolean';
const isObject = (value) => typeof value === 'object' && value !== null;
const isName = (value) => typeof value === 'string' || value === null;

/** By option: what is valid, and how the error goes on after `options.NAME`. */
const CHECKS = {
  filename: [isName, 'must be a string or null'],
  name: [isName, 'must be a string or null'],
  minThreads: [isNumber(0), 'must be a non-negative integer'],
  maxThreads: [isNumber(1), 'must be a positive integer'],
  idleTimeout: [isNumber(0), 'must be a non-negative integer'],
  maxQueue: [(value) => value === 'auto' || isNumber(0)(value), 'must be a non-negative integer'],
  concurrentTasksPerWorker: [(value) => isNumber(1)(value) && value <= 65536, 'must be a positive integer'],
  atomics: [(value) => value === null || ['sync', 'async', 'disabled'].includes(value),
    'should be a value of sync, sync or disabled.'],
  resourceLimits: [isObject, 'must be an object'],
  argv: [Array.isArray, 'must be an array'],
  execArgv: [Array.isArray, 'must be an array'],
  env: [(value) => isObject(value) || typeof value === 'symbol', 'must be an object or SHARE_ENV'],
  workerData: [() => true, ''],
  taskQueue: [isTaskQueue, 'must be a TaskQueue object'],
  niceIncrement: [(value) => typeof value === 'number' && (value >= 0 || process.platform === 'win32'),
    'must be a non-negative integer on Unix systems'],
  trackUnmanagedFds: [isBoolean, 'must be a boolean value'],
  closeTimeout: [isNumber(0), 'must be a non-negative integer'],
  recordTiming: [isBoolean, 'must be a boolean'],
  loadBalancer: [(value) => typeof value === 'function' && value.length > 0,
    'must be a function with at least two args'],
  workerHistogram: [isBoolean, 'must be a boolean'],
  stricterFIFO: [isBoolean, 'must be a boolean'],
};
/** Options that piscina does not have. */
const OWN_CHECKS = {
  lookAhead: [(value) => Number.isInteger(value) && value >= 0 && value <= 1024, 'must be an integer from 0 to 1024'],
  gracePeriod: [isNumber(0), 'must be a non-negative number'],
  errorClasses: [(value) => Array.isArray(value) && value.every((each) => typeof each === 'function' && isObject(each.prototype)),
    'must be an array of classes'],
};

/** The CPUs that a container's quota allows; Infinity without one. */
function quota() {
  const read = (file) => {
    try {
      return fs.readFileSync(`/sys/fs/cgroup/${file}`, 'utf8').trim();
    } catch {
      return '';
    }
  };

  if (process.platform !== 'linux') return Infinity;

  const [most, period] = (read('cpu.max') || `${read('cpu/cpu.cfs_quota_us')} ${read('cpu/cpu.cfs_period_us')}`)
    .split(' ').map(Number);

  return most > 0 && period > 0 ? Math.max(1, Math.ceil(most / period)) : Infinity;
}

/** How many threads can run at the same time: the CPUs of the process, and its quota. */
function parallelism() {
  return Math.min(os.availableParallelism(), quota());
}

function pathOf(filename) {
  return filename.startsWith('file:') ? fileURLToPath(filename) : filename;
}

function piscinaDefaults() {
  const cpus = os.availableParallelism();

  return { minThreads: Math.max(Math.floor(cpus / 2), 1), maxThreads: cpus * 1.5, idleTimeout: 0 };
}

function ownDefaults() {
  const cpus = parallelism();

  return { minThreads: Math.max(Math.floor(cpus / 2), 1), maxThreads: cpus, idleTimeout: IDLE_MS };
}

/**
 * @param {object} given by the application
 * @param {boolean} isPiscina the defaults are piscina's, and unknown options are ignored
 * @returns {object} complete, without a prototype
 * @throws {TypeError} ERR_INVALID_ARG_VALUE, ERR_INVALID_ARG_TYPE
 * @throws {RangeError} ERR_OUT_OF_RANGE: minThreads and maxThreads conflict
 */
function poolOptions(given, isPiscina) {
  if (!isObject(given)) {
    throw withCode(new TypeError('options must be an object'), 'ERR_INVALID_ARG_TYPE');
  }

  const own = Object.assign(Object.create(null), given);
  const checks = isPiscina ? CHECKS : { ...CHECKS, ...OWN_CHECKS };

  if (!isPiscina) checkKnown('options', own, Object.keys(checks));
  for (const [name, [isValid, text]] of Object.entries(checks)) {
    if (own[name] === undefined) delete own[name];
    else if (!isValid(own[name]) && !(own[name] === null && name === 'name')) {
      throw withCode(new TypeError(`options.${name} ${text}`), 'ERR_INVALID_ARG_VALUE');
    }
  }
  if (own.minThreads > own.maxThreads) {
    throw withCode(new RangeError('options.minThreads and options.maxThreads must not conflict'),
      'ERR_OUT_OF_RANGE');
  }
  return complete(own, isPiscina);
}

function complete(own, isPiscina) {
  const isInOrder = own.taskQueue === undefined || own.taskQueue instanceof FixedQueue ||
    own.taskQueue instanceof ArrayTaskQueue;
  const options = Object.assign(Object.create(null), {
    filename: null, name: 'default', maxQueue: Infinity, concurrentTasksPerWorker: 1, atomics: 'sync', niceIncrement: 0,
    trackUnmanagedFds: true, closeTimeout: 30_000, recordTiming: true, stricterFIFO: false,
    workerHistogram: false,
    taskQueue: own.taskQueue ?? new PriorityQueue(), gracePeriod: 1000, errorClasses: [],
    /* A task in advance would be out of the reach of what decides. */
    lookAhead: isInOrder && own.loadBalancer === undefined ? LOOK_AHEAD : 0,
    passesContext: !isPiscina,
  }, isPiscina ? piscinaDefaults() : ownDefaults(), own);

  options.name ??= 'default';
  if (options.filename !== null) options.filename = pathOf(options.filename);

  const { minThreads, maxThreads } = options;

  if (own.minThreads === undefined) options.minThreads = Math.min(minThreads, maxThreads);
  if (own.maxThreads === undefined) options.maxThreads = Math.max(minThreads, maxThreads);
  if (options.maxQueue === 'auto') options.maxQueue = options.maxThreads ** 2;
  /* Of a run() without options. */
  options.run = {
    filename: options.filename, name: options.name, priority: 0, signal: null, timeout: Infinity,
    transferList: undefined,
  };
  options.errorClasses = new Map(options.errorClasses.map((each) => [each.name, each]));
  return options;
}

const KNOWN = ['transferList', 'filename', 'name', 'signal', 'priority', 'timeout'];

const argument = (name, text) =>
  withCode(new TypeError(`${name} argument must be ${text}`), 'ERR_INVALID_ARG_TYPE');

/**
 * @param {object} given by the application
 * @param {object} defaults the pool's options
 * @returns {object} complete
 * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 */
function runOptions(given, defaults) {
  if (!isObject(given)) {
    throw withCode(new TypeError('options must be an object'), 'ERR_INVALID_ARG_TYPE');
  }

  const own = Object.assign(Object.create(null), given);
  const { filename = null, name = null, priority = 0, transferList } = own;
  const { signal = null, timeout = Infinity } = own;

  if (defaults.passesContext) checkKnown('options', own, KNOWN);
  if (transferList !== undefined && !Array.isArray(transferList)) throw argument('transferList', 'an Array');
  if (!isName(filename)) throw argument('filename', 'a string');
  if (!isName(name)) throw argument('name', 'a string');
  if (typeof signal !== 'object') throw argument('signal', 'an object');
  if (typeof priority !== 'number' || Number.isNaN(priority)) throw argument('priority', 'a number');
  if (!isNumber(0)(timeout)) throw argument('timeout', 'a non-negative number');
  return {
    filename: filename === null ? defaults.filename : pathOf(filename),
    name: name ?? defaults.name, priority, signal, timeout, transferList,
  };
}

module.exports = { parallelism, poolOptions, runOptions };
