'use strict';

/*
 * exports.js - the exports of ringport where the addon is loaded; else see inactive.js.
 */

const { process } = require('./builtins');
const { copyTo } = require('./copy-to');
const { binding, local, threads } = require('./native');

const isWorker = threads.parentPort !== null;

local.loadPort = () => require('../ports/port');
local.loadUnlisted = () => require('../ports/unlisted');
local.loadCalls = () => require('../request/calls');

/* For experiments: sets the strategy in every thread that loads ringport. */
const { RINGPORT_SPIN: spin, RINGPORT_LINGER: linger, RINGPORT_TOP: top } = process.env;

if (spin || linger) {
  require('../ports/idle-strategy').setIdleStrategy({
    spin: spin ? Number(spin) : undefined, linger: linger ? Number(linger) : undefined,
  });
}

/** @see lib/codec/index.js */
function serialize(value) {
  return require('../codec/index').serialize(value);
}

/** @see lib/codec/index.js */
function deserialize(bytes) {
  return require('../codec/index').deserialize(bytes);
}

/** @see lib/ports/idle-strategy.js */
function setIdleStrategy(strategy) {
  require('../ports/idle-strategy').setIdleStrategy(strategy);
}

/** @see lib/ports/idle-strategy.js */
function getIdleStrategy() {
  return require('../ports/idle-strategy').getIdleStrategy();
}

/** @see lib/ports/message-channel.js */
function receiveMessageOnPort(port, options = undefined) {
  return require('../ports/message-channel').receiveMessageOnPort(port, options);
}

/** @see lib/request/remote.js */
function wrap(port, options) {
  return require('../request/remote').wrap(port, options);
}

/** @see lib/request/remote.js */
function wrapSync(port, options) {
  return require('../request/remote').wrapSync(port, options);
}

/** @see lib/ports/message-channel.js */
function markAsUntransferable(object) {
  require('../ports/message-channel').markAsUntransferable(object);
}

/** @see lib/ports/move-to-context.js */
function moveMessagePortToContext(port, context) {
  return require('../ports/move-to-context').moveMessagePortToContext(port, context);
}

Object.defineProperty(moveMessagePortToContext, 'length', { __proto__: null, value: 0 }); // as Node's

module.exports = copyTo(copyTo({}, threads), {
  active: true, // see inactive.js
  markAsUntransferable,
  moveMessagePortToContext,
  receiveMessageOnPort,
  serialize,
  deserialize,
  getIdleStrategy,
  setIdleStrategy,
  threads: () => binding.threads(),
  wrap,
  wrapSync,
});

/** Define an export that is loaded on first access: most threads never use it. */
function onDemand(name, load) {
  const put = (value) => Object.defineProperty(module.exports, name,
    { __proto__: null, value, writable: true, enumerable: true, configurable: true });

  Object.defineProperty(module.exports, name, {
    __proto__: null,
    get() {
      put(load());
      return module.exports[name];
    },
    set: put,
    enumerable: true,
    configurable: true,
  });
}

/**
 * A class whose code is loaded when it is used: `import` reads every export.
 * @param {() => Function} load
 */
function lateClass(name, load) {
  let loaded;
  const real = () => (loaded ??= load());
  const stand = function() {}; // whose `prototype` a Proxy may replace, unlike a class's
  const late = new Proxy(stand, {
    __proto__: null,
    get: (_, key) => (key === 'name' ? name : real()[key]),
    set: (_, key, value) => Reflect.set(real(), key, value),
    has: (_, key) => key in real(),
    apply: (_, self, args) => Reflect.apply(real(), self, args), // throws
    construct: (_, args, target) =>
      Reflect.construct(real(), args, target === late ? real() : target),
  });

  return late;
}

onDemand('MessageChannel', () => require('../ports/message-channel').MessageChannel);
onDemand('MessagePort', () => require('../ports/port').MessagePort);
onDemand('RingportError', () => require('../codec/errors').RingportError);
onDemand('Worker', () => require('../worker/worker').Worker);
onDemand('Pool', () => lateClass('Pool', () => require('../pool/index').Pool));
onDemand('RingBuffer', () => require('../ring-buffer/index').RingBuffer);

if (isWorker) {
  const { findParentPort, findWorkerData } = require('../worker/parent-port');

  module.exports.parentPort = findParentPort();
  module.exports.workerData = findWorkerData();
}
binding.threadRun(threads.threadId, threads.threadName);

if (threads.postMessageToThread !== undefined) {
  /**
   * Node's postMessageToThread. The other thread receives Node ports in place of ringport
   * ports; see lib/ports/relay.js.
   */
  module.exports.postMessageToThread =
    async function postMessageToThread(...args) {
      return require('../ports/relay').postMessageToThread(...args);
    };
  Object.defineProperty(module.exports.postMessageToThread, 'length',
    { __proto__: null, value: threads.postMessageToThread.length, configurable: true });
}

if (threads.markAsUncloneable !== undefined) {
  /**
   * Node's markAsUncloneable. Also marks the object for the codec, because Node's mark is
   * a private symbol that JavaScript cannot read.
   */
  module.exports.markAsUncloneable = function markAsUncloneable(object) {
    threads.markAsUncloneable(object);
    local.marksMade = true;
    if (object !== null && (typeof object === 'object' || typeof object === 'function')) {
      require('../codec/index').markUncloneable(object);
    }
  };
}

if (top) require('../top/start').start(top, module.exports);
