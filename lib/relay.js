'use strict';

/*
 * relay.js - ports of ours in what Node carries by itself: structuredClone, and messages to threads that
 * need not know of us (postMessageToThread, module.register).
 *
 * structuredClone is a message from one port of ours to another. What goes to another thread has a port
 * of Node's for each of ours in it; ours stays here, where nobody can reach it, and whatever comes to
 * either is passed on to the other.
 */

const { binding } = require('./native');
const { MessageChannel, kArrive, ports, receiveMessageOnPort } = require('./port');
const { readIterable, readList } = require('./transfer-list');
const threads = require('./native').threads;

const isOurs = (object) => ports.isOurs(object);
/** A transfer list as an array, since it can be read once; null: there is none, or Node refuses it. */
const listOf = (argument) => (Object(argument) === argument ? readList(argument) : null);

/** A message through a channel of its own. */
function carry(value, list, arrive) {
  const { port1, port2 } = new MessageChannel();

  port2[kArrive] = arrive;
  try {
    port1.postMessage(value, list);
    return receiveMessageOnPort(port2).message;
  } finally {
    port1.close();
  }
}

/** @returns {[unknown, object[]]} the value and its transfer list, as Node can take them */
function forNode(value, list) {
  return carry([value, list], list, (end, id) => {
    if (id === undefined) return end;

    const { port1: way, port2: standIn } = new threads.MessageChannel();

    relay(ports.make(binding.attach(id), end), way);
    return standIn;
  });
}

/** @param {MessagePort} port of ours @param {threads.MessagePort} way of Node's */
function relay(port, way) {
  port.addEventListener('message', ({ data, ports: list }) => {
    way.postMessage(...list.some(isOurs) ? forNode(data, list) : [data, list]);
  });
  way.addEventListener('message', ({ data, ports: list }) => port.postMessage(data, list));
  port.on('close', () => way.close());
  way.on('close', () => port.close());
  port.unref(); // who waits for messages are the two ends
  way.unref();
}

/** A function that is to stand for `theirs`. */
function inPlaceOf(theirs, ours) {
  for (const key of ['name', 'length']) {
    Object.defineProperty(ours, key, { value: theirs[key], configurable: true });
  }
  return ours;
}

/** Node's structuredClone, with ports of ours in the transfer list. */
function structuredClone(theirs) {
  return inPlaceOf(theirs, function(value, options) {
    const list = readIterable(options?.transfer);

    if (isOurs(value) && list === null) return carry(value, []); // which is refused
    if (list === null) return Reflect.apply(theirs, this, arguments);
    /* What no list can have, Node says. */
    if (!list.some(isOurs) || list.some((one) => Object(one) !== one)) {
      return Reflect.apply(theirs, this, [value, { transfer: list }]);
    }
    return carry(value, list);
  });
}

/**
 * Node's postMessageToThread, likewise. The other thread gets ports of Node's. If there is no such
 * thread, what is in the list is gone, as with Node's if it is not the main thread that asks.
 */
async function postMessageToThread(threadId, value, transferList, timeout) {
  const list = listOf(transferList);

  if (list === null) return threads.postMessageToThread(...arguments);
  if (!list.some(isOurs) || threadId === threads.threadId) {
    return threads.postMessageToThread(threadId, value, list, timeout);
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

/** Node's module.register, likewise. */
function moduleRegister(theirs) {
  return inPlaceOf(theirs, function(...args) {
    const at = args.findLastIndex((one) => Object(one?.transferList) === one?.transferList);
    const list = at < 0 ? null : readList(args[at].transferList);

    if (list !== null) {
      const { data } = args[at];
      const [message, transferList] = list.some(isOurs) ? forNode(data, list) : [data, list];

      args[at] = { ...args[at], data: message, transferList };
    }
    return Reflect.apply(theirs, this, args);
  });
}

module.exports = { structuredClone, postMessageToThread, moduleRegister };
