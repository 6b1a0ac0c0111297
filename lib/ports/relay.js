'use strict';

/*
 * relay.js - ports of ours in what Node carries by itself: structuredClone, and messages to threads that
 * need not know of us (postMessageToThread, module.register).
 *
 * structuredClone is a message from one port of ours to another. What goes to another thread has a port
 * of Node's for each of ours in it; see over-node.js.
 */

const { types: { isProxy } } = require('node:util');

const { local, threads } = require('../loading/native');
const { ports } = require('./port');
const { isObject, readIterable, readList, standFor } = require('./transfer-list');

const isOurs = (object) => ports.isOurs(object);
/* Loaded when there is a port of ours. */
const carry = (...args) => require('./over-node').carry(...args);
const forNode = (...args) => require('./over-node').forNode(...args);
const refuseUnlisted = (value) => require('./node-channel').refuseUnlisted(value);
const explain = (...args) => require('./node-channel').explain(...args);

/** Reads a list as Node's structuredClone does, and throws what it throws. */
class Reader {
  #theirs;
  #iteratesArrays = null;

  constructor(theirs) {
    this.#theirs = theirs;
  }

  /** @returns {object[] | null} null: there is none */
  read(options) {
    const read = { list: null };

    /* It gets an object to transfer for each in the list, and nothing to clone. */
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

  /** Whether it asks an array for its iterator. */
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

/** Node's structuredClone, with ports of ours in the transfer list; see inPlaceOf() in registration.js. */
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

/** A list that can be read twice; what is none stays as it is, for Node to refuse. */
function readOnce(argument) {
  return isObject(argument) ? readList(argument) ?? undefined : argument;
}

/**
 * Node's postMessageToThread, likewise. The other thread gets ports of Node's. If there is no such
 * thread, what is in the list is gone, as with Node's if it is not the main thread that asks.
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
    /* Those that have not gone anywhere: their peers learn of it. */
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

/** Node's module.register, likewise. */
function moduleRegister(theirs) {
  return function(...args) {
    /* Its second argument may be a URL, and a third one the options. */
    for (const at of [1, 2]) {
      if (isObject(args[at]) && !(args[at] instanceof URL)) args[at] = registerOptions(args[at]);
    }
    return Reflect.apply(theirs, this, args);
  };
}

module.exports = { structuredClone, postMessageToThread, moduleRegister };
