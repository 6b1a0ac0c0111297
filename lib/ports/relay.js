'use strict';

/*
 * relay.js - lets ringport ports pass through Node's structuredClone, module.register and
 * postMessageToThread.
 *
 * structuredClone sends the value through a temporary ringport channel. The other two
 * send a Node port in place of each ringport port; see over-node.js.
 */

const { types: { isProxy } } = require('node:util');

const { local, threads } = require('../loading/native');
const { ports } = require('./kinds');
const { isObject, readIterable, readList, standFor } = require('./transfer-list');

const isOurs = (object) => ports.isOurs(object);
/* Loaded once the thread has a ringport port. */
const carry = (...args) => require('./over-node').carry(...args);
const forNode = (...args) => require('./over-node').forNode(...args);
const refuseUnlisted = (value) => require('./unlisted').refuseUnlisted(value);
const explain = (...args) => require('./unlisted').explain(...args);

/** Reads a transfer list as Node's structuredClone does, and throws Node's errors. */
class Reader {
  #theirs;
  #iteratesArrays = null;

  constructor(theirs) {
    this.#theirs = theirs;
  }

  /** @returns {object[] | null} null: no list */
  read(options) {
    const read = { list: null };

    /* Node clones undefined here, with an empty ArrayBuffer in place of each item. */
    Reflect.apply(this.#theirs, undefined, [undefined, standFor(options, (key) => (
      key === 'transfer' ? this.#list(options.transfer, read) : options[key]
    ))]);
    return read.list;
  }

  #list(object, read) {
    if (!isObject(object)) return object;
    read.list = [];
    if (Array.isArray(object) && !isProxy(object) && !this.#takesIterator()) {
      return readIterable(object).map((item) => this.#item(item, read));
    }
    return standFor(object, (key) => {
      const { [key]: value } = object;

      if (key === 'transfer') return this.#list(value, read);
      if (key !== Symbol.iterator || typeof value !== 'function') return value;
      return () => this.#iterator(value.call(object), read);
    });
  }

  #iterator(iterator, read) {
    if (!isObject(iterator)) return iterator;
    return standFor(iterator, (key) => {
      const { [key]: value } = iterator;

      if (typeof value !== 'function') return value;
      return key === 'next' ? () => this.#result(value.call(iterator), read) : value.bind(iterator);
    });
  }

  #result(result, read) {
    if (!isObject(result)) return result;
    return standFor(result, (key) => {
      const { [key]: value } = result;

      return key === 'value' ? this.#item(value, read) : value;
    });
  }

  #item(item, { list }) {
    if (!isObject(item)) return item;
    list.push(item);
    return new ArrayBuffer(0);
  }

  /** Whether Node's structuredClone iterates arrays by Symbol.iterator. */
  #takesIterator() {
    if (this.#iteratesArrays === null) {
      this.#iteratesArrays = false;

      const see = () => {
        this.#iteratesArrays = true;
        return Array.prototype[Symbol.iterator];
      };
      const transfer = Object.defineProperty([], Symbol.iterator, { __proto__: null, get: see });

      Reflect.apply(this.#theirs, undefined, [undefined, { transfer }]);
    }
    return this.#iteratesArrays;
  }
}

/**
 * Node's structuredClone, extended to ringport ports; see inPlaceOf() in registration.js.
 */
function structuredClone(theirs) {
  const reader = new Reader(theirs);

  return function(value, options) {
    if (arguments.length === 0) return Reflect.apply(theirs, this, arguments);

    const list = isObject(options) ? reader.read(options) : null;

    if (list?.some(isOurs)) return carry(value, list);
    refuseUnlisted(value);
    try {
      return Reflect.apply(theirs, this,
        isObject(options) ? [value, list === null ? {} : { transfer: list }] : arguments);
    } catch (error) {
      throw explain(error, value);
    }
  };
}

/** Read a list into an array. Returns other values unchanged, for Node to reject. */
function readOnce(argument) {
  return isObject(argument) ? readList(argument) ?? undefined : argument;
}

/**
 * Node's postMessageToThread, extended to ringport ports, which arrive as Node ports. If
 * the thread does not exist, the ports are lost. Node does the same outside of the main
 * thread.
 */
async function postMessageToThread(threadId, value, transferList, timeout) {
  const isRefused = timeout !== undefined && !(typeof timeout === 'number' && timeout >= 0);

  if (local.portsMade === 0 || threadId === threads.threadId || isRefused) {
    return threads.postMessageToThread(...arguments);
  }

  const list = readOnce(transferList);

  if (!Array.isArray(list) || !list.some(isOurs)) {
    refuseUnlisted(value);
    try {
      return await threads.postMessageToThread(threadId, value, list, timeout);
    } catch (error) {
      throw explain(error, value);
    }
  }

  const [message, standIns] = forNode(value, list);

  try {
    return await threads.postMessageToThread(threadId, message, standIns, timeout);
  } catch (error) {
    /* Close ports that were not transferred, so that their peers emit 'close'. */
    for (const one of standIns) if (one instanceof threads.MessagePort) one.close();
    throw error;
  }
}

/** Options of module.register: Node reads `data`, then `transferList`. */
function registerOptions(options) {
  let list;
  let isRead = false;

  return standFor(options, (key) => {
    if (key === 'transferList' && isRead) return list;

    const { [key]: value } = options;

    if (key !== 'data') return value;
    isRead = true;
    list = readOnce(options.transferList);
    if (!Array.isArray(list) || !list.some(isOurs)) {
      refuseUnlisted(value);
      return value;
    }

    const [message, standIns] = forNode(value, list);

    list = standIns;
    return message;
  });
}

/** Node's module.register, extended to ringport ports. */
function moduleRegister(theirs) {
  return function(...args) {
    /* The second argument may be a parent URL; then the third one is the options. */
    for (const at of [1, 2]) {
      if (isObject(args[at]) && !(args[at] instanceof URL)) args[at] = registerOptions(args[at]);
    }
    return Reflect.apply(theirs, this, args);
  };
}

module.exports = { structuredClone, postMessageToThread, moduleRegister };
